import { writeRevision } from '../model/revision.ts';
import type { Session } from '../model/session.ts';
import { exportedSessionId, type ExportedSession } from './exported.ts';

export const isoTime = (timeMs: number): string => new Date(timeMs).toISOString();
const isoTimeOrNull = (timeMs: number | null): string | null => (timeMs === null ? null : isoTime(timeMs));

/**
 * A session as a line of an export, with the names that GraphQL has for it; times are RFC 3339 in UTC, durations seconds.
 * `change` says what it is to whoever asked after a revision: STARTED (opened since), ENDED (over since), UPDATED.
 */
export const nativeSession = ({ session, change }: ExportedSession): object => ({
  type: 'session',
  id: exportedSessionId(session),
  change,
  revision: writeRevision(session.revision),
  ...sessionFields(session),
});

const sessionFields = (session: Session) => ({
  sessionId: session.sessionId,
  producer: session.producer,
  protocol: session.protocol,
  upstream: session.upstream,
  status: session.status,
  user: session.user,
  socket: session.socket,
  client: session.client,
  server: session.server,
  sshUser: session.sshUser,
  startedAt: isoTime(session.startedAtMs),
  lastSeenAt: isoTime(session.lastSeenAtMs),
  endedAt: isoTimeOrNull(session.endedAtMs),
  duration: session.durationMs / 1000,
  endReason: session.endReason,
  authInfo: session.authInfo,
  denyReason: session.denyReason,
  attemptCount: session.attemptCount,
  kill: killFields(session),
  labels: session.labels,
  recordingState: session.recordingState,
  recordingStateReason: session.recordingStateReason,
  recordingCount: session.recordingCount,
});

const killFields = ({ kill }: Session) =>
  kill === null
    ? null
    : {
        requestedAt: isoTime(kill.requestedAtMs),
        requestedBy: kill.requestedBy,
        reason: kill.reason,
        confirmedAt: isoTimeOrNull(kill.confirmedAtMs),
      };
