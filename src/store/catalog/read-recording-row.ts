import { sql } from 'kysely';
import type { Visibility } from '../../model/access.ts';
import type { RecordingId } from '../../model/ids.ts';
import type { RecordingRow } from './session-row.ts';
import { build, type Statements } from './statements.ts';

/**
 * Rows of recordings with the ids of their sessions.
 * NOTE no join: SQLite plans a join anew whenever something is bound to it (STAT4), which took 40 µs where this takes 5.
 */
export const selectRecordings = `SELECT *,
  (SELECT session_id FROM sessions WHERE position = session_position) AS session_id FROM recordings`;

const ofAnyone = sql<RecordingRow>`${sql.raw(selectRecordings)} WHERE recording_id = ${''}`.compile(build);
const ofProducer = sql<RecordingRow>`${sql.raw(selectRecordings)} WHERE recording_id = ${''}
  AND (SELECT producer FROM sessions WHERE position = session_position) = ${''}`.compile(build);

/** A recording of a visible session. */
export const readRecordingRow = (
  statements: Statements,
  visibility: Visibility,
  recordingId: RecordingId,
): RecordingRow | undefined =>
  visibility.scope === 'all'
    ? statements.getCompiled(ofAnyone, [recordingId])
    : statements.getCompiled(ofProducer, [recordingId, visibility.producer]);
