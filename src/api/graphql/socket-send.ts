import type { WebSocket } from 'ws';
import { WEBSOCKET_WAITING_BYTES_MAX } from '../../model/limits.ts';

/** Who does not read what was answered is not listened to: it would only add to what waits. */
const pauseWhenBehind = (socket: WebSocket): void => {
  if (socket.bufferedAmount > WEBSOCKET_WAITING_BYTES_MAX) socket.pause();
};

const resumeWhenRead = (socket: WebSocket): void => {
  if (socket.isPaused && socket.bufferedAmount <= WEBSOCKET_WAITING_BYTES_MAX) socket.resume();
};

/** Resolves when the bytes have left this process: which is what stops the source of a client that does not read. */
export const send = (socket: WebSocket, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(text, (error) => {
      resumeWhenRead(socket);
      return error == null ? resolve() : reject(error);
    });
    pauseWhenBehind(socket);
  });

/** The bytes are text already. */
const asText = { binary: false };

/**
 * Sends a message that was made once for many. Calls `taken` at once when nothing waited before it, else when the bytes have
 * left this process: one message waits at most beside the one that is being sent. A socket that breaks closes, and its
 * operations are left then.
 */
export const sendPrepared = (socket: WebSocket, message: Uint8Array, taken: () => void): void => {
  if (socket.readyState !== socket.OPEN) return taken();
  if (socket.bufferedAmount === 0) {
    socket.send(message, asText);
    return taken();
  }
  socket.send(message, asText, () => {
    resumeWhenRead(socket);
    taken();
  });
  pauseWhenBehind(socket);
};
