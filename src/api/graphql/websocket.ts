import type { IncomingMessage } from 'node:http';
import type { Server as Protocol } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { WEBSOCKET_WAITING_BYTES_MAX } from '../../model/limits.ts';
import type { RequestOrigin } from '../origin.ts';
import type { Log } from '../parts.ts';
import { withinRequest } from '../request-context.ts';
import type { Extra } from './websocket-operations.ts';

/** Speaks the graphql-transport-ws protocol on a socket that was opened. Each item is sent before the next one is read. */
export const serveGraphqlSocket = (
  log: Log,
  protocol: Protocol<Extra>,
  socket: WebSocket,
  request: IncomingMessage,
  origin: RequestOrigin,
): void => {
  const stop = new AbortController();
  const held = new DisposableStack();
  const fail = (error: unknown): void => {
    log('warn', 'a WebSocket failed', { error });
    socket.close(1011, 'Internal server error');
  };
  socket.on('error', fail);
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      // Resolves when the bytes have left this process: which is what stops the source of a client that does not read.
      send: (text) =>
        new Promise((resolve, reject) => {
          if (socket.readyState !== socket.OPEN) return resolve();
          socket.send(text, (error) => {
            if (socket.isPaused && socket.bufferedAmount <= WEBSOCKET_WAITING_BYTES_MAX) socket.resume();
            return error == null ? resolve() : reject(error);
          });
          // Who does not read what was answered is not listened to: it would only add to what waits.
          if (socket.bufferedAmount > WEBSOCKET_WAITING_BYTES_MAX) socket.pause();
        }),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (take) =>
        socket.on('message', (message) => withinRequest(origin, () => void take(String(message)).catch(fail))),
    },
    { socket, request, origin, stop, held, caller: null },
  );
  socket.once('close', (code, reason) => {
    stop.abort();
    held.dispose();
    void closed(code, String(reason)).catch(fail);
  });
};
