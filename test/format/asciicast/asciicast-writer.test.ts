import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeAsciicastV2, writeAsciicastV3 } from '../../../src/format/asciicast/asciicast-writer.ts';
import { sliceRun } from '../../../src/format/run-bytes.ts';
import type { RecordedEvent } from '../../../src/model/recorded-event.ts';
import { cutAnywhere } from '../arbitrary-events.ts';
import { plainFields, readCast, runsOf, written } from './asciicast-runs.ts';

const encoder = new TextEncoder();
const linesOf = async (pieces: AsyncIterable<string>): Promise<unknown[]> =>
  (await written(pieces))
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));

const fields = {
  columns: 100,
  rows: 40,
  startedAtMs: 1_700_000_000_999,
  durationMs: 4250,
  title: 'a "title"\u0007',
  command: 'bash',
  termType: 'xterm',
};

test('headers say what is known, and nothing of the rest', async () => {
  const known = { command: 'bash', title: 'a "title"\u0007', timestamp: 1_700_000_000 };
  expect(await linesOf(writeAsciicastV2(fields, []))).toEqual([
    { version: 2, width: 100, height: 40, duration: 4.25, env: { TERM: 'xterm' }, ...known },
  ]);
  expect(await linesOf(writeAsciicastV3(fields, []))).toEqual([
    { version: 3, term: { cols: 100, rows: 40, type: 'xterm' }, ...known },
  ]);
  expect(await linesOf(writeAsciicastV2({ ...plainFields, columns: null, rows: null }, []))).toEqual([
    { version: 2, width: 80, height: 24 },
  ]);
});

const everyKind: readonly RecordedEvent[] = [
  { timeMs: 100, code: 'o', payload: [encoder.encode('a\u001b[0m\r\n')] },
  { timeMs: 101, code: 'i', payload: [encoder.encode('b')] },
  { timeMs: 1101, code: 'r', payload: [120, 30] },
  { timeMs: 1102, code: 'm', payload: ['mark'] },
  { timeMs: 1103, code: 'gap', payload: [{ lostEvents: 12, lostBytes: null, cause: 'checksum' }] },
  { timeMs: 1104, code: 'zz', payload: [5, 'text'] },
  { timeMs: 1105, code: 'zzz', payload: [{ a: 1 }] },
  { timeMs: 1106, code: 'o', payload: [encoder.encode('cut'), 5000] },
  { timeMs: 1107, code: 'x', payload: [137, null] },
  { timeMs: 1107, code: 'x', payload: [null, 'KILL'] },
];

test('every kind of event is a line, and what asciicast has no code for is a marker', async () => {
  const [, ...lines] = await linesOf(writeAsciicastV2(plainFields, runsOf(everyKind, 3)));
  expect(lines).toEqual([
    [0.1, 'o', 'a\u001b[0m\r\n'],
    [0.101, 'i', 'b'],
    [1.101, 'r', '120x30'],
    [1.102, 'm', 'mark'],
    [1.103, 'm', '[gap: 12 events lost: checksum]'],
    [1.104, 'zz', 'text'],
    [1.105, 'zzz', '{"a":1}'],
    [1.106, 'o', 'cut'],
    [1.106, 'm', '[cut: 3 of 5000 bytes recorded]'],
    [1.107, 'x', '137'],
    [1.107, 'x', 'KILL'],
  ]);
});

test('version 3 writes intervals', async () => {
  const [, ...lines] = await linesOf(writeAsciicastV3(plainFields, runsOf(everyKind.slice(0, 4), 3)));
  expect(lines).toEqual([
    [0.1, 'o', 'a\u001b[0m\r\n'],
    [0.001, 'i', 'b'],
    [1, 'r', '120x30'],
    [0.001, 'm', 'mark'],
  ]);
});

test('what was written is read as the same text at the same milliseconds, however it was cut', async () => {
  const texts = fc
    .string({ unit: 'binary', maxLength: 80 })
    .chain((text) => fc.tuple(fc.constant(text.toWellFormed()), cutAnywhere(encoder.encode(text))));
  const times = fc.array(fc.nat(100_000), { minLength: 14, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(texts, times, fc.integer({ min: 1, max: 5 }), async ([text, pieces], deltas, runSize) => {
      let timeMs = 0;
      const events = pieces.map((piece, at): RecordedEvent => {
        timeMs += deltas[at] ?? 0;
        return { timeMs, code: 'o', payload: [piece] };
      });
      for (const write of [writeAsciicastV2, writeAsciicastV3]) {
        const read = await readCast(await written(write(plainFields, runsOf(events, runSize))));
        expect(read.events.map((event) => event.timeMs)).toEqual(events.map((event) => event.timeMs));
        expect(Buffer.concat(read.events.map((event) => event.payload[0] as Uint8Array)).toString()).toBe(text);
      }
    }),
  );
});

test('a recording that ends inside a character shows that something was there', async () => {
  const [run] = runsOf([{ timeMs: 5, code: 'o', payload: [Uint8Array.of(0x61, 0xe2, 0x82)] }]);
  const [, ...lines] = await linesOf(writeAsciicastV2(plainFields, run === undefined ? [] : [run]));
  expect(lines).toEqual([
    [0.005, 'o', 'a'],
    [0.005, 'o', '\ufffd'],
  ]);
});

test('a part that begins inside a character begins with it whole', async () => {
  const bytes = encoder.encode('€');
  const [run] = runsOf([
    { timeMs: 1, code: 'o', payload: [bytes.subarray(0, 1)] },
    { timeMs: 2, code: 'o', payload: [bytes.subarray(1)] },
  ]);
  const [, ...lines] = await linesOf(writeAsciicastV2(plainFields, run === undefined ? [] : [sliceRun(run, 1)]));
  expect(lines).toEqual([[0.002, 'o', '€']]);
});

test('it comes in pieces, and a run is read when the piece before was taken', async () => {
  const data = encoder.encode('x'.repeat(50_000));
  let runsRead = 0;
  const runs = (function* () {
    for (const run of runsOf(
      Array.from({ length: 20 }, () => ({ timeMs: 0, code: 'o', payload: [data] })),
      1,
    )) {
      runsRead += 1;
      yield run;
    }
  })();
  const pieces = writeAsciicastV2(plainFields, runs);
  // The header comes before anything is read: whoever follows may wait long for the first run.
  expect((await pieces.next()).value).toContain('"version":2');
  expect(runsRead).toBe(0);
  expect((await pieces.next()).value).toHaveLength(50_011);
  expect(runsRead).toBe(1);
  await pieces.return();
});
