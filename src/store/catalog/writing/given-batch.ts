import { Conflict } from '../../../model/errors.ts';
import { scanBatch, type ScannedBatch, sliceBatch, writeRetimed } from '../../../format/batch.ts';
import { MsgpackWriter } from '../../../format/msgpack-writer.ts';
import type { PendingBatch } from '../catalog.ts';
import { batchOf, type RecordingRow } from '../session-row.ts';
import type { BatchesTable } from '../tables.ts';
import type { WriteContext } from './write-context.ts';

/** A batch as its producer gave it: in the numbering, and by the clock, of the recording that it named. */
export type GivenBatch = ScannedBatch & { readonly firstEvent: number; readonly msgpack: Uint8Array };

/** How far the recording that takes the events begins behind the one that was named. */
export type Shift = { readonly events: number; readonly ms: number };

/** The events from `known` on, as the recording that takes them keeps them. */
export const restOf = (given: GivenBatch, known: number, shift: Shift): PendingBatch => {
  const part = sliceBatch(given.msgpack, given, known);
  const firstMs = (given.times[known] ?? given.lastMs) - shift.ms;
  return {
    firstEvent: given.firstEvent + known - shift.events,
    eventCount: given.eventCount - known,
    firstMs,
    lastMs: given.lastMs - shift.ms,
    msgpack: shift.ms === 0 ? part : retimed(part, firstMs),
  };
};

const retimed = (msgpack: Uint8Array, firstMs: number): Uint8Array => {
  const writer = new MsgpackWriter(msgpack.length + 16);
  writeRetimed(writer, msgpack, firstMs);
  return writer.finish();
};

/**
 * Events that are pending must be the same bytes; those in closed chunks were compared while they were pending.
 * @param known how many of the given events are there already @throws Conflict
 */
export const checkOverlap = (
  context: WriteContext,
  named: RecordingRow,
  newest: RecordingRow,
  given: GivenBatch,
  known: number,
): void => {
  for (const row of named === newest ? [named] : passed(context, named, newest)) {
    const shift = { events: row.base_event - named.base_event, ms: row.base_ms - named.base_ms };
    const overlapping = context.all<BatchesTable>(
      'SELECT * FROM batches WHERE recording_key = ? AND first_event < ? AND first_event + event_count > ?',
      row.recording_key,
      given.firstEvent + known - shift.events,
      given.firstEvent - shift.events,
    );
    for (const pending of overlapping.map(batchOf)) compare(given, known, pending, shift);
  }
};

/** The recordings from the one that was named to the newest. */
const passed = (context: WriteContext, named: RecordingRow, newest: RecordingRow): readonly RecordingRow[] => {
  const between = context.all<RecordingRow>(
    'SELECT * FROM recordings WHERE newest_key = ? AND base_event >= ? ORDER BY base_event',
    newest.recording_key,
    named.base_event,
  );
  return [...between, newest];
};

const compare = (given: GivenBatch, known: number, pending: PendingBatch, shift: Shift): void => {
  const pendingFirst = pending.firstEvent + shift.events;
  const from = Math.max(given.firstEvent, pendingFirst);
  const to = Math.min(given.firstEvent + known, pendingFirst + pending.eventCount);
  const kept = scanBatch(pending.msgpack);
  const was = comparable(pending.msgpack, kept, from - pendingFirst, to - pendingFirst, shift.ms);
  const is = comparable(given.msgpack, given, from - given.firstEvent, to - given.firstEvent, 0);
  if (Buffer.compare(was, is) !== 0) {
    throw new Conflict(`events ${from} to ${to - 1} are there already, and are not the same`);
  }
};

/**
 * Events [from, to) with the first one's time written in one way. Where a batch begins, the producer wrote it: from the
 * recording's start, and in as many bytes as it liked.
 */
const comparable = (
  msgpack: Uint8Array,
  scanned: ScannedBatch,
  from: number,
  to: number,
  shiftMs: number,
): Uint8Array =>
  retimed(
    msgpack.subarray(scanned.offsets[from] ?? 0, scanned.offsets[to] ?? msgpack.length),
    (scanned.times[from] ?? 0) + shiftMs,
  );
