import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { liveLinesV3 } from '../format/asciicast/asciicast-writer.ts';
import { RateLimited } from '../model/errors.ts';
import { parseRecordingId } from '../model/parse-id.ts';
import { callerOf, viewerOf } from './exchange.ts';
import type { SocketParts } from './graphql/websocket-operations.ts';
import { isAmbient, mustBeFromHere } from './identity/same-origin.ts';
import { joinRecording, type LiveRecording } from './live-recording.ts';
import type { RequestOrigin } from './origin.ts';
import type { Log } from './parts.ts';

/** The recording is sealed: asciinema-player takes it for the end of the stream. */
const DONE = 1000;
const FORBIDDEN = 4403;
/** Of the registry of RFC 6455: too many sockets are open. */
const TRY_AGAIN_LATER = 1013;

/** Resolves when the bytes have left this process: which is what stops the source of a client that does not read. */
const send = (socket: WebSocket, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(text, (error) => (error == null ? resolve() : reject(error)));
  });

/** A line is a message; the next run is read when the one before has left. */
const play = async (socket: WebSocket, { fields, joinedMs, runs }: LiveRecording, gone: AbortSignal): Promise<void> => {
  const writer = liveLinesV3(fields, joinedMs);
  await send(socket, writer.head().trimEnd());
  for await (const run of runs(gone)) {
    // NOTE each is waited for: a connection that breaks fails all that wait.
    await Promise.all(Array.from(writer.lines(run), (line) => send(socket, line.trimEnd())));
  }
  const tail = writer.tail().trimEnd();
  if (tail !== '') await send(socket, tail);
  socket.close(DONE, 'The recording is over');
};

const serve = (
  log: Log,
  socket: WebSocket,
  live: LiveRecording,
  held: DisposableStack,
  stop: AbortController,
): void => {
  socket.once('close', () => {
    stop.abort();
    held.dispose();
  });
  play(socket, live, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) log('warn', 'a live recording could not be shown further', { error });
    socket.close(1011, 'Internal server error');
  });
};

/**
 * A recording as asciinema-player's WebSocket driver reads it: asciicast v3, a line a message. Who it is, is found out before
 * the socket opens. @throws Unauthenticated, Forbidden, NotFound, RateLimited, HttpError 403 CSRF_REFUSED
 */
export const joinLiveSocket = async (
  { parts, authenticator, admission, credentials }: SocketParts,
  request: IncomingMessage,
  origin: RequestOrigin,
  id: string,
): Promise<(socket: WebSocket) => void> => {
  const viewer = await viewerOf(authenticator, request, origin);
  if (isAmbient(viewer)) mustBeFromHere(request, origin, parts.network);
  await admission.request(viewer);
  const caller = callerOf(viewer, origin);
  parts.audit.checkAllowed(caller, 'read-recording');
  const live = await joinRecording(parts, caller, parseRecordingId(id));
  return (socket) => {
    const stop = new AbortController();
    const held = new DisposableStack();
    try {
      held.use(admission.openSocket(viewer, origin.ip));
    } catch (error) {
      return socket.close(TRY_AGAIN_LATER, error instanceof RateLimited ? error.message : '');
    }
    held.use(
      credentials.open(viewer, () => {
        stop.abort();
        socket.close(FORBIDDEN, 'Forbidden: the token was revoked or is over');
      }),
    );
    serve(parts.log, socket, live, held, stop);
  };
};
