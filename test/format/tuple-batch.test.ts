import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { scanBatch } from '../../src/format/batch.ts';
import { linesOf, TupleBatch } from '../../src/format/tuple-batch.ts';
import { tupleOf } from '../../src/format/tuples.ts';
import { InvalidInput } from '../../src/model/errors.ts';
import { EVENT_BYTES_MAX } from '../../src/model/limits.ts';
import { arbitraryEvents } from './arbitrary-events.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const batchOfTuples = (tuples: readonly unknown[]): Uint8Array => {
  const batch = new TupleBatch();
  for (const tuple of tuples) batch.add(tuple);
  return batch.finish();
};

const batchOfText = (text: Uint8Array): Uint8Array => {
  const batch = new TupleBatch();
  for (const line of linesOf(text)) batch.addLine(line);
  return batch.finish();
};

const refusal = (tuples: readonly unknown[]): InvalidInput => {
  try {
    batchOfTuples(tuples);
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
  throw new Error('it was taken');
};

test('events that were written as tuples are a batch that can be kept, and its lines are the same bytes', () => {
  fc.assert(
    fc.property(arbitraryEvents(), (events) => {
      const tuples = JSON.parse(JSON.stringify(events.map(tupleOf))) as readonly unknown[];
      const batch = batchOfTuples(tuples);
      expect([...scanBatch(batch).times]).toEqual(events.map((event) => event.timeMs));
      const lines = tuples.map((tuple) => JSON.stringify(tuple)).join('\n');
      expect(batchOfText(utf8(lines))).toEqual(batch);
      expect(batchOfText(utf8(`\r\n${lines}\r\n`))).toEqual(batch);
    }),
    { numRuns: 50 },
  );
});

test('times are rounded from the start, so that batches that were cut elsewhere are the same events', () => {
  const times = Array.from({ length: 200 }, (_none, at) => at * 0.0014999);
  const whole = scanBatch(batchOfTuples(times.map((time) => [time, 'o', 'a']))).times;
  for (const from of [1, 3, 150]) {
    const part = scanBatch(batchOfTuples(times.slice(from).map((time) => [time, 'o', 'a']))).times;
    expect(Array.from(part)).toEqual(Array.from(whole.slice(from)));
  }
});

describe('what is wrong is named by the event', () => {
  test.each([
    ['no event', [], 'events'],
    ['no tuple', [[0, 'm', 'a'], 'm'], 'events[1]'],
    [
      'a time before the one before',
      [
        [1, 'm', 'a'],
        [0.999, 'm', 'b'],
      ],
      'events[1][0]',
    ],
    ['a time below 0', [[-0.001, 'm', 'a']], 'events[0][0]'],
    ['a code that is no text', [[0, 7]], 'events[0][1]'],
    ['a code that is kept for files', [[0, '@', 1]], 'events[0].code'],
    ['output that is no text', [[0, 'o', 7]], 'events[0][2]'],
    ['base64 that is none', [[0, 'o', { base64: '*' }]], 'events[0][2].base64'],
    ['output that is too long', [[0, 'o', 'x'.repeat(EVENT_BYTES_MAX + 1)]], 'events[0]'],
    ['anything that is too long', [[0, 'made-up', 'x'.repeat(EVENT_BYTES_MAX + 64)]], 'events[0]'],
    ['a key that sets a prototype', [[0, 'made-up', JSON.parse('{"__proto__":1}')]], 'events[0].payload'],
  ])('%s', (_name, tuples, field) => {
    expect(refusal(tuples).field).toBe(field);
  });
});

test('data as long as it may be is taken; longer is cut only where a program of this house says so', () => {
  const most = 'x'.repeat(EVENT_BYTES_MAX);
  expect(scanBatch(batchOfTuples([[0, 'o', most]])).eventCount).toBe(1);
  const longer = { timeMs: 0, code: 'o', payload: [utf8(`${most}x`)] };
  expect(scanBatch(encodeBatch([longer])).eventCount).toBe(1);
});

test('lines are what stands between line feeds', () => {
  const lines = (text: string): readonly string[] =>
    [...linesOf(utf8(text))].map((line) => new TextDecoder().decode(line));
  expect(lines('')).toEqual([]);
  expect(lines('a')).toEqual(['a']);
  expect(lines('a\n\nb\n')).toEqual(['a', '', 'b']);
});
