import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { writeNdjson } from '../../src/format/ndjson.ts';
import { decodeBatch } from '../../src/format/run-events.ts';
import { eventOfTuple, tupleOf } from '../../src/format/tuples.ts';
import { RECORDING_MS_MAX } from '../../src/model/limits.ts';
import { arbitraryEvents, structuredCodes } from './arbitrary-events.ts';
import { gathered, runsOf } from './asciicast/asciicast-runs.ts';

const encoder = new TextEncoder();

test('events of every known code come back from their tuples through JSON as the same events', () => {
  const known = arbitraryEvents().map((events) =>
    events.filter(({ code }) => ['o', 'i', 'r', 'm', 'x', ...structuredCodes].includes(code)),
  );
  fc.assert(
    fc.property(known, (events) => {
      const json = JSON.parse(JSON.stringify(events.map(tupleOf))) as unknown[];
      expect(json.map((tuple, at) => eventOfTuple(tuple, `events[${at}]`))).toEqual(events);
    }),
  );
});

test('the tuple of any event is what JSON can hold', () => {
  fc.assert(
    fc.property(arbitraryEvents(), (events) => {
      for (const tuple of decodeBatch(encodeBatch(events)).map(tupleOf)) {
        expect(JSON.parse(JSON.stringify(tuple))).toEqual(tuple);
      }
    }),
  );
});

test('bytes are their text, or base64 where they are none', () => {
  const payload = [encoder.encode('ż'), { nested: [Uint8Array.of(0xc5)] }, new Uint8Array()];
  expect(tupleOf({ timeMs: 1500, code: 'z', payload })).toEqual([1.5, 'z', 'ż', { nested: [{ base64: 'xQ==' }] }, '']);
  const large = new Uint8Array(100_000).fill(0xff);
  expect(eventOfTuple(tupleOf({ timeMs: 0, code: 'o', payload: [large] }), 'e').payload).toEqual([large]);
});

test('what JSON has not is written as near as it can be', () => {
  const payload = [5n, 2n ** 60n, new Date(0), new Date(NaN), undefined];
  expect(tupleOf({ timeMs: 0, code: 'z', payload })).toEqual([
    0,
    'z',
    5,
    '1152921504606846976',
    '1970-01-01T00:00:00.000Z',
    null,
    null,
  ]);
});

test('the data of output, input and bodies is bytes, and texts elsewhere stay texts', () => {
  expect(eventOfTuple([0.0015, 'o', 'ż'], 'e')).toEqual({ timeMs: 2, code: 'o', payload: [encoder.encode('ż')] });
  expect(eventOfTuple([0, 'body', 'r1', 'req', 0, true, 'x'], 'e').payload).toEqual([
    'r1',
    'req',
    0,
    true,
    encoder.encode('x'),
  ]);
  expect(eventOfTuple([0, 'z', 'ż', { base64: 'xQ==' }, { base64: 'xQ==', more: 1 }], 'e').payload).toEqual([
    'ż',
    Uint8Array.of(0xc5),
    { base64: 'xQ==', more: 1 },
  ]);
  expect(eventOfTuple([0, 'constructor', 'x'], 'e').payload).toEqual(['x']);
});

test.for([
  ['no list', { time: 1 }, 'e'],
  ['a list that is too short', [1], 'e'],
  ['a time that is a text', ['1', 'o', 'x'], 'e[0]'],
  ['a negative time', [-1, 'o', 'x'], 'e[0]'],
  ['a time beyond the limit', [RECORDING_MS_MAX, 'o', 'x'], 'e[0]'],
  ['a code that is a number', [1, 5, 'x'], 'e[1]'],
  ['output that is a number', [1, 'o', 5], 'e[2]'],
  ['output in base64 that is none', [1, 'o', { base64: '*' }], 'e[2].base64'],
] as const)('%s is refused by its name', ([, tuple, field]) => {
  expect(() => eventOfTuple(tuple, 'e')).toThrow(expect.objectContaining({ field }));
});

test('NDJSON is a tuple a line, and nothing else', async () => {
  const runs = runsOf(
    [
      { timeMs: 5, code: 'o', payload: [encoder.encode('a\n')] },
      { timeMs: 10, code: 'x', payload: [0, null] },
    ],
    1,
  );
  expect((await gathered(writeNdjson(runs))).join('')).toBe('[0.005,"o","a\\n"]\n[0.01,"x",0,null]\n');
  expect(await gathered(writeNdjson([]))).toEqual([]);
});
