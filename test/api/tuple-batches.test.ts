import { expect, test } from 'vitest';
import { batchOfLines, batchOfTuples } from '../../src/api/tuple-batches.ts';
import { scanBatch } from '../../src/format/batch.ts';
import { linesOf } from './producing.ts';

const many = Array.from({ length: 20_000 }, (_none, at) => [at / 1000, 'm', '']);

/** How often the event loop came round before it was done. */
const turnsOf = async (work: Promise<Uint8Array>): Promise<number> => {
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  count();
  expect(scanBatch(await work).eventCount).toBe(many.length);
  isDone = true;
  return turns;
};

test('many events are read a few at once, and others have their turn between', async () => {
  expect(await turnsOf(batchOfTuples(many))).toBeGreaterThanOrEqual(10);
  expect(await turnsOf(batchOfLines(new TextEncoder().encode(linesOf(many))))).toBeGreaterThanOrEqual(10);
});

test.each([{}, null, 'text'])('%s is no list of events', async (tuples) => {
  await expect(batchOfTuples(tuples)).rejects.toMatchObject({ field: 'events' });
});
