import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { chunkEnd } from '../../src/format/chunk-end.ts';
import { CHUNK_BYTES_FORCED, EVENT_BYTES_MAX } from '../../src/model/limits.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import { outputEvents } from './arbitrary-events.ts';

const batches = (...groups: readonly (readonly RecordedEvent[])[]): { msgpack: Uint8Array }[] =>
  groups.map((events) => ({ msgpack: encodeBatch(events) }));
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const text = new TextEncoder().encode('text');
const marker: RecordedEvent = { timeMs: 0, code: 'm', payload: ['x'] };
/** Of an event of `text`: head, delta, code, length, data. */
const TEXT_EVENT_SIZE = 10;

test('a chunk ends at the first event boundary at or beyond the target', () => {
  const pending = batches(outputEvents([text, text]), outputEvents([text, text]));
  expect(chunkEnd(pending, 1)).toBe(1);
  expect(chunkEnd(pending, TEXT_EVENT_SIZE)).toBe(1);
  expect(chunkEnd(pending, TEXT_EVENT_SIZE + 1)).toBe(2);
  expect(chunkEnd(pending, 2 * TEXT_EVENT_SIZE + 1)).toBe(3);
  expect(chunkEnd(pending, 4 * TEXT_EVENT_SIZE)).toBe(4);
  expect(chunkEnd(pending, 4 * TEXT_EVENT_SIZE + 1)).toBe(null);
});

test('a chunk never ends inside a character of output', () => {
  const pending = batches(outputEvents([bytes(0xe2)]), [marker], outputEvents([bytes(0x82), bytes(0xac), text]));
  expect(chunkEnd(pending, 1)).toBe(4);
});

test('where the output that follows does not go on with the character, the boundary before it is good', () => {
  expect(chunkEnd(batches(outputEvents([bytes(0xe2)]), [marker], outputEvents([text])), 1)).toBe(1);
});

test('a boundary is not good while nobody knows whether the character goes on', () => {
  expect(chunkEnd(batches(outputEvents([bytes(0xe2), bytes()]), [marker]), 1)).toBe(null);
  expect(chunkEnd([], 1)).toBe(null);
});

test('input does not count as output', () => {
  expect(chunkEnd(batches([{ timeMs: 0, code: 'i', payload: [bytes(0xe2)] }]), 1)).toBe(1);
});

test('from CHUNK_BYTES_FORCED on any boundary is good', () => {
  // Each goes on with the character of the one before, and begins another.
  const large = new Uint8Array(EVENT_BYTES_MAX).fill(0x61);
  large[0] = 0x82;
  large[large.length - 1] = 0xe2;
  const events = outputEvents([large, large, large, large, large]);
  const end = chunkEnd(batches(...events.map((event) => [event])), 1);
  expect(end).toBe(Math.ceil(CHUNK_BYTES_FORCED / (EVENT_BYTES_MAX + 9)));
});

test('at the end the rest is taken, but a full chunk first', () => {
  const open = batches(outputEvents([text, bytes(0xe2)]));
  expect(chunkEnd(open, 1000, { atEnd: true })).toBe(2);
  expect(chunkEnd(batches(outputEvents([text, text, text])), 1, { atEnd: true })).toBe(1);
  expect(chunkEnd([], 1, { atEnd: true })).toBe(null);
});

test('by its age a chunk below the target ends at the last good boundary', () => {
  expect(chunkEnd(batches(outputEvents([text, text])), 1000, { aged: true })).toBe(2);
  expect(chunkEnd(batches(outputEvents([text, bytes(0xe2)]), [marker]), 1000, { aged: true })).toBe(1);
  expect(chunkEnd(batches(outputEvents([text, bytes(0xe2), text, bytes(0xe2)])), 1000, { aged: true })).toBe(3);
  expect(chunkEnd(batches(outputEvents([bytes(0xe2)])), 1000, { aged: true })).toBe(null);
});

test('text cut into chunks decodes chunk by chunk, whatever the cuts of the producer', () => {
  const cases = fc
    .string({ unit: 'binary', minLength: 20, maxLength: 80 })
    .map((whole) => new TextEncoder().encode(whole.toWellFormed()));
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 60 }), (whole, pieceSize, target) => {
      let events: Uint8Array[] = [];
      for (let at = 0; at < whole.length; at += pieceSize) events.push(whole.subarray(at, at + pieceSize));
      while (events.length > 0) {
        const end = chunkEnd(batches(outputEvents(events)), target, { atEnd: true }) ?? 0;
        const chunk = Buffer.concat(events.slice(0, end));
        expect(chunk.toString('utf8').includes('\ufffd')).toBe(chunk.includes('\ufffd'));
        events = events.slice(end);
      }
    }),
  );
});
