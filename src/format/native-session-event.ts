import type { Session } from '../model/session.ts';
import {
  exportedAtMs,
  exportedEventId,
  exportedPayload,
  type ExportedEvent,
  type ExportedRecordingEvent,
} from './exported.ts';
import { isoTime } from './native-session.ts';

/**
 * An event as a line of an export: `session_event` (its story) or `recording_event` (what happened within a recording), with
 * the names that GraphQL has for them, and as much of the session as says who did it, from where and to what.
 */
export const nativeEvent = (exported: ExportedEvent): object => ({
  type: `${exported.of}_event`,
  id: exportedEventId(exported),
  at: isoTime(exportedAtMs(exported)),
  ...(exported.of === 'session' ? storyFields(exported) : recordedFields(exported)),
  session: briefly(exported.session),
});

const storyFields = ({ event }: Extract<ExportedEvent, { readonly of: 'session' }>) => ({
  kind: event.kind,
  message: event.message,
  actor: event.actor,
  recordingId: event.recordingId,
  time: event.timeMs === null ? null : event.timeMs / 1000,
  details: event.details,
});

const recordedFields = (exported: ExportedRecordingEvent) => {
  const { recording, ordinal, event } = exported;
  return {
    recordingId: recording.recordingId,
    index: ordinal,
    time: event.timeMs / 1000,
    code: event.code,
    payload: exportedPayload(exported),
  };
};

const briefly = ({ sessionId, protocol, upstream, user, socket, client, server, sshUser }: Session) => ({
  sessionId,
  protocol,
  upstream,
  user: { identity: user.identity, email: user.email },
  socket: { socketId: socket.socketId, name: socket.name },
  client: { ip: client.ip, port: client.port },
  server,
  sshUser,
});
