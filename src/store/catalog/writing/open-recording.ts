import { Conflict, Fenced, InvalidInput, SessionKilled } from '../../../model/errors.ts';
import type { Session } from '../../../model/session.ts';
import type { NewRecording, OpenedRecordingRow, OpenRecordingWrite } from '../feeding-records.ts';
import { type RecordingRow, recordingOf, type SessionRow } from '../session-row.ts';
import { mustBeFedStill, resumeIfLost } from './resume-session.ts';
import type { WriteContext } from './write-context.ts';

/** One more recording in a session. */
export const openRecording = (context: WriteContext, input: OpenRecordingWrite): OpenedRecordingRow => {
  const row = context.ownSession(input.sessionId, input.producer);
  checkEpoch(row, input.epoch);
  const { kill } = context.session(row.position);
  if (kill !== null) throw new SessionKilled(kill, 'the session was killed: it takes no new recording');
  mustBeFedStill(context, row, input.atMs, 'no new recording');
  resumeIfLost(context, row, { ...input, actor: input.producer, message: 'it goes on in another recording' });
  const session = context.session(row.position);
  if (context.recordingRow(input.recordingId) === undefined) {
    insertRecording(context, row.position, input, Math.max(input.atMs, session.startedAtMs), null);
    context.summariseRecordings(row.position);
    context.touch(row.position);
  }
  return reopenRecording(context, session, input);
};

/** @throws Fenced for an older epoch than the session's, InvalidInput for one that never was */
export const checkEpoch = (row: Pick<SessionRow, 'epoch'>, epoch: number): void => {
  if (epoch < row.epoch) throw new Fenced(row.epoch, epoch);
  if (epoch > row.epoch)
    throw new InvalidInput('epoch', `epoch must be one that an open gave: the newest is ${row.epoch}, got ${epoch}`);
};

export const insertRecording = (
  context: WriteContext,
  sessionPosition: number,
  recording: NewRecording,
  startedMs: number,
  continues: string | null,
): void => {
  if (context.recordingRow(recording.recordingId) !== undefined) {
    throw new Conflict('another session has a recording with this id');
  }
  context.run(
    `INSERT INTO recordings (recording_id, session_position, continues, kind, state, started_ms, duration_ms, event_count,
       chunk_count, indexed_size, raw_size, columns, rows, locator, next_pending_event, pending_bytes)
     VALUES (?, ?, ?, ?, 'LIVE', ?, 0, 0, 0, 0, 0, ?, ?, ?, 0, 0)`,
    recording.recordingId,
    sessionPosition,
    continues,
    recording.kind,
    startedMs,
    recording.columns,
    recording.rows,
    recording.locator,
  );
};

/** The recording with this id, and what it wants next where another goes on with it. @throws Conflict when it is another session's, or of another kind */
export const reopenRecording = (context: WriteContext, session: Session, wanted: NewRecording): OpenedRecordingRow => {
  const row: RecordingRow | undefined = context.recordingRow(wanted.recordingId);
  if (row === undefined || row.session_id !== session.sessionId || row.kind !== wanted.kind) {
    throw new Conflict('the session has no recording with this id and kind');
  }
  const newest = context.newestOf(row);
  return { recording: recordingOf(row), nextEvent: newest.event_count + newest.base_event - row.base_event };
};
