import { array, assert, double, integer, oneof, property } from 'fast-check';
import { expect, test } from 'vitest';
import { parseDateTime, writeDateTime } from '../../src/model/date-time.ts';

const DAY_MS = 86_400_000;
const FARTHEST_MS = 8_640_000_000_000_000;

test('moments are written as Date writes them, whatever was written before', () => {
  const anywhere = integer({ min: -FARTHEST_MS, max: FARTHEST_MS });
  const near = integer({ min: -2 * DAY_MS, max: 2 * DAY_MS });
  const fraction = double({ min: -1e13, max: 1e13, noNaN: true });
  assert(
    property(array(oneof(anywhere, near, fraction), { minLength: 1 }), (moments) => {
      for (const timeMs of moments) expect(writeDateTime(timeMs)).toBe(new Date(timeMs).toISOString());
    }),
  );
});

test('the first and the last moment of a day are of that day', () => {
  for (const timeMs of [0, DAY_MS - 1, DAY_MS, -1, -DAY_MS, DAY_MS - 0.5]) {
    expect(writeDateTime(timeMs)).toBe(new Date(timeMs).toISOString());
  }
});

test('what is no moment is refused', () => {
  expect(writeDateTime(FARTHEST_MS)).toBe('+275760-09-13T00:00:00.000Z');
  for (const timeMs of [Number.NaN, Infinity, FARTHEST_MS + 1]) expect(() => writeDateTime(timeMs)).toThrow(RangeError);
});

test.each([
  ['2026-02-28T23:59:59Z', Date.UTC(2026, 1, 28, 23, 59, 59)],
  ['2026-02-29T00:00:00Z', null],
  ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ['1900-02-29T00:00:00Z', null],
  ['2026-02-31T00:00:00Z', null],
  ['2026-04-31T00:00:00+02:00', null],
  ['2026-12-31T23:00:00-02:00', Date.UTC(2027, 0, 1, 1)],
  ['2026-13-01T00:00:00Z', null],
  ['2026-01-32T00:00:00Z', null],
])('%s is a moment only if its day exists', (text, timeMs) => {
  expect(parseDateTime(text)).toBe(timeMs);
});
