import { Conflict, EventGap, InvalidInput, NotFound, SessionEnded, SessionKilled } from '../../../model/errors.ts';
import type { SessionId } from '../../../model/ids.ts';
import { RECORDING_EVENTS_MAX } from '../../../model/limits.ts';
import { isRunning, type Session } from '../../../model/session.ts';
import { scanBatch, type ScannedBatch, sliceBatch, writeRetimed } from '../../../format/batch.ts';
import { MsgpackWriter } from '../../../format/msgpack-writer.ts';
import type { AppendBatchWrite, AppendedBatch, PendingBatch } from '../catalog.ts';
import { batchOf, type RecordingRow } from '../session-row.ts';
import type { BatchesTable } from '../tables.ts';
import { checkEpoch } from './open-recording.ts';
import type { WriteContext } from './write-context.ts';

/** The session's last sign of life is written at most this often while its events come in. */
const LAST_SEEN_STEP_MS = 1000;

/** Keeps the batch's events that are not there yet. */
export const appendBatch = (context: WriteContext, input: AppendBatchWrite): AppendedBatch => {
  const row = context.recordingRow(input.recordingId);
  if (row === undefined) throw new NotFound('no such recording');
  const session = ownRunningSession(context, row, input);
  const { batch } = input;
  if (batch.firstEvent > row.event_count) throw new EventGap(input.recordingId, row.event_count, batch.firstEvent);
  const known = Math.min(row.event_count - batch.firstEvent, batch.eventCount);
  if (known > 0) checkOverlap(context, row, input, known);
  const rest = known === 0 ? batch : dropKnown(input, known);
  if (rest.eventCount > 0) keep(context, row, session, rest, input.atMs);
  return {
    sessionId: session.sessionId,
    pendingBytes: row.pending_bytes + rest.msgpack.length,
    nextEvent: Math.max(row.event_count, batch.firstEvent + batch.eventCount),
    kill: session.status === 'KILLING' ? session.kill : null,
  };
};

const ownRunningSession = (context: WriteContext, row: RecordingRow, input: AppendBatchWrite): Session => {
  const owner = context.ownSession(row.session_id as SessionId, input.producer);
  checkEpoch(owner, input.epoch);
  const session = context.session(owner.position);
  if (session.status === 'KILLED' && session.kill !== null)
    throw new SessionKilled(session.kill, 'the session was killed');
  if (!isRunning(session.status)) {
    throw new SessionEnded(session.sessionId, `the session is ${session.status}: it takes no more events`);
  }
  if (row.signature !== null)
    throw new SessionEnded(session.sessionId, 'the recording is sealed: it takes no more events');
  return session;
};

const dropKnown = ({ batch, offsets, times }: AppendBatchWrite, known: number): PendingBatch => {
  const scanned = { eventCount: batch.eventCount, firstMs: batch.firstMs, lastMs: batch.lastMs, offsets, times };
  return {
    firstEvent: batch.firstEvent + known,
    eventCount: batch.eventCount - known,
    firstMs: times[known] ?? batch.lastMs,
    lastMs: batch.lastMs,
    msgpack: known === batch.eventCount ? new Uint8Array() : sliceBatch(batch.msgpack, scanned, known),
  };
};

/** Events that are pending must be the same bytes; those in closed chunks were compared while they were pending. */
const checkOverlap = (context: WriteContext, row: RecordingRow, input: AppendBatchWrite, known: number): void => {
  const { batch, offsets, times } = input;
  const given = { eventCount: batch.eventCount, firstMs: batch.firstMs, lastMs: batch.lastMs, offsets, times };
  const overlapping = context.all<BatchesTable>(
    'SELECT * FROM batches WHERE recording_key = ? AND first_event < ? AND first_event + event_count > ?',
    row.recording_key,
    batch.firstEvent + known,
    batch.firstEvent,
  );
  for (const pending of overlapping.map(batchOf)) {
    const from = Math.max(batch.firstEvent, pending.firstEvent);
    const to = Math.min(batch.firstEvent + known, pending.firstEvent + pending.eventCount);
    const kept = scanBatch(pending.msgpack);
    const was = comparable(pending.msgpack, kept, from - pending.firstEvent, to - pending.firstEvent);
    const is = comparable(batch.msgpack, given, from - batch.firstEvent, to - batch.firstEvent);
    if (Buffer.compare(was, is) !== 0) {
      throw new Conflict(`events ${from} to ${to - 1} are there already, and are not the same`);
    }
  }
};

/**
 * Events [from, to) with the first one's time written in one way. Where a batch begins, the producer wrote it: from the
 * recording's start, and in as many bytes as it liked.
 */
const comparable = (msgpack: Uint8Array, scanned: ScannedBatch, from: number, to: number): Uint8Array => {
  const part = sliceBatch(msgpack, scanned, from, to);
  if (from > 0) return part;
  const writer = new MsgpackWriter(part.length + 16);
  writeRetimed(writer, part, scanned.firstMs);
  return writer.finish();
};

const keep = (context: WriteContext, row: RecordingRow, session: Session, batch: PendingBatch, atMs: number): void => {
  if (batch.firstMs < row.duration_ms) {
    throw new InvalidInput(
      'events[0]',
      `event ${batch.firstEvent} is at ${batch.firstMs} ms, before the event before it at ${row.duration_ms} ms: time never goes backwards`,
    );
  }
  const eventCount = batch.firstEvent + batch.eventCount;
  if (eventCount > RECORDING_EVENTS_MAX) {
    throw new InvalidInput('events', `a recording has at most ${RECORDING_EVENTS_MAX} events`);
  }
  context.run(
    'INSERT INTO batches (recording_key, first_event, event_count, first_ms, last_ms, msgpack) VALUES (?, ?, ?, ?, ?, ?)',
    row.recording_key,
    batch.firstEvent,
    batch.eventCount,
    batch.firstMs,
    batch.lastMs,
    batch.msgpack,
  );
  const pendingBytes = row.pending_bytes + batch.msgpack.length;
  context.run(
    `UPDATE recordings SET event_count = ?, duration_ms = ?, pending_bytes = ?,
       pending_since_ms = coalesce(pending_since_ms, ?) WHERE recording_key = ?`,
    eventCount,
    batch.lastMs,
    pendingBytes,
    atMs,
    row.recording_key,
  );
  seen(context, session, Math.min(atMs, row.started_ms + batch.lastMs));
  context.announceRecording({ ...row, pending_bytes: pendingBytes }, 'appended');
};

const seen = (context: WriteContext, session: Session, seenMs: number): void => {
  if (seenMs < session.lastSeenAtMs + LAST_SEEN_STEP_MS) return;
  context.run(
    'UPDATE sessions SET last_seen_ms = ?, duration_ms = ? WHERE position = ?',
    seenMs,
    seenMs - session.startedAtMs,
    session.position,
  );
};
