import { setImmediate } from 'node:timers/promises';
import { linesOf, TupleBatch } from '../format/tuple-batch.ts';
import { InvalidInput } from '../model/errors.ts';

/** Events, and bytes of lines, that are read at once, some milliseconds long; then others have their turn. */
const EVENTS_AT_ONCE = 2_000;
const BYTES_AT_ONCE = 128 * 1024;

/** A batch of JSON tuples. @throws InvalidInput naming `events`, or `events[index]` */
export const batchOfTuples = async (tuples: unknown): Promise<Uint8Array> => {
  if (!Array.isArray(tuples)) {
    throw new InvalidInput('events', 'events must be a list of tuples [time, code, ...payload]');
  }
  const batch = new TupleBatch();
  for (const [index, tuple] of tuples.entries()) {
    batch.add(tuple);
    if (index % EVENTS_AT_ONCE === EVENTS_AT_ONCE - 1) await setImmediate();
  }
  return batch.finish();
};

/** A batch of JSON tuples, one a line. @throws InvalidInput naming `events`, or `events[index]` */
export const batchOfLines = async (text: Uint8Array): Promise<Uint8Array> => {
  const batch = new TupleBatch();
  let lines = 0;
  let bytes = 0;
  for (const line of linesOf(text)) {
    batch.addLine(line);
    lines += 1;
    bytes += line.length;
    if (lines < EVENTS_AT_ONCE && bytes < BYTES_AT_ONCE) continue;
    lines = 0;
    bytes = 0;
    await setImmediate();
  }
  return batch.finish();
};
