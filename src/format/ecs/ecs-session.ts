import { writeRevision } from '../../model/revision.ts';
import { isRunning, type Session } from '../../model/session.ts';
import { exportedSessionId, type ExportedSession } from '../exported.ts';
import { present } from '../present.ts';
import { ecsDocumentOf, ecsTime, nanoseconds } from './ecs-base.ts';

/** A session that changed, as a document of the schema. */
export const ecsSession = ({ session, change }: ExportedSession): object => {
  const isRefused = session.status === 'DENIED';
  return ecsDocumentOf(session, {
    id: exportedSessionId(session),
    dataset: 'session',
    timeMs: session.endedAtMs ?? (change === 'STARTED' ? session.startedAtMs : session.lastSeenAtMs),
    ...kindOf(session, change),
    action: `session-${session.status.toLowerCase()}`,
    outcome: isRefused ? 'failure' : session.status === 'LOST' ? 'unknown' : 'success',
    message: `${session.status.toLowerCase()}: ${session.user.identity} from ${session.client.ip} to ${session.socket.name}`,
    event: {
      start: ecsTime(session.startedAtMs),
      end: session.endedAtMs === null ? null : ecsTime(session.endedAtMs),
      duration: nanoseconds(session.durationMs),
      reason: session.denyReason ?? session.kill?.reason ?? session.endReason,
      sequence: session.revision.position,
    },
    fields: { labels: labelsOf(session.labels) },
    own: {
      change,
      revision: writeRevision(session.revision),
      status: session.status,
      attempt_count: session.attemptCount,
      auth_info: session.authInfo,
      recording: { state: session.recordingState, count: session.recordingCount },
      kill: killOf(session),
    },
  });
};

const kindOf = (
  { status }: Session,
  change: ExportedSession['change'],
): { readonly category: readonly string[]; readonly type: readonly string[] } => {
  if (status === 'DENIED') return { category: ['authentication', 'network'], type: ['start', 'denied'] };
  const category = ['session', 'network'];
  if (!isRunning(status) && status !== 'LOST') return { category, type: ['end'] };
  return { category, type: [change === 'STARTED' ? 'start' : 'info'] };
};

/** The schema's labels are words: what is no word is its JSON. Dots would be read as objects within one another. */
const labelsOf = (labels: Session['labels']): object | null =>
  labels === null
    ? null
    : Object.fromEntries(
        Object.entries(labels).map(([name, value]) => [
          name.replaceAll('.', '_'),
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      );

const killOf = ({ kill }: Session): object | null =>
  kill === null
    ? null
    : present({
        requested_at: ecsTime(kill.requestedAtMs),
        requested_by: kill.requestedBy,
        confirmed_at: kill.confirmedAtMs === null ? null : ecsTime(kill.confirmedAtMs),
      });
