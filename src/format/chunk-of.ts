import { sliceBatch, scanBatch } from './batch.ts';
import { joinRun } from './run-bytes.ts';

/** A pending batch: events [firstEvent, firstEvent + eventCount) as scanBatch took them. */
type Batch = {
  readonly firstEvent: number;
  readonly eventCount: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly msgpack: Uint8Array;
};

/** The first eventCount events of consecutive batches as one chunk: `[startMs, "@", firstEvent]`, then the events. */
export const chunkOf = (batches: readonly Batch[], eventCount: number): Batch => {
  const [first] = batches;
  if (first === undefined || eventCount < 1) throw new RangeError('a chunk has at least one event');
  const parts: Batch[] = [];
  const end = first.firstEvent + eventCount;
  for (const batch of batches) {
    if (batch.firstEvent >= end) break;
    parts.push(beginning(batch, end - batch.firstEvent));
  }
  return {
    firstEvent: first.firstEvent,
    eventCount,
    firstMs: first.firstMs,
    lastMs: parts.at(-1)?.lastMs ?? first.lastMs,
    msgpack: joinRun(first.firstEvent, parts),
  };
};

const beginning = (batch: Batch, eventCount: number): Batch => {
  if (eventCount >= batch.eventCount) return batch;
  const scanned = scanBatch(batch.msgpack);
  const lastMs = scanned.times[eventCount - 1] ?? batch.lastMs;
  return { ...batch, eventCount, lastMs, msgpack: sliceBatch(batch.msgpack, scanned, 0, eventCount) };
};
