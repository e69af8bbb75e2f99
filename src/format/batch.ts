import { InvalidInput } from '../model/errors.ts';
import { BATCH_BYTES_MAX, RECORDING_MS_MAX } from '../model/limits.ts';
import { EventWalk, reservedCodes } from './event-walk.ts';
import { MsgpackWriter } from './msgpack-writer.ts';

/** What a batch holds, found without making objects of it. */
export type ScannedBatch = {
  /** At least 1. */
  readonly eventCount: number;
  /** Milliseconds from the recording's start. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Byte offset of each event. */
  readonly offsets: Uint32Array;
  /** Milliseconds from the recording's start of each event. */
  readonly times: Float64Array;
};

/**
 * Checks a batch as it came over the wire: consecutive `[deltaMs, code, ...payload]`, the first deltaMs from the
 * recording's start.
 * @param check of each event, where its payload is to be looked into
 * @throws InvalidInput naming `events` or `events[index]`, and the limit, when it must not be kept
 */
export const scanBatch = (msgpack: Uint8Array, check: ((walk: EventWalk) => void) | null = null): ScannedBatch => {
  if (msgpack.length > BATCH_BYTES_MAX) {
    throw new InvalidInput(
      'events',
      `events must have at most ${BATCH_BYTES_MAX} bytes of msgpack, got ${msgpack.length}`,
    );
  }
  const walk = new EventWalk(msgpack);
  const offsets: number[] = [];
  const times: number[] = [];
  let timeMs = 0;
  while (walk.next()) {
    if (reservedCodes.includes(walk.code)) walk.refuse('.code', `must not be ${walk.code}: it is kept for files`);
    timeMs += walk.deltaMs;
    if (timeMs > RECORDING_MS_MAX) {
      walk.refuse('.deltaMs', `must be at most ${RECORDING_MS_MAX} ms from the recording's start, got ${timeMs}`);
    }
    check?.(walk);
    offsets.push(walk.start);
    times.push(timeMs);
  }
  const firstMs = times[0];
  if (firstMs === undefined) throw new InvalidInput('events', 'events must hold at least 1 event');
  return {
    eventCount: times.length,
    firstMs,
    lastMs: timeMs,
    offsets: Uint32Array.from(offsets),
    times: Float64Array.from(times),
  };
};

/**
 * Events [from, to) of a batch, as a batch again: the first delta counts from the recording's start, all other bytes are
 * as they were. May share memory with the batch.
 * @param scanned what scanBatch said of these bytes. @param to at most scanned.eventCount, the default; above from
 */
export const sliceBatch = (
  msgpack: Uint8Array,
  scanned: Pick<ScannedBatch, 'offsets' | 'times' | 'eventCount'>,
  from: number,
  to: number = scanned.eventCount,
): Uint8Array => {
  const start = scanned.offsets[from];
  const timeMs = scanned.times[from];
  if (start === undefined || timeMs === undefined || to <= from || to > scanned.eventCount) {
    throw new RangeError(`no events [${from}, ${to}) in a batch of ${scanned.eventCount}`);
  }
  const part = msgpack.subarray(start, scanned.offsets[to] ?? msgpack.length);
  if (from === 0) return part;
  const writer = new MsgpackWriter(part.length + 16);
  writeRetimed(writer, part, timeMs);
  return writer.finish();
};

/** Writes consecutive events with the first one's delta changed, and every other byte as it was. */
export const writeRetimed = (writer: MsgpackWriter, events: Uint8Array, deltaMs: number): void => {
  const first = new EventWalk(events);
  first.next();
  writer.raw(events.subarray(0, first.deltaStart));
  writer.wholeNumber(deltaMs);
  writer.raw(events.subarray(first.deltaEnd));
};
