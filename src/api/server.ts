import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { Admission } from './admission.ts';
import { answerRequest, type Answering } from './answering.ts';
import { Authenticator } from './authenticate.ts';
import { Connections } from './connections.ts';
import { edgeLimits, type EdgeLimits } from './edge-limits.ts';
import { Documents } from './graphql/documents.ts';
import { createEngine } from './graphql/engine.ts';
import { Operations } from './graphql/operations.ts';
import { schema } from './graphql/schema.ts';
import { Turns } from './graphql/turns.ts';
import { WatcherGroups } from './graphql/watcher-groups.ts';
import { OpenCredentials } from './open-credentials.ts';
import { originOf } from './origin.ts';
import type { ApiParts } from './parts.ts';
import { withinRequest } from './request-context.ts';
import { RequestLog } from './request-trace.ts';
import type { NetworkSettings, TlsIdentity } from './settings.ts';
import { type WebSockets, webSockets } from './web-sockets.ts';
import { SignInPaths } from './sign-in/sign-in-paths.ts';
import { Stopping } from './stopping.ts';

/** Disposing takes no more requests, ends WebSockets (1001), streams and downloads, and resolves within seconds. */
export type RunningServer = AsyncDisposable & {
  /** Where it listens, without a slash at the end; https when it speaks TLS. */
  readonly url: string;
  /**
   * Where verbs on this machine reach it: `url`, or beside TLS a port on loopback, which takes the token of this process and
   * no other. No certificate says that it is of this machine, and nothing there leaves it.
   */
  readonly localUrl: string;
  /**
   * Takes another certificate for new connections. @throws when certificate and key are no pair; the old ones stay then, as
   * they do for a server without TLS
   */
  readonly renewTls: (identity: TlsIdentity) => void;
};

/** Answers that are still on their way when the server stops are cut after this. */
const STOP_MS = 2_000;
const SWEEP_MS = 20;
const TLS_MIN = 'TLSv1.2';
const LOOPBACK = { host: '127.0.0.1', port: 0 };

const listen = (server: Server, { host, port }: NetworkSettings['listen'], scheme: string): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const bound = server.address();
      if (bound === null || typeof bound === 'string') return reject(new Error('the server listens on no port'));
      resolve(`${scheme}://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`);
    });
  });

const close = async (server: Server): Promise<void> => {
  const closed = new Promise((resolve) => server.close(resolve));
  // Connections whose answer ends now become idle after this, and would be kept for the next request.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  const cut = setTimeout(() => server.closeAllConnections(), STOP_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
};

type Servers = { readonly public: Server; readonly secure: TlsServer | null; readonly local: Server | null };

const optionsOf = (limits: EdgeLimits): ServerOptions => ({
  headersTimeout: limits.headersMs,
  requestTimeout: limits.requestMs,
  keepAliveTimeout: limits.keepAliveMs,
  connectionsCheckingInterval: limits.checkMs,
  maxHeaderSize: limits.headerBytesMax,
  // A missing Host is refused where all else is, with a request id.
  requireHostHeader: false,
  // Programs that offer HTTP/2 beside get HTTP/1.1.
  shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
});

/** Lets a server answer, within the context of each request. */
const serveOn = (server: Server, answering: Answering, connections: Connections, sockets: WebSockets | null): void => {
  const { network } = answering.parts;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    connections.watch(response);
    withinRequest(originOf(request, network), () => void answerRequest(answering, request, response));
  };
  connections.guard(server);
  server.on('request', answer);
  server.on('checkExpectation', answer);
  if (sockets !== null) server.on('upgrade', sockets.upgrade);
};

/** The listener for everybody, and beside TLS the one for this machine. */
const makeServers = (tls: TlsIdentity | null, limits: EdgeLimits): Servers => {
  const options = optionsOf(limits);
  if (tls === null) return { public: createServer(options), secure: null, local: null };
  const secure = createTlsServer({ ...options, ...tls, minVersion: TLS_MIN, handshakeTimeout: limits.headersMs });
  return { public: secure, secure, local: createServer(options) };
};

/**
 * Serves GraphQL and plain HTTP on one listener, with TLS when an identity is configured. Rejects when it cannot listen, and
 * when certificate and key are no pair.
 */
export const startServer = async (parts: ApiParts, limits: EdgeLimits = edgeLimits): Promise<RunningServer> => {
  await using stack = new AsyncDisposableStack();
  const { network, metrics, log } = parts;
  const servers = makeServers(network.tls, limits);
  const lines = new RequestLog(log, parts.clock);
  const connections = new Connections(parts, limits, lines);
  const authenticator = new Authenticator(parts);
  const turns = new Turns();
  const documents = new Documents(schema);
  const operations = new Operations(turns, log);
  const admission = new Admission(network, metrics);
  const shared = {
    parts,
    engine: createEngine(log, documents, operations),
    documents,
    operations,
    turns,
    authenticator,
    signInPaths: new SignInPaths(parts, authenticator, admission),
    admission,
    credentials: stack.use(new OpenCredentials(parts)),
    groups: new WatcherGroups(parts),
    lines,
  };
  const sockets = webSockets(shared);
  const stopping = new Stopping();
  stack.defer(async () => {
    stopping.begin();
    const listening = servers.local === null ? [servers.public] : [servers.public, servers.local];
    await Promise.all([...listening.map(close), sockets[Symbol.asyncDispose]()]);
  });
  const answering = { ...shared, stopping };
  serveOn(servers.public, { ...answering, door: 'public' }, connections, sockets);
  const url = await listen(servers.public, network.listen, servers.secure === null ? 'http' : 'https');
  let localUrl = url;
  if (servers.local !== null) {
    serveOn(servers.local, { ...answering, door: 'local' }, connections, null);
    localUrl = await listen(servers.local, LOOPBACK, 'http');
  }
  metrics.load().catch((error: unknown) => log('error', 'the metrics could not be loaded', { error }));
  const owned = stack.move();
  return {
    url,
    localUrl,
    renewTls: (identity) => servers.secure?.setSecureContext({ ...identity, minVersion: TLS_MIN }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
