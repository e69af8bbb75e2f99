import { visibilityOf } from '../../model/access.ts';
import { NotFound } from '../../model/errors.ts';
import { parseRecordingId } from '../../model/parse-id.ts';
import { firstPage } from '../../model/page.ts';
import type { Recording } from '../../model/recording.ts';
import type { Session } from '../../model/session.ts';
import type { Exchange } from '../exchange.ts';
import { sendAsciicastV2, sendSessionLog } from './download.ts';
import type { PathParameters, Route } from './route.ts';
import { sessionOfPath } from './session.ts';

/** The recording that `recording_id` names, or the session's first. @throws NotFound */
const recordingOf = async ({ parts, viewer, query }: Exchange, session: Session): Promise<Recording> => {
  const visibility = visibilityOf(viewer);
  const wanted = query.get('recording_id');
  const recording =
    wanted === null
      ? (await parts.catalog.recordings(visibility, session.sessionId, firstPage(1))).items[0]
      : await parts.catalog.recording(visibility, parseRecordingId(wanted, 'recording_id'));
  if (recording?.sessionId !== session.sessionId) throw new NotFound('the session has no such recording');
  return recording;
};

const answerLog = async (exchange: Exchange, parameters: PathParameters): Promise<void> => {
  const session = await sessionOfPath(exchange, parameters);
  const recording = await recordingOf(exchange, session);
  if (recording.kind === 'TERMINAL') await sendAsciicastV2(exchange, { recording, session, format: 'cast' });
  else await sendSessionLog(exchange, { recording, session, format: 'session_log' });
};

/** What happened in a session, as its clients know it: asciicast v2 for terminals, a line a request for others. */
export const sessionLogRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: '/api/v1/session/:socket_id/:session_id/session_log',
    action: 'read-recording',
    handle: answerLog,
  },
];
