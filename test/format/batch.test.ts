import { decodeMulti, encode } from '@msgpack/msgpack';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { scanBatch, sliceBatch } from '../../src/format/batch.ts';
import { decodeBatch, eventsOf } from '../../src/format/run-events.ts';
import { InvalidInput } from '../../src/model/errors.ts';
import {
  BATCH_BYTES_MAX,
  EVENT_BYTES_MAX,
  EVENT_CODE_BYTES_MAX,
  EVENT_DEPTH_MAX,
  RECORDING_MS_MAX,
  TERMINAL_CELLS_MAX,
} from '../../src/model/limits.ts';
import { arbitraryEvents } from './arbitrary-events.ts';

const wire = (...events: readonly unknown[]): Uint8Array =>
  Buffer.concat(events.map((event) => encode(event, { maxDepth: 2000 })));
const data = Uint8Array.of(1);

/** What scanBatch says of it. */
const refusal = (msgpack: Uint8Array): { field: string; message: string } => {
  try {
    scanBatch(msgpack);
  } catch (error) {
    if (error instanceof InvalidInput) return { field: error.field, message: error.message };
    throw error;
  }
  throw new Error('it was taken');
};

test('events that are encoded and decoded are the same events', () => {
  fc.assert(
    fc.property(arbitraryEvents(), (events) => {
      expect(decodeBatch(encodeBatch(events))).toEqual(events);
    }),
  );
});

test('a batch is what any msgpack decoder reads as arrays of delta, code and payload', () => {
  fc.assert(
    fc.property(arbitraryEvents(), (events) => {
      let before = 0;
      const expected = events.map((event) => {
        const deltaMs = event.timeMs - before;
        before = event.timeMs;
        return [deltaMs, event.code, ...event.payload];
      });
      expect([...decodeMulti(encodeBatch(events))]).toEqual(expected);
    }),
  );
});

test('a scan finds the count, the times and the offset of each event', () => {
  fc.assert(
    fc.property(arbitraryEvents(), (events) => {
      const msgpack = encodeBatch(events);
      const scanned = scanBatch(msgpack);
      expect([...scanned.times]).toEqual(events.map((event) => event.timeMs));
      expect(scanned).toMatchObject({
        eventCount: events.length,
        firstMs: events[0]?.timeMs,
        lastMs: events.at(-1)?.timeMs,
      });
      const ends = [...scanned.offsets.subarray(1), msgpack.length];
      const items = [...scanned.offsets].map((start, at) => msgpack.subarray(start, ends[at]));
      expect(items.map((item) => [...decodeMulti(item)].length)).toEqual(events.map(() => 1));
    }),
  );
});

test('a slice of a batch is a batch with the same events and times', () => {
  const slices = arbitraryEvents().chain((events) =>
    fc.tuple(fc.constant(events), fc.nat(events.length - 1), fc.nat(events.length - 1)),
  );
  fc.assert(
    fc.property(slices, ([events, one, other]) => {
      const [from, to] = [Math.min(one, other), Math.max(one, other) + 1];
      const msgpack = encodeBatch(events);
      const slice = sliceBatch(msgpack, scanBatch(msgpack), from, to);
      expect(decodeBatch(slice)).toEqual(events.slice(from, to));
      expect(scanBatch(slice).firstMs).toBe(events[from]?.timeMs);
    }),
  );
});

test('a slice keeps every byte behind its first delta, in whatever form it was written', () => {
  const longForms = Buffer.from('dc0003cf0000000000000005d9016fc600000001019301a16fc40102', 'hex');
  const scanned = scanBatch(Buffer.concat([wire([7, 'm', 'x']), longForms]));
  const slice = sliceBatch(Buffer.concat([wire([7, 'm', 'x']), longForms]), scanned, 1);
  expect(Buffer.from(slice).toString('hex')).toBe('dc00030cd9016fc600000001019301a16fc40102');
});

test.for([
  ['no event', new Uint8Array(), 'events'],
  ['no array', wire(5), 'events[0]'],
  ['no code', wire([5]), 'events[0]'],
  ['a time that is no integer', wire([1.5, 'o', data]), 'events[0].deltaMs'],
  ['a negative time', wire([1, 'o', data], [-1, 'o', data]), 'events[1].deltaMs'],
  ['a time beyond the longest recording', wire([RECORDING_MS_MAX, 'o', data], [1, 'o', data]), 'events[1].deltaMs'],
  ['a time beyond 2^53', Buffer.from('93cfffffffffffffffffa16fc400', 'hex'), 'events[0].deltaMs'],
  ['a code that is no text', wire([1, 5, data]), 'events[0].code'],
  ['an empty code', wire([1, '', data]), 'events[0].code'],
  ['a code that is too long', wire([1, 'x'.repeat(EVENT_CODE_BYTES_MAX + 1), data]), 'events[0].code'],
  ['a code that is kept for files', wire([1, '@', 5]), 'events[0].code'],
  ['a header', wire([0, 'header', {}]), 'events[0].code'],
  ['a seal', wire([0, 'seal', {}]), 'events[0].code'],
  ['output that is text', wire([1, 'o', 'text']), 'events[0].payload'],
  ['output without data', wire([1, 'o']), 'events[0].payload'],
  ['output with too many elements', wire([1, 'o', data, 5, 5]), 'events[0].payload'],
  ['a resize with one side', wire([1, 'r', 80]), 'events[0].payload'],
  ['a resize to nothing', wire([1, 'r', 80, 0]), 'events[0].payload'],
  ['a resize beyond the limit', wire([1, 'r', TERMINAL_CELLS_MAX + 1, 24]), 'events[0].payload'],
  ['a marker that is a number', wire([1, 'm', 5]), 'events[0].payload'],
  ['an exit that is a text', wire([1, 'x', '0', null]), 'events[0].payload'],
  ['a gap that is no map', wire([1, 'gap', 5]), 'events[0].payload'],
  ['an extension type', wire([1, 'z', new Date(0)]), 'events[0].payload'],
  ['the byte that msgpack never uses', Buffer.from('9301a17ac1', 'hex'), 'events[0].payload'],
  ['a text that is not UTF-8', Buffer.from('9301a17aa2c328', 'hex'), 'events[0].payload'],
  ['a map whose key is a number', Buffer.from('9301a17a810102', 'hex'), 'events[0].payload'],
  ['a map with the key __proto__', wire([1, 'z', JSON.parse('{"__proto__":1}')]), 'events[0].payload'],
  ['a length beyond the bytes', Buffer.from('9301a16fc6ffffffff00', 'hex'), 'events[0].payload'],
  ['a list longer than the bytes', Buffer.from('9301a17addffffffff00', 'hex'), 'events[0].payload'],
  ['an event that is cut off', wire([1, 'm', 'a'], [1, 'm', 'label']).subarray(0, -1), 'events[1].payload'],
] as const)('a batch is refused that holds %s', ([, msgpack, field]) => {
  expect(refusal(msgpack)).toMatchObject({ field });
});

test('a refusal speaks the limit', () => {
  expect(refusal(wire([1, 'r', 0, 24])).message).toContain(String(TERMINAL_CELLS_MAX));
  expect(refusal(new Uint8Array(BATCH_BYTES_MAX + 1)).message).toContain(String(BATCH_BYTES_MAX));
  expect(refusal(wire([1, 'x'.repeat(33)])).message).toContain(String(EVENT_CODE_BYTES_MAX));
});

test('an event is taken up to its limit in bytes, and not beyond', () => {
  const most = new Uint8Array(EVENT_BYTES_MAX);
  expect(scanBatch(wire([RECORDING_MS_MAX, 'o', most])).eventCount).toBe(1);
  expect(scanBatch(wire([RECORDING_MS_MAX, 'o', most, 2 ** 53 - 1])).eventCount).toBe(1);
  expect(refusal(wire([1, 'o', new Uint8Array(EVENT_BYTES_MAX + 1)])).message).toContain(String(EVENT_BYTES_MAX));
  expect(refusal(wire([1, 'z', most, most])).field).toBe('events[0]');
});

test('nesting is taken up to its limit, and a bomb is refused at once', () => {
  const nested = (levels: number): Uint8Array =>
    Buffer.concat([Buffer.from('9301a17a', 'hex'), Buffer.alloc(levels, 0x91), Buffer.from('c0', 'hex')]);
  expect([...eventsOf(nested(EVENT_DEPTH_MAX - 1))]).toHaveLength(1);
  expect(refusal(nested(EVENT_DEPTH_MAX)).message).toContain(String(EVENT_DEPTH_MAX));
  expect(refusal(nested(5_000_000)).message).toContain(String(EVENT_DEPTH_MAX));
});

test('bytes from anywhere are refused with InvalidInput or taken, and what is taken can be decoded', () => {
  const flipped = arbitraryEvents().chain((events) => {
    const bytes = encodeBatch(events);
    return fc
      .array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => changes.reduce((changed, [at, byte]) => changed.with(at, byte), bytes));
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), flipped), (bytes) => {
      try {
        expect(scanBatch(bytes).eventCount).toBe(decodeBatch(bytes).length);
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
});

test('data beyond the limit is cut outside a character, with its real length beside it', () => {
  const euros = new TextEncoder().encode('€'.repeat(500_000));
  const [event] = decodeBatch(encodeBatch([{ timeMs: 1, code: 'o', payload: [euros] }]));
  const kept = EVENT_BYTES_MAX - (EVENT_BYTES_MAX % 3);
  expect(event?.payload).toEqual([euros.subarray(0, kept), euros.length]);
});

test.for(['m', 'sql', 'body'])('a payload of %s beyond the limit is cut at its longest text or bytes', (code) => {
  const text = 'ż'.repeat(800_000);
  const payload = code === 'm' ? [text] : ['query-1', code === 'body' ? new TextEncoder().encode(text) : text, {}];
  const batch = encodeBatch([{ timeMs: 1, code, payload }]);
  expect(scanBatch(batch).eventCount).toBe(1);
  const [event] = decodeBatch(batch);
  expect(event?.payload).toHaveLength(payload.length + 1);
  expect(event?.payload.at(-1)).toBe(1_600_000);
});

test('an event that was cut before is not cut again', () => {
  const once = decodeBatch(encodeBatch([{ timeMs: 1, code: 'o', payload: [new Uint8Array(EVENT_BYTES_MAX + 5)] }]));
  expect(decodeBatch(encodeBatch(once))).toEqual(once);
});

test.for([
  [
    'time that goes back',
    [
      { timeMs: 5, code: 'm', payload: ['a'] },
      { timeMs: 4, code: 'm', payload: ['b'] },
    ],
    'events[1].timeMs',
  ],
  ['time that is not whole', [{ timeMs: 0.5, code: 'm', payload: ['a'] }], 'events[0].timeMs'],
  ['code that is reserved', [{ timeMs: 1, code: 'seal', payload: [] }], 'events[0].code'],
  ['payload with a bigint', [{ timeMs: 1, code: 'z', payload: [1n] }], 'events[0].payload'],
  ['payload with a Date', [{ timeMs: 1, code: 'z', payload: [new Date(0)] }], 'events[0].payload'],
  ['payload that cannot be cut', [{ timeMs: 1, code: 'z', payload: [Array(2 ** 21).fill(0)] }], 'events[0]'],
  ['batch without events', [], 'events'],
] as const)('a %s is refused when encoding', ([, events, field]) => {
  expect(() => encodeBatch(events)).toThrow(expect.objectContaining({ field }));
});

test('lone surrogates in payloads are stored as U+FFFD, so that every text stored is UTF-8', () => {
  const batch = encodeBatch([{ timeMs: 0, code: 'sql', payload: ['a\ud800b', { ['k\udc00']: '\ud800' }] }]);
  expect(scanBatch(batch).eventCount).toBe(1);
  expect(decodeBatch(batch)[0]?.payload).toEqual(['a\ufffdb', { 'k\ufffd': '\ufffd' }]);
});
