import { Conflict, InvalidInput } from '../../../model/errors.ts';
import type { RecordingState } from '../../../model/recording.ts';
import { isRunning, type SessionStatus } from '../../../model/session.ts';
import type { RestoredRecording, RestoreRecordingWrite } from '../catalog.ts';
import { POSITIONS_PER_MS, SPILL_MS_MAX } from '../session-position.ts';
import { recordingOf, type RecordingRow } from '../session-row.ts';
import { insertChunk } from './close-chunk.ts';
import { insertSession } from './insert-session.ts';
import { insertRecording } from './open-recording.ts';
import { relinkContinuations } from './rotate-recording.ts';
import { settleSession } from './settle-session.ts';
import type { WriteContext } from './write-context.ts';

/** Later ones would have no position. */
const STARTED_MS_MAX = Number.MAX_SAFE_INTEGER / POSITIONS_PER_MS - SPILL_MS_MAX;

/** Adds a recording that was found in the files, and its session if the catalog does not have it. */
export const restoreRecording = (context: WriteContext, input: RestoreRecordingWrite): RestoredRecording => {
  const { recordingId } = input.header;
  const known = context.recordingRow(recordingId);
  if (known !== undefined) return { recording: recordingOf(known), isNewSession: false };
  const { position, isNew } = sessionOf(context, input);
  const { kind, columns, rows, startedAtMs, continues } = input.header;
  insertRecording(
    context,
    position,
    { recordingId, kind, columns, rows, locator: input.locator },
    startedAtMs,
    continues,
  );
  const inserted = rowOf(context, input);
  for (const chunk of input.chunks) insertChunk(context, inserted, chunk);
  fill(context, inserted, input, isNew);
  if (input.seal !== null) settleSession(context, position, input.seal.session);
  else seen(context, position, startedAtMs + (input.chunks.at(-1)?.lastMs ?? 0));
  relinkContinuations(context, position);
  tell(context, input, position, isNew);
  context.summariseRecordings(position);
  const session = context.touch(position);
  const restored = rowOf(context, input);
  const isEnding = input.seal === null && !isRunning(session.status) && session.status !== 'LOST';
  context.announceRecording(restored, input.seal !== null ? 'sealed' : isEnding ? 'ending' : 'chunk-closed');
  return { recording: recordingOf(restored), isNewSession: isNew };
};

const rowOf = (context: WriteContext, { header }: RestoreRecordingWrite): RecordingRow => {
  const row = context.recordingRow(header.recordingId);
  if (row === undefined) throw new Error('a recording went away within a transaction');
  return row;
};

/** The recording's session. One that the catalog does not have is LOST until a seal says more. */
const sessionOf = (
  context: WriteContext,
  { header: { session }, atMs }: RestoreRecordingWrite,
): { readonly position: number; readonly isNew: boolean } => {
  const known = context.sessionRow(session.sessionId);
  if (known !== undefined && known.producer !== session.producer) {
    throw new Conflict(`its session ${session.sessionId} is another producer's in the catalog`);
  }
  if (known !== undefined) return { position: known.position, isNew: false };
  if (session.startedAtMs < 0 || session.startedAtMs > STARTED_MS_MAX) {
    throw new InvalidInput('header.session.startedAt', 'header.session.startedAt must be from 1970 to 2248');
  }
  return { position: insertSession(context, session, { status: 'LOST', lost_ms: atMs }), isNew: true };
};

/** The last event was a sign of life. */
const seen = (context: WriteContext, position: number, seenMs: number): void => {
  context.run(
    `UPDATE sessions SET last_seen_ms = ?, duration_ms = max(duration_ms, ? - started_ms)
     WHERE position = ? AND last_seen_ms < ? AND ended_ms IS NULL`,
    seenMs,
    seenMs,
    position,
    seenMs,
  );
};

/** All that the file says of the recording itself. */
const fill = (
  context: WriteContext,
  { recording_key: key, session_position: position }: RecordingRow,
  { chunks, indexedSize, headHash, seal, damage }: RestoreRecordingWrite,
  isNew: boolean,
): void => {
  const status = context.session(position).status;
  const [state, reason] =
    damage !== null ? (['CORRUPT', damage] as const) : seal ? [seal.state, seal.stateReason] : unsealed(status, isNew);
  const last = chunks.at(-1);
  const eventCount = last === undefined ? 0 : last.firstEvent + last.eventCount;
  context.run(
    `UPDATE recordings SET state = ?, state_reason = ?, duration_ms = ?, event_count = ?, chunk_count = ?, indexed_size = ?,
       raw_size = ?, head_hash = ?, signature = ?, key_id = ?, next_pending_event = ? WHERE recording_key = ?`,
    state,
    reason,
    last?.lastMs ?? 0,
    eventCount,
    chunks.length,
    indexedSize,
    chunks.reduce((sum, { rawSize }) => sum + rawSize, 0),
    headHash,
    seal?.signature ?? null,
    seal?.keyId ?? null,
    eventCount,
    key,
  );
};

/** Events may have been acknowledged that were in no chunk yet: they were in the catalog that is gone. */
const unsealed = (status: SessionStatus, isNew: boolean): readonly [RecordingState, string | null] => {
  if (isRunning(status)) return ['LIVE', null];
  const what = isNew || status === 'LOST' ? 'its session' : 'it';
  return ['PARTIAL', `${what} was not in the catalog: events that were in no chunk yet may be missing`];
};

const tell = (
  context: WriteContext,
  { header, atMs }: RestoreRecordingWrite,
  sessionPosition: number,
  isNew: boolean,
): void => {
  const { recordingId } = header;
  const message = isNew
    ? `the session was not in the catalog, and was restored from the file of its recording ${recordingId}`
    : `the recording ${recordingId} was not in the catalog, and was restored from its file`;
  context.tell({ sessionPosition, atMs, kind: 'NOTE', message, actor: null });
};
