import type { ReadRecording, ReadSession, ReadStoryEvent } from '../client/read-session.ts';

const time = (timeMs: number | null): string | null => (timeMs === null ? null : new Date(timeMs).toISOString());

/** A session as the object that `--json` prints, the same wherever it was read: times as RFC 3339, durations in seconds. */
export const sessionObject = (session: ReadSession) => ({
  sessionId: session.sessionId,
  protocol: session.protocol,
  upstream: session.upstream,
  status: session.status,
  startedAt: time(session.startedAtMs),
  lastSeenAt: time(session.lastSeenAtMs),
  endedAt: time(session.endedAtMs),
  durationSeconds: session.durationMs / 1000,
  user: session.user,
  socket: session.socket,
  client: session.client,
  server: session.server,
  sshUser: session.sshUser,
  authInfo: session.authInfo,
  denyReason: session.denyReason,
  attemptCount: session.attemptCount,
  endReason: session.endReason,
  kill:
    session.kill === null
      ? null
      : {
          requestedAt: time(session.kill.requestedAtMs),
          requestedBy: session.kill.requestedBy,
          reason: session.kill.reason,
          confirmedAt: time(session.kill.confirmedAtMs),
        },
  labels: session.labels,
  recordingState: session.recordingState,
  recordingStateReason: session.recordingStateReason,
});

export const recordingObject = (recording: ReadRecording) => ({
  recordingId: recording.recordingId,
  continues: recording.continues,
  kind: recording.kind,
  state: recording.state,
  stateReason: recording.stateReason,
  startedAt: time(recording.startedAtMs),
  durationSeconds: recording.durationMs / 1000,
  eventCount: recording.eventCount,
  chunkCount: recording.chunkCount,
  storedSize: recording.storedSize,
  rawSize: recording.rawSize,
  columns: recording.columns,
  rows: recording.rows,
});

export const storyEventObject = (event: ReadStoryEvent) => ({
  at: time(event.atMs),
  kind: event.kind,
  message: event.message,
  actor: event.actor,
  recordingId: event.recordingId,
  recordingSeconds: event.timeMs === null ? null : event.timeMs / 1000,
  details: event.details,
});
