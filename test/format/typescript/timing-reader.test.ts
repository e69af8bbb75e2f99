import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { outputNamesOf, timingNamesOf } from '../../../src/format/typescript/companion-names.ts';
import { readDone, readStarted } from '../../../src/format/typescript/script-lines.ts';
import { readTimingEntry, type TimingEntry } from '../../../src/format/typescript/timing-entry.ts';
import { readTiming } from '../../../src/format/typescript/timing-reader.ts';

const read = async (text: string, pieceBytes = 7): Promise<readonly TimingEntry[]> => {
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, at) =>
    bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes),
  );
  const entries: TimingEntry[] = [];
  for await (const group of readTiming(asynchronous(pieces))) entries.push(...group);
  return entries;
};

async function* asynchronous(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

test('lines with and without kinds are read, in decimals of every locale and with exponents', () => {
  expect(readTimingEntry('0.113163 146')).toEqual({ kind: 'data', isInput: false, delayUs: 113_163, size: 146 });
  expect(readTimingEntry('2,5 1')).toMatchObject({ delayUs: 2_500_000, size: 1 });
  expect(readTimingEntry('9.6e-05 1024')).toMatchObject({ delayUs: 96, size: 1024 });
  expect(readTimingEntry('I 0.5 3')).toMatchObject({ isInput: true, size: 3 });
  expect(readTimingEntry('S 0.1 SIGWINCH ROWS=40 COLS=100')).toMatchObject({
    signal: 'SIGWINCH',
    columns: 100,
    rows: 40,
  });
  expect(readTimingEntry('S 0.1 SIGTERM')).toMatchObject({ signal: 'SIGTERM', columns: null, rows: null });
  expect(readTimingEntry('S 0.1 SIGWINCH ROWS=0 COLS=99999')).toMatchObject({ columns: null, rows: null });
  expect(readTimingEntry('H 0.000000 COMMAND echo "a b"')).toMatchObject({ name: 'COMMAND', value: 'echo "a b"' });
  for (const line of ['', '1 2 3', '-1.0 5', '1.0 -5', 'NaN 1', 'X 0.1 3', '1.0 1e9', `0.1 ${'9'.repeat(40)}`]) {
    expect(readTimingEntry(line)).toBeNull();
  }
});

test('what a writer of timing writes is read back, whatever pieces the file comes in', async () => {
  const entry = fc.record({ delayUs: fc.nat(10 ** 12), size: fc.nat(2 ** 40), kind: fc.constantFrom('', 'O ', 'I ') });
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { maxLength: 30 }),
      fc.integer({ min: 1, max: 90 }),
      async (entries, pieceBytes) => {
        const text = entries
          .map(({ delayUs, size, kind }) => `${kind}${(delayUs / 1e6).toFixed(6)} ${size}\n`)
          .join('');
        const data = await read(text, pieceBytes);
        expect(data.map((each) => [Math.round(each.delayUs), each.kind === 'data' && each.size])).toEqual(
          entries.map(({ delayUs, size }) => [delayUs, size]),
        );
      },
    ),
  );
});

test('a command of many lines is one header', async () => {
  const entries = await read('H 0.0 COMMAND for i in 1 2\ndo echo $i\ndone\nH 0.0 TERM xterm\nO 0.5 3\n');
  expect(entries).toMatchObject([
    { name: 'COMMAND', value: 'for i in 1 2\ndo echo $i\ndone' },
    { name: 'TERM', value: 'xterm' },
    { kind: 'data', size: 3 },
  ]);
});

test('a torn last line is passed over, any other that is none is refused with its number', async () => {
  expect(await read('0.5 3\n0.')).toHaveLength(1);
  await expect(read('0.5 3\nnonsense\n0.5 1\n')).rejects.toMatchObject({ line: 2, reason: 'not a line of timing' });
});

test('the lines that script puts around the output are known', () => {
  const head =
    'Script started on 2022-01-05 10:04:05+01:00 [TERM="xterm" TTY="/dev/pts/1" COLUMNS="80" LINES="24"]\nhi\r\n';
  expect(readStarted(Buffer.from(head))).toEqual({
    started: {
      at: '2022-01-05 10:04:05+01:00',
      fields: { TERM: 'xterm', TTY: '/dev/pts/1', COLUMNS: '80', LINES: '24' },
    },
    size: head.indexOf('\n') + 1,
  });
  expect(readStarted(Buffer.from('Script started on Thu 02 Feb 2012 10:11:12 AM CET\n'))?.started.fields).toEqual({});
  expect(readStarted(Buffer.from('Script started on nothing that ends'))).toBeNull();
  const tail = Buffer.from('last\r\n\nScript done on 2022-01-05 10:04:09+01:00 [COMMAND_EXIT_CODE="3"]\n');
  expect(readDone(tail)).toEqual({ start: 6, fields: { COMMAND_EXIT_CODE: '3' } });
  expect(readDone(Buffer.from('no end'))).toBeNull();
});

test('a timing file finds its output as the output finds it', () => {
  for (const [output, timing] of [
    ['stdout', 'stdout.time'],
    ['a.log', 'a.timing'],
    ['a.log.gz', 'a.log.tm.gz'],
    ['typescript', 'timing'],
    ['x__typescript', 'x__timing'],
  ] as const) {
    expect(timingNamesOf(output)).toContain(timing);
    expect(outputNamesOf(timing)).toContain(output);
  }
  expect(outputNamesOf('stdout')).toEqual([]);
});
