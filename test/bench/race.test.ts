import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Contestant, median, race, type Run, standingsTable } from './race.ts';
import { castLines } from './terminal-data.ts';

const runOf = (amount: number): Run => ({ amount, seconds: 1, cpuMs: null, loopDelayP99Ms: null });

test('the median of an even number of values is the mean of the middle two', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([7])]).toEqual([2, 2.5, 7]);
  expect(() => median([])).toThrow(RangeError);
});

test('contestants run in turn, each second round in reverse, and the first round does not count', async () => {
  const order: string[] = [];
  const contestant = (name: string): Contestant => ({ name, run: async () => runOf(order.push(name)) });
  const series = { title: 't', unit: 'MB/s', yardstick: 'a', contestants: [contestant('a'), contestant('b')] };
  const standings = await race(series, 2, () => {});
  expect(order.join('')).toBe('abbaab');
  expect(standings.map(({ runs }) => runs.map(({ amount }) => amount))).toEqual([
    [4, 5],
    [3, 6],
  ]);
});

test('a table has the median, the least and the most, and the same of the ratio in each round', () => {
  const series = { title: 'copying', unit: 'MB/s', yardstick: 'a', contestants: [] };
  const table = standingsTable(series, [
    { name: 'a', runs: [10, 20, 40].map(runOf) },
    { name: 'b', runs: [5, 5, 5].map(runOf) },
  ]);
  expect(table.split('\n').slice(-2)).toEqual([
    '| a | 20 (10..40) | 1 | – | – |',
    '| b | 5 (5..5) | 0.25 (0.125..0.5) | – | – |',
  ]);
});

test('a seed and a size make the same recording every time, and another seed another one', () => {
  const hashOf = (seed: number): string =>
    createHash('sha256')
      .update([...castLines(seed, 50_000)].join(''))
      .digest('hex');
  expect(hashOf(1)).toBe(hashOf(1));
  expect(hashOf(1)).not.toBe(hashOf(2));
});

test('a recording ends with the event that reaches its size, and its times never go backwards', () => {
  const [head = '', ...lines] = [...castLines(1, 50_000)];
  const events = lines.map((line) => JSON.parse(line) as [number, string, string]);
  const bytes = events.map(([, , text]) => Buffer.byteLength(text));
  const total = bytes.reduce((sum, size) => sum + size, 0);
  expect(JSON.parse(head)).toMatchObject({ version: 2 });
  expect(total).toBeGreaterThanOrEqual(50_000);
  expect(total - (bytes.at(-1) ?? 0)).toBeLessThan(50_000);
  expect(events.map(([time]) => time)).toEqual(events.map(([time]) => time).toSorted((a, b) => a - b));
});
