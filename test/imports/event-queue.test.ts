import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue } from '../../src/imports/event-queue.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';

const group = (timeMs: number, id: number, bytes = 1) => ({
  timeMs,
  events: [{ timeMs, code: 'm', payload: [String(id)] }],
  bytes,
});

const idsOf = (events: readonly RecordedEvent[]): readonly number[] => events.map(({ payload: [id] }) => Number(id));

test('groups leave in the order of time, and those of one time as they came', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 50 }), (times) => {
      const queue = new EventQueue();
      const early = times.flatMap((timeMs, id) => queue.push(group(timeMs, id)));
      expect(early).toEqual([]);
      const order = times.map((timeMs, id) => ({ timeMs, id })).toSorted((one, other) => one.timeMs - other.timeMs);
      expect(idsOf([...queue.end()].flat())).toEqual(order.map(({ id }) => id));
    }),
  );
});

test('no more waits than may, in number and in bytes: the earliest leaves', () => {
  const many = new EventQueue();
  const left = Array.from({ length: 5000 }, (_, id) => many.push(group(5000 - id, id))).flat();
  expect(left).toHaveLength(5000 - 4096);
  const large = new EventQueue();
  expect(large.push(group(5, 0, 20_000_000))).toEqual([]);
  expect(idsOf(large.push(group(4, 1, 20_000_000)))).toEqual([1]);
  expect(idsOf([...large.end()].flat())).toEqual([0]);
});
