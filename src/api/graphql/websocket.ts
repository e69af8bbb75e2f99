import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Server as Protocol } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { WEBSOCKET_MESSAGE_BYTES_MAX, WEBSOCKET_WAITING_BYTES_MAX } from '../../model/limits.ts';
import { refuseConnection } from '../answer.ts';
import { isAllowedOrigin } from '../cors.ts';
import { originOf, type RequestOrigin } from '../origin.ts';
import type { ApiParts } from '../parts.ts';
import { withinRequest } from '../request-context.ts';
import { CLOSE_MS, type Extra, leaveOperations, socketProtocol, type SocketParts } from './websocket-operations.ts';

const protocolName = 'graphql-transport-ws';
/** A client that says nothing is asked this often whether it is there, and has as long to answer. */
const PING_MS = 15_000;
/** A message by which a client leaves an operation is no longer: ids are the client's. */
const COMPLETE_LENGTH_MAX = 1_000;

/** GraphQL over WebSocket, by the graphql-transport-ws protocol. Each item is sent before the next one is read. */
export type GraphqlSockets = AsyncDisposable & {
  /** Takes over a connection, or refuses it with an HTTP answer. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
};

const speaksOurProtocol = (request: IncomingMessage): boolean =>
  (request.headers['sec-websocket-protocol'] ?? '').split(',').some((name) => name.trim() === protocolName);

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

/** The id of an operation that the client leaves; null for any other message. */
const leftBy = (text: string): string | null => {
  if (text.length > COMPLETE_LENGTH_MAX || !text.includes('"complete"')) return null;
  try {
    const message = JSON.parse(text) as { readonly type?: unknown; readonly id?: unknown };
    return message.type === 'complete' && typeof message.id === 'string' ? message.id : null;
  } catch {
    return null;
  }
};

/** Resolves when the bytes have left this process: which is what stops the source of a client that does not read. */
const send = (socket: WebSocket, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(text, (error) => {
      if (socket.isPaused && socket.bufferedAmount <= WEBSOCKET_WAITING_BYTES_MAX) socket.resume();
      return error == null ? resolve() : reject(error);
    });
    // Who does not read what was answered is not listened to: it would only add to what waits.
    if (socket.bufferedAmount > WEBSOCKET_WAITING_BYTES_MAX) socket.pause();
  });

const serve = (
  { log }: ApiParts,
  protocol: Protocol<Extra>,
  socket: WebSocket,
  request: IncomingMessage,
  origin: RequestOrigin,
): void => {
  const held = new DisposableStack();
  const extra: Extra = { socket, request, origin, stop: new AbortController(), held, running: new Map(), caller: null };
  const fail = (error: unknown): void => {
    // One line a socket: whatever else it sends is not looked at.
    socket.removeAllListeners('message');
    const reason = error instanceof Error ? error.message : String(error);
    log('debug', 'a WebSocket failed', { reason, address: origin.ip });
    socket.close(1011, 'Internal server error');
  };
  const receive = (text: string, take: (text: string) => Promise<void>): void => {
    const left = leftBy(text);
    if (left !== null) leaveOperations(extra, left);
    take(text).catch(fail);
  };
  socket.on('error', fail);
  keepAlive(socket);
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (text) => send(socket, text),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (take) =>
        socket.on('message', (message) => withinRequest(origin, () => receive(String(message), take))),
    },
    extra,
  );
  socket.once('close', (code, reason) => {
    extra.stop.abort();
    leaveOperations(extra, null);
    held.dispose();
    void closed(code, String(reason)).catch(fail);
  });
};

export const graphqlSockets = (given: SocketParts): GraphqlSockets => {
  const { parts } = given;
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: WEBSOCKET_MESSAGE_BYTES_MAX,
    perMessageDeflate: false,
    handleProtocols: () => protocolName,
  });
  const protocol = socketProtocol(given);
  const requestIds = new WeakMap<IncomingMessage, string>();
  server.on('headers', (headers, request) => headers.push(`x-request-id: ${requestIds.get(request) ?? ''}`));
  // A handshake that is none.
  server.on('wsClientError', ({ message }, socket, request) => {
    const { requestId } = originOf(request, parts.network);
    refuseConnection(socket, requestId, { status: 400, code: 'BAD_REQUEST', message });
  });
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer, origin: RequestOrigin): void => {
    const refuse = (status: number, code: string, message: string): void => {
      parts.log('debug', 'a WebSocket was refused', { status, reason: message, address: origin.ip });
      refuseConnection(socket, origin.requestId, { status, code, message });
    };
    if (request.url?.split('?', 1)[0] !== '/graphql') return refuse(404, 'NOT_FOUND', 'WebSockets are at /graphql');
    if (!isAllowedOrigin(request, parts.network))
      return refuse(403, 'FORBIDDEN', 'WebSockets of other sites are refused');
    if (!speaksOurProtocol(request)) return refuse(400, 'BAD_REQUEST', `the only subprotocol is ${protocolName}`);
    requestIds.set(request, origin.requestId);
    server.handleUpgrade(request, socket, head, (opened) => serve(parts, protocol, opened, request, origin));
  };
  return {
    upgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      const origin = originOf(request, parts.network);
      withinRequest(origin, () => upgrade(request, socket, head, origin));
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
