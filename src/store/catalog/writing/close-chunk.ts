import { NotFound } from '../../../model/errors.ts';
import type { RecordingId } from '../../../model/ids.ts';
import type { Recording } from '../../../model/recording.ts';
import { scanBatch, sliceBatch } from '../../../format/batch.ts';
import type { CloseChunkWrite, SealRecordingWrite } from '../catalog.ts';
import type { ChunkRow } from '../chunk-row.ts';
import { type RecordingRow, recordingOf } from '../session-row.ts';
import type { BatchesTable } from '../tables.ts';
import { settleSession } from './settle-session.ts';
import type { WriteContext } from './write-context.ts';

const recordingOrThrow = (context: WriteContext, recordingId: RecordingId): RecordingRow => {
  const row = context.recordingRow(recordingId);
  if (row === undefined) throw new NotFound('no such recording');
  return row;
};

/** Adds the row of a chunk whose bytes are on disk, and deletes the pending events that it holds. */
export const closeChunk = (context: WriteContext, { recordingId, chunk, indexedSize }: CloseChunkWrite): void => {
  const row = recordingOrThrow(context, recordingId);
  const end = chunk.firstEvent + chunk.eventCount;
  if (row.next_pending_event >= end) return;
  if (row.next_pending_event !== chunk.firstEvent) {
    throw new Error(
      `chunk at event ${chunk.firstEvent} does not follow the last one, which ends at ${row.next_pending_event}`,
    );
  }
  insertChunk(context, row, chunk);
  const pendingBytes = row.pending_bytes - deletePending(context, row, end, chunk.lastMs);
  context.run(
    `UPDATE recordings SET chunk_count = chunk_count + 1, raw_size = raw_size + ?, indexed_size = ?, head_hash = ?,
       next_pending_event = ?, event_count = max(event_count, ?), duration_ms = max(duration_ms, ?), pending_bytes = ?,
       pending_since_ms = CASE WHEN ? = 0 THEN NULL ELSE pending_since_ms END WHERE recording_key = ?`,
    chunk.rawSize,
    indexedSize,
    chunk.chainHash,
    end,
    end,
    chunk.lastMs,
    pendingBytes,
    pendingBytes,
    row.recording_key,
  );
  context.announceRecording({ ...row, pending_bytes: pendingBytes }, 'chunk-closed');
};

export const insertChunk = (context: WriteContext, row: Pick<RecordingRow, 'recording_key'>, chunk: ChunkRow): void => {
  context.run(
    `INSERT INTO chunks (recording_key, first_event, event_count, first_ms, last_ms, raw_size, stored_size, locator,
       frame_hash, chain_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    row.recording_key,
    chunk.firstEvent,
    chunk.eventCount,
    chunk.firstMs,
    chunk.lastMs,
    chunk.rawSize,
    chunk.storedSize,
    chunk.locator,
    chunk.frameHash,
    chunk.chainHash,
  );
  // Its place in the order in which chunks are closed.
  context.run('INSERT INTO closings (recording_key, first_event) VALUES (?, ?)', row.recording_key, chunk.firstEvent);
};

/** Events before `end` go; a batch that reaches beyond it keeps its later events. @returns how many bytes went */
const deletePending = (context: WriteContext, row: RecordingRow, end: number, lastMs: number): number => {
  const gone = context.all<{ bytes: number }>(
    'DELETE FROM batches WHERE recording_key = ? AND first_event + event_count <= ? RETURNING length(msgpack) AS bytes',
    row.recording_key,
    end,
  );
  const bytes = gone.reduce((sum, batch) => sum + batch.bytes, 0);
  const cut = context.get<BatchesTable>(
    'SELECT * FROM batches WHERE recording_key = ? AND first_event < ?',
    row.recording_key,
    end,
  );
  return cut === undefined ? bytes : bytes + shorten(context, cut, end, lastMs);
};

/** @returns how many bytes went */
const shorten = (context: WriteContext, cut: BatchesTable, end: number, lastMs: number): number => {
  const scanned = scanBatch(cut.msgpack);
  const from = end - cut.first_event;
  const rest = sliceBatch(cut.msgpack, scanned, from);
  context.run(
    `UPDATE batches SET first_event = ?, event_count = ?, first_ms = ?, msgpack = ?
     WHERE recording_key = ? AND first_event = ?`,
    end,
    cut.event_count - from,
    scanned.times[from] ?? lastMs,
    rest,
    cut.recording_key,
    cut.first_event,
  );
  return cut.msgpack.length - rest.length;
};

/** The recording's seal is on disk. */
export const sealRecording = (context: WriteContext, input: SealRecordingWrite): Recording => {
  const row = recordingOrThrow(context, input.recordingId);
  if (row.signature === null) {
    if (row.next_pending_event < row.event_count) {
      throw new Error(`events from ${row.next_pending_event} on are in no chunk yet: a seal would leave them out`);
    }
    context.run(
      `UPDATE recordings SET state = ?, state_reason = ?, indexed_size = ?, head_hash = ?, signature = ?, key_id = ?
       WHERE recording_key = ?`,
      input.state,
      input.stateReason,
      input.indexedSize,
      input.headHash,
      input.signature,
      input.keyId,
      row.recording_key,
    );
    if (input.session !== undefined) settleSession(context, row.session_position, input.session);
    context.summariseRecordings(row.session_position);
    context.touch(row.session_position);
    context.announceRecording(row, 'sealed');
  }
  return recordingOf(recordingOrThrow(context, input.recordingId));
};

/** Stored chunks no longer hold what was written. The first reason stands: each reading may find another chunk. */
export const markCorrupt = (
  context: WriteContext,
  { recordingId, reason }: { readonly recordingId: RecordingId; readonly reason: string },
): void => {
  const row = recordingOrThrow(context, recordingId);
  if (row.state === 'CORRUPT') return;
  context.run(
    `UPDATE recordings SET state = 'CORRUPT', state_reason = ? WHERE recording_key = ?`,
    reason,
    row.recording_key,
  );
  context.summariseRecordings(row.session_position);
  context.touch(row.session_position);
};
