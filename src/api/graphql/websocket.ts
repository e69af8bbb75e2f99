import type { IncomingMessage } from 'node:http';
import type { Server as Protocol } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { RequestOrigin } from '../origin.ts';
import type { Log } from '../parts.ts';
import { withinRequest } from '../request-context.ts';
import { send } from './socket-send.ts';
import { type Extra, leaveOperations } from './websocket-operations.ts';

/** A message by which a client leaves an operation is no longer: ids are the client's. */
const COMPLETE_LENGTH_MAX = 1_000;

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

/** Speaks the graphql-transport-ws protocol on a socket that was opened. Each item is sent before the next one is read. */
export const serveGraphqlSocket = (
  log: Log,
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
