import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { scanBatch } from '../../src/format/batch.ts';
import { carryAfter, gapRun, joinRun, sliceRun } from '../../src/format/run-bytes.ts';
import { decodeRun, typedEvents } from '../../src/format/run-events.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import type { Run } from '../../src/model/run.ts';
import { arbitraryEvents, cutAnywhere, outputEvents } from './arbitrary-events.ts';

const nothing = new Uint8Array(0);
const encoder = new TextEncoder();

const partOf = (events: readonly RecordedEvent[]): { firstMs: number; lastMs: number; msgpack: Uint8Array } => {
  const msgpack = encodeBatch(events);
  const { firstMs, lastMs } = scanBatch(msgpack);
  return { firstMs, lastMs, msgpack };
};

/** @param groups the events of each batch; none is empty */
const runOf = (firstEvent: number, groups: readonly (readonly RecordedEvent[])[], carry = nothing): Run => {
  const parts = groups.map(partOf);
  return {
    firstEvent,
    eventCount: groups.flat().length,
    firstMs: parts[0]?.firstMs ?? 0,
    lastMs: parts.at(-1)?.lastMs ?? 0,
    msgpack: joinRun(firstEvent, parts),
    carry,
  };
};

const grouped = arbitraryEvents(2).chain((events) =>
  fc.subarray(events.map((_, at) => at).slice(1)).map((edges) => {
    const ends = [...edges, events.length];
    return ends.map((end, at) => events.slice(at === 0 ? 0 : ends[at - 1], end));
  }),
);

const textOf = (run: Run): string => [...typedEvents(run)].map((typed) => typed.text ?? '').join('');

test('batches that are joined hold their events in order, with their times', () => {
  fc.assert(
    fc.property(grouped, (groups) => {
      expect(decodeRun(runOf(3, groups).msgpack)).toEqual(groups.flat());
    }),
  );
});

test('runs written one after the other are one stream with the same events', () => {
  fc.assert(
    fc.property(grouped, (groups) => {
      let firstEvent = 0;
      const runs = groups.map((group) => {
        const run = runOf(firstEvent, [group]);
        firstEvent += group.length;
        return run.msgpack;
      });
      expect(decodeRun(Uint8Array.from(Buffer.concat(runs)))).toEqual(groups.flat());
    }),
  );
});

test('a run begins with its start and the ordinal of its first event', () => {
  const run = runOf(70_000, [[{ timeMs: 300, code: 'm', payload: ['a'] }]]);
  expect(Buffer.from(run.msgpack).toString('hex')).toBe('93cd012ca140ce000111709300a16da161');
});

test('a run sliced at any ordinal holds the events from there, with their times', () => {
  fc.assert(
    fc.property(grouped, fc.nat(40), (groups, skipped) => {
      const events = groups.flat();
      const slice = sliceRun(runOf(10, groups), 10 + skipped);
      const rest = events.slice(skipped);
      expect(decodeRun(slice.msgpack)).toEqual(rest);
      expect(slice).toMatchObject({
        firstEvent: 10 + Math.min(skipped, events.length),
        eventCount: rest.length,
        firstMs: (rest[0] ?? events.at(-1))?.timeMs,
        lastMs: events.at(-1)?.timeMs,
      });
    }),
  );
});

test('a slice of a slice is the slice', () => {
  fc.assert(
    fc.property(grouped, fc.nat(15), fc.nat(15), (groups, one, other) => {
      const run = runOf(0, groups);
      expect(sliceRun(sliceRun(run, one), one + other)).toEqual(sliceRun(run, one + other));
    }),
  );
});

test('text read through runs sliced anywhere is the text that was cut into events', () => {
  const cases = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 60 })
    .chain((text) => fc.tuple(fc.constant(text), cutAnywhere(encoder.encode(text)), fc.nat(13)));
  fc.assert(
    fc.property(cases, ([text, pieces, place]) => {
      const at = Math.min(place, pieces.length);
      const run = runOf(0, [outputEvents(pieces)]);
      const before = runOf(0, [outputEvents(pieces).slice(0, Math.max(at, 1))]);
      const after = sliceRun(run, Math.max(at, 1));
      expect(textOf(before) + textOf(after)).toBe(text.toWellFormed());
      expect([...carryAfter(before)]).toEqual([...after.carry]);
    }),
    { numRuns: 500 },
  );
});

test('a run that begins inside a character shows it whole, with the later event', () => {
  const [first, second, third] = encoder.encode('€');
  const carry = Uint8Array.of(first ?? 0, second ?? 0);
  const run = runOf(5, [outputEvents([Uint8Array.of(third ?? 0, 0x21)])], carry);
  expect(textOf(run)).toBe('€!');
});

test('input and output have carries of their own', () => {
  const [first, ...rest] = encoder.encode('ż');
  const run = runOf(0, [
    [
      { timeMs: 0, code: 'o', payload: [Uint8Array.of(first ?? 0)] },
      { timeMs: 0, code: 'i', payload: [encoder.encode('q')] },
      { timeMs: 1, code: 'm', payload: ['between'] },
      { timeMs: 1, code: 'o', payload: [Uint8Array.from(rest)] },
    ],
  ]);
  expect([...typedEvents(run)].map((typed) => typed.text)).toEqual(['', 'q', null, 'ż']);
});

test('a gap covers its ordinals with one event, and still does when it is sliced', () => {
  const gap = { lostEvents: 12, lostBytes: null, cause: 'checksum' };
  const run = gapRun({ firstEvent: 5, eventCount: 12, firstMs: 90, lastMs: 400 }, gap);
  const event = { timeMs: 90, code: 'gap', payload: [gap] };
  expect(decodeRun(run.msgpack)).toEqual([event]);
  for (const from of [6, 9, 16]) {
    const slice = sliceRun(run, from);
    expect(decodeRun(slice.msgpack)).toEqual([event]);
    expect(slice).toMatchObject({ firstEvent: from, eventCount: 17 - from, lastMs: 400 });
  }
  expect(sliceRun(run, 17)).toMatchObject({ firstEvent: 17, eventCount: 0 });
});
