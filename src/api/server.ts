import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { sendError, sendJson, sendText, setSafetyHeaders } from './answer.ts';
import { callerOf, goneSignal, viewerOf, type Exchange } from './exchange.ts';
import { sendGraphiql, wantsGraphiql } from './graphiql.ts';
import { createEngine, type Engine } from './graphql/engine.ts';
import { answerGraphql } from './graphql/http.ts';
import { printedSchema } from './graphql/schema.ts';
import { graphqlSockets } from './graphql/websocket.ts';
import { HttpError } from './http-error.ts';
import { originOf } from './origin.ts';
import type { ApiParts } from './parts.ts';
import { withinRequest } from './request-context.ts';
import { answerByRoute } from './rest/route.ts';
import { routes } from './rest/routes.ts';
import type { NetworkSettings } from './settings.ts';

/** Disposing takes no more requests, ends WebSockets (1001), streams and downloads, and resolves within seconds. */
export type RunningServer = AsyncDisposable & {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
};

/** Answers that are still on their way when the server stops are cut after this. */
const STOP_MS = 2_000;
const SWEEP_MS = 20;
/** A client that sends its headers or its request slower than this is cut. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;

type Answering = { readonly parts: ApiParts; readonly engine: Engine; readonly stopping: AbortSignal };

const splitTarget = (target: string): { readonly path: string; readonly query: URLSearchParams } => {
  const at = target.indexOf('?');
  return at === -1
    ? { path: target, query: new URLSearchParams() }
    : { path: target.slice(0, at), query: new URLSearchParams(target.slice(at + 1)) };
};

const mustGet = (request: IncomingMessage, path: string): void => {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  throw new HttpError(405, 'METHOD_NOT_ALLOWED', `${path} takes GET and HEAD`, { allow: 'GET, HEAD' });
};

const answerReady = async ({ ready, log }: ApiParts, response: ServerResponse): Promise<void> => {
  const reason = await ready().catch((error: unknown) => {
    log('error', 'the check for readiness failed', { error });
    return 'the check failed';
  });
  sendJson(response, reason === null ? 200 : 503, { ready: reason === null, reason });
};

const answerWithToken = async (answering: Answering, exchange: Exchange): Promise<void> => {
  const { path, request, response } = exchange;
  switch (path) {
    case '/graphql':
      return answerGraphql(answering.engine, exchange);
    case '/schema.graphql':
      mustGet(request, path);
      return sendText(response, 'text/plain; charset=utf-8', printedSchema());
    default:
      return answerByRoute(routes, exchange);
  }
};

/** The switch: what needs no token, then who asks, then all else. */
const answer = async (answering: Answering, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { parts, stopping } = answering;
  const { path, query } = splitTarget(request.url ?? '/');
  try {
    setSafetyHeaders(response);
    if (path === '/healthz' || path === '/readyz') {
      mustGet(request, path);
      return path === '/healthz'
        ? sendJson(response, 200, { version: parts.version })
        : await answerReady(parts, response);
    }
    if (path === '/graphql' && wantsGraphiql(request, query)) return await sendGraphiql(response);
    const origin = originOf(request, parts.network);
    const viewer = await viewerOf(parts, request, origin);
    const caller = callerOf(viewer, origin);
    const gone = goneSignal(response, stopping);
    await answerWithToken(answering, { parts, request, response, path, query, viewer, caller, origin, gone });
  } catch (error) {
    sendError(response, path, error, parts.log);
  }
};

const listen = (server: Server, { host, port }: NetworkSettings['listen']): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const bound = server.address();
      if (bound === null || typeof bound === 'string') return reject(new Error('the server listens on no port'));
      resolve(`http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`);
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

/** Serves GraphQL and plain HTTP on one listener. Rejects when it cannot listen. */
export const startServer = async (parts: ApiParts): Promise<RunningServer> => {
  const stop = new AbortController();
  const engine = createEngine(parts.log);
  const sockets = graphqlSockets(parts, engine);
  const answering = { parts, engine, stopping: stop.signal };
  const timeouts = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
  const server = createServer(timeouts, (request, response) =>
    withinRequest(originOf(request, parts.network), () => void answer(answering, request, response)),
  );
  server.on('upgrade', sockets.upgrade);
  const url = await listen(server, parts.network.listen);
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await Promise.all([close(server), sockets[Symbol.asyncDispose]()]);
    },
  };
};
