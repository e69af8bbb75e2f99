import { Conflict, NotFound } from '../../../model/errors.ts';
import type { RecordingId } from '../../../model/ids.ts';
import type { Recording } from '../../../model/recording.ts';
import type { RotateRecordingWrite } from '../feeding-records.ts';
import { type RecordingRow, recordingOf } from '../session-row.ts';
import { insertRecording } from './open-recording.ts';
import type { WriteContext } from './write-context.ts';

/**
 * Goes on in another recording. The producer keeps the id and the ordinals that it has: `newest_key` of each recording before
 * says where its events go now, and `base_event` and `base_ms` how its numbers and times are moved for that. The new one
 * starts at the time of the old one's last event, so that no event that follows lies before its start.
 */
export const rotateRecording = (context: WriteContext, { recordingId, next }: RotateRecordingWrite): Recording => {
  const old = rowOf(context, recordingId);
  const known = context.recordingRow(next.recordingId);
  if (known !== undefined) {
    if (known.continues === recordingId) return recordingOf(known);
    throw new Conflict('there is a recording with this id already');
  }
  if (old.signature !== null || old.newest_key !== null) throw new Conflict('the recording takes nothing more');
  const columns = old.last_columns ?? old.columns;
  const rows = old.last_rows ?? old.rows;
  const continuation = { ...next, kind: recordingOf(old).kind, columns, rows };
  insertRecording(context, old.session_position, continuation, old.started_ms + old.duration_ms, recordingId);
  linkContinuation(context, old, rowOf(context, next.recordingId));
  context.summariseRecordings(old.session_position);
  context.announceRecording(old, 'ending');
  context.touch(old.session_position);
  return recordingOf(rowOf(context, next.recordingId));
};

/** What is sent to the old one, and to those before it, goes to the other. */
const linkContinuation = (context: WriteContext, old: RecordingRow, next: RecordingRow): void => {
  context.run(
    'UPDATE recordings SET base_event = ?, base_ms = ? WHERE recording_key = ?',
    old.base_event + old.event_count,
    old.base_ms + next.started_ms - old.started_ms,
    next.recording_key,
  );
  context.run(
    'UPDATE recordings SET newest_key = ? WHERE recording_key = ? OR newest_key = ?',
    next.recording_key,
    old.recording_key,
    old.recording_key,
  );
};

/**
 * Recordings of a session that were found in their files, in any order: those that go on with one another are linked as if
 * they had been rotated here. Repeating is the same.
 */
export const relinkContinuations = (context: WriteContext, sessionPosition: number): void => {
  const recordings = context.all<RecordingRow>(
    'SELECT * FROM recordings WHERE session_position = ? ORDER BY recording_key',
    sessionPosition,
  );
  const nextOf = new Map(recordings.map((row) => [row.continues, row]));
  const isKnown = new Set(recordings.map((row) => row.recording_id));
  for (const first of recordings) {
    if (first.continues !== null && isKnown.has(first.continues)) continue;
    let last = { ...first, base_event: 0, base_ms: 0 };
    for (let next = nextOf.get(first.recording_id); next !== undefined; next = nextOf.get(next.recording_id)) {
      linkContinuation(context, last, next);
      last = {
        ...next,
        base_event: last.base_event + last.event_count,
        base_ms: last.base_ms + next.started_ms - last.started_ms,
      };
    }
  }
};

const rowOf = (context: WriteContext, recordingId: RecordingId): RecordingRow => {
  const row = context.recordingRow(recordingId);
  if (row === undefined) throw new NotFound('no such recording');
  return row;
};
