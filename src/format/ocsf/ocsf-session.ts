import { writeRevision } from '../../model/revision.ts';
import { isRunning, type Session } from '../../model/session.ts';
import { exportedSessionId, type ExportedSession } from '../exported.ts';
import { present } from '../present.ts';
import { ocsfEventOf } from './ocsf-base.ts';
import { classOf, type OcsfActivity, otherActivity } from './ocsf-class.ts';

/**
 * A session that changed, as an event of the schema: that it opened, that it closed, or, for one that was refused, an
 * Authentication that failed. @param version this program's
 */
export const ocsfSession = ({ session, change }: ExportedSession, version: string): object => {
  const isRefused = session.status === 'DENIED';
  return ocsfEventOf(
    session,
    {
      activity: activityOf(session),
      uid: exportedSessionId(session),
      timeMs: session.endedAtMs ?? (change === 'STARTED' ? session.startedAtMs : session.lastSeenAtMs),
      severity: session.kill !== null ? 3 : isRefused || session.status === 'LOST' ? 2 : 1,
      status: isRefused ? 2 : session.status === 'LOST' ? 0 : 1,
      message: messageOf(session),
      attributes: {
        start_time: session.startedAtMs,
        end_time: session.endedAtMs,
        duration: session.durationMs,
        count: session.attemptCount,
        status_detail: session.denyReason ?? session.endReason,
      },
      unmapped: {
        change,
        revision: writeRevision(session.revision),
        session_status: session.status,
        producer: session.producer,
        auth_info: session.authInfo,
        labels: session.labels,
        kill: killOf(session),
        recording_state: session.recordingState,
        recording_count: session.recordingCount,
      },
    },
    version,
  );
};

const activityOf = (session: Session): OcsfActivity => {
  if (session.status === 'DENIED') return { class: 'authentication', id: 1, name: 'Logon' };
  const ofClass = classOf(session);
  const isOpen = isRunning(session.status);
  if (session.status === 'LOST') return otherActivity(ofClass, 'Lost');
  if (ofClass === 'ssh' || ofClass === 'network') {
    return isOpen ? { class: ofClass, id: 1, name: 'Open' } : { class: ofClass, id: 2, name: 'Close' };
  }
  if (ofClass === 'datastore' && isOpen) return { class: ofClass, id: 3, name: 'Connect' };
  return otherActivity(ofClass, isOpen ? 'Open' : 'Close');
};

const messageOf = ({ status, user, socket, client }: Session): string =>
  `${status.toLowerCase()}: ${user.identity} from ${client.ip} to ${socket.name}`;

const killOf = ({ kill }: Session): object | null =>
  kill === null
    ? null
    : present({
        requested_time: kill.requestedAtMs,
        requested_by: kill.requestedBy,
        reason: kill.reason,
        confirmed_time: kill.confirmedAtMs,
      });
