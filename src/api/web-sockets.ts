import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { WATCHER_STALLED_MS, WEBSOCKET_MESSAGE_BYTES_MAX } from '../model/limits.ts';
import { refuseConnection } from './answer.ts';
import { isAllowedOrigin } from './cors.ts';
import { serveGraphqlSocket } from './graphql/websocket.ts';
import { CLOSE_MS, socketProtocol, type SocketParts } from './graphql/websocket-operations.ts';
import { HttpError, errorAnswerOf } from './http-error.ts';
import { joinLiveSocket } from './live-socket.ts';
import { originOf, type RequestOrigin } from './origin.ts';
import type { ApiParts, Log } from './parts.ts';
import { withinRequest } from './request-context.ts';

/** A client that answers nothing is asked this often whether it is there, and has as long to answer: one that reads nothing cannot. */
const PING_MS = WATCHER_STALLED_MS / 2;

/** All WebSockets of a server. Disposing closes them (1001). */
export type WebSockets = AsyncDisposable & {
  /** Takes over a connection, or refuses it with an HTTP answer. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
};

/** What is spoken at a path. */
type Place = {
  /** The only subprotocol. */
  readonly protocol: string;
  /** Finds out whether the caller may, where that is asked before the socket opens. @returns what takes the socket over */
  readonly admit: (request: IncomingMessage, origin: RequestOrigin) => Promise<(socket: WebSocket) => void>;
};

const livePattern = /^\/recordings\/([^/]{1,100})\/live$/;

const placesOf = (given: SocketParts): ((path: string) => Place | null) => {
  const protocol = socketProtocol(given);
  const graphql: Place = {
    protocol: 'graphql-transport-ws',
    admit: async (request, origin) => (socket) =>
      serveGraphqlSocket(given.parts.log, protocol, socket, request, origin),
  };
  return (path) => {
    if (path === '/graphql') return graphql;
    const id = livePattern.exec(path)?.[1];
    if (id === undefined) return null;
    return { protocol: 'v3.asciicast', admit: (request, origin) => joinLiveSocket(given, request, origin, id) };
  };
};

const speaks = ({ headers }: IncomingMessage, protocol: string): boolean =>
  (headers['sec-websocket-protocol'] ?? '').split(',').some((name) => name.trim() === protocol);

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

// NOTE what listens to a socket, for days perhaps, is made where the request is not in reach: it would be held as long.

/** Frames that are none: the package closes the socket by itself. */
const tellOfErrors = (socket: WebSocket, log: Log, address: string): void => {
  socket.on('error', ({ message }) => log('debug', 'a WebSocket failed', { reason: message, address }));
};

const destroyOnError = (socket: Duplex): void => {
  socket.on('error', () => socket.destroy());
};

const closeAll = async (server: WebSocketServer): Promise<void> => {
  const cut = setTimeout(() => {
    for (const socket of server.clients) socket.terminate();
  }, CLOSE_MS);
  for (const socket of server.clients) socket.close(1001, 'The server stops');
  await Promise.all(
    Array.from(server.clients, (socket) => new Promise((resolve) => void socket.once('close', resolve))),
  );
  clearTimeout(cut);
  server.close();
};

/** @throws HttpError 400, 403, 404 */
const placeOf = ({ network }: ApiParts, find: (path: string) => Place | null, request: IncomingMessage): Place => {
  const place = find(request.url?.split('?', 1)[0] ?? '/');
  if (place === null) throw new HttpError(404, 'NOT_FOUND', 'WebSockets are at /graphql and /recordings/{id}/live');
  if (!isAllowedOrigin(request, network)) {
    throw new HttpError(403, 'FORBIDDEN', 'WebSockets of other sites are refused');
  }
  if (!speaks(request, place.protocol)) {
    throw new HttpError(400, 'BAD_REQUEST', `the only subprotocol here is ${place.protocol}`);
  }
  return place;
};

export const webSockets = (given: SocketParts): WebSockets => {
  const { parts } = given;
  const find = placesOf(given);
  /** What was agreed on before the handshake. */
  const agreed = new WeakMap<IncomingMessage, { readonly protocol: string; readonly requestId: string }>();
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: WEBSOCKET_MESSAGE_BYTES_MAX,
    perMessageDeflate: false,
    handleProtocols: (_offered, request) => agreed.get(request)?.protocol ?? false,
  });
  server.on('headers', (headers, request) => headers.push(`x-request-id: ${agreed.get(request)?.requestId ?? ''}`));
  // A handshake that is none.
  server.on('wsClientError', ({ message }, socket, request) => {
    const { requestId } = originOf(request, parts.network);
    refuseConnection(socket, requestId, { status: 400, code: 'BAD_REQUEST', message });
  });
  const refuse = (socket: Duplex, { requestId, ip }: RequestOrigin, error: unknown): void => {
    const answer = errorAnswerOf(error);
    if (answer === null) parts.log('error', 'a WebSocket could not be opened', { error });
    const { status, code, message } = answer ?? {
      status: 500,
      code: 'INTERNAL_SERVER_ERROR',
      message: 'internal error',
    };
    parts.log('debug', 'a WebSocket was refused', { status, reason: message, address: ip });
    refuseConnection(socket, requestId, { status, code, message });
  };
  const upgrade = async (
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    origin: RequestOrigin,
  ): Promise<void> => {
    try {
      const place = placeOf(parts, find, request);
      const serve = await place.admit(request, origin);
      agreed.set(request, { protocol: place.protocol, requestId: origin.requestId });
      server.handleUpgrade(request, socket, head, (opened) => {
        tellOfErrors(opened, parts.log, origin.ip);
        keepAlive(opened);
        withinRequest(origin, () => serve(opened));
      });
    } catch (error) {
      refuse(socket, origin, error);
    }
  };
  return {
    upgrade: (request, socket, head) => {
      destroyOnError(socket);
      const origin = originOf(request, parts.network);
      withinRequest(origin, () => void upgrade(request, socket, head, origin));
    },
    [Symbol.asyncDispose]: () => closeAll(server),
  };
};
