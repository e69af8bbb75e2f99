import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError, type ExecutionArgs } from 'graphql';
import { makeServer, type Context as SocketContext, type SubscribePayload } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { WEBSOCKET_MESSAGE_BYTES_MAX, WEBSOCKET_OPERATIONS_MAX } from '../../model/limits.ts';
import type { Viewer } from '../../model/viewer.ts';
import { authenticate, isOver, tokenOf } from '../authenticate.ts';
import type { ApiParts } from '../parts.ts';
import type { Engine, EngineInput } from './engine.ts';

const protocolName = 'graphql-transport-ws';
/** A client that says nothing is asked this often whether it is there, and has as long to answer. */
const PING_MS = 15_000;
/** A client that has not closed by then is cut. */
const CLOSE_MS = 1_000;
const CONNECTION_INIT_WAIT_MS = 3_000;

/** What belongs to one socket. */
type Extra = {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly gone: AbortSignal;
  viewer: Viewer | null;
};
type Connection = SocketContext<Record<string, unknown>, Extra>;

/** An operation with the functions of the engine that checked it. */
type Operation = ExecutionArgs & { readonly engine: ReturnType<Engine['getEnveloped']> };

/** GraphQL over WebSocket, by the graphql-transport-ws protocol. Each item is sent before the next one is read. */
export type GraphqlSockets = AsyncDisposable & {
  /** Takes over a connection, or refuses it with an HTTP answer. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
};

const refuse = (socket: Duplex, status: string, message: string): void => {
  const body = `${JSON.stringify({ error: { code: 'BAD_REQUEST', message } })}\n`;
  const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`);
};

/** Browsers say from which page a WebSocket comes, and do not ask before: only pages of this host may open one. */
const isForeign = ({ headers }: IncomingMessage): boolean => {
  if (headers.origin === undefined) return false;
  const origin = URL.parse(headers.origin);
  return origin === null || origin.host !== headers.host;
};

const speaksOurProtocol = (request: IncomingMessage): boolean =>
  (request.headers['sec-websocket-protocol'] ?? '').split(',').some((name) => name.trim() === protocolName);

/** 4401 is the protocol's "unauthorized". */
const closeUnauthorized = (socket: WebSocket): void =>
  socket.close(4401, 'Unauthorized: a valid token is needed, in the headers or connectionParams.token');

const onConnect = async (parts: ApiParts, connection: Connection): Promise<boolean> => {
  const { extra, connectionParams } = connection;
  const given = connectionParams?.['token'];
  extra.viewer = await authenticate(parts, typeof given === 'string' ? given : tokenOf(extra.request.headers));
  if (extra.viewer === null) closeUnauthorized(extra.socket);
  return extra.viewer !== null;
};

const prepare = async (
  parts: ApiParts,
  engine: Engine,
  connection: Connection,
  payload: SubscribePayload,
): Promise<Operation | readonly GraphQLError[]> => {
  const { viewer, gone, socket } = connection.extra;
  if (viewer === null || isOver(viewer, parts.clock())) {
    closeUnauthorized(socket);
    return [new GraphQLError('the token is over', { extensions: { code: 'UNAUTHENTICATED' } })];
  }
  if (Object.keys(connection.subscriptions).length > WEBSOCKET_OPERATIONS_MAX) {
    const message = `at most ${WEBSOCKET_OPERATIONS_MAX} operations run at once on one WebSocket`;
    return [new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })];
  }
  const input: EngineInput = { parts, viewer, gone };
  const enveloped = engine.getEnveloped({ ...input, params: payload });
  try {
    const document = enveloped.parse(payload.query);
    const errors: readonly GraphQLError[] = enveloped.validate(enveloped.schema, document);
    if (errors.length > 0) return errors;
    const contextValue: unknown = await enveloped.contextFactory();
    const { operationName, variables: variableValues } = payload;
    return { schema: enveloped.schema, document, operationName, variableValues, contextValue, engine: enveloped };
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
};

/** Pings a socket for as long as it is open, and cuts it when it does not answer. */
const keepAlive = (socket: WebSocket): void => {
  let isAlive = true;
  socket.on('pong', () => (isAlive = true));
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, PING_MS);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
};

const serve = (parts: ApiParts, engine: Engine) => {
  const protocol = makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: CONNECTION_INIT_WAIT_MS,
    onConnect: (connection) => onConnect(parts, connection),
    onSubscribe: (connection, _id, payload) => prepare(parts, engine, connection, payload),
    execute: (args) => (args as Operation).engine.execute(args),
    subscribe: (args) => (args as Operation).engine.subscribe(args),
  });
  return (socket: WebSocket, request: IncomingMessage): void => {
    const stop = new AbortController();
    const fail = (error: unknown): void => {
      parts.log('warn', 'a WebSocket failed', { error });
      socket.close(1011, 'Internal server error');
    };
    socket.on('error', fail);
    keepAlive(socket);
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        // Resolves when the bytes have left this process: which is what stops the source of a client that does not read.
        send: (text) =>
          new Promise((resolve, reject) => {
            if (socket.readyState !== socket.OPEN) return resolve();
            socket.send(text, (error) => (error == null ? resolve() : reject(error)));
          }),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) => socket.on('message', (message) => void take(String(message)).catch(fail)),
      },
      { socket, request, gone: stop.signal, viewer: null },
    );
    socket.once('close', (code, reason) => {
      stop.abort();
      void closed(code, String(reason)).catch(fail);
    });
  };
};

export const graphqlSockets = (parts: ApiParts, engine: Engine): GraphqlSockets => {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: WEBSOCKET_MESSAGE_BYTES_MAX,
    perMessageDeflate: false,
    handleProtocols: () => protocolName,
  });
  const opened = serve(parts, engine);
  return {
    upgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      if (request.url?.split('?', 1)[0] !== '/graphql')
        return refuse(socket, '404 Not Found', 'WebSockets are at /graphql');
      if (isForeign(request)) return refuse(socket, '403 Forbidden', 'WebSockets of other sites are refused');
      if (!speaksOurProtocol(request)) {
        return refuse(socket, '400 Bad Request', `the only subprotocol is ${protocolName}`);
      }
      server.handleUpgrade(request, socket, head, opened);
    },
    [Symbol.asyncDispose]: async () => {
      const cut = setTimeout(() => {
        for (const socket of server.clients) socket.terminate();
      }, CLOSE_MS);
      for (const socket of server.clients) socket.close(1001, 'The server stops');
      await Promise.all(
        Array.from(server.clients, (socket) => new Promise((resolve) => void socket.once('close', resolve))),
      );
      clearTimeout(cut);
      server.close();
    },
  };
};
