import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openAsciicast } from '../../../src/format/asciicast/asciicast-reader.ts';
import { NotARecording } from '../../../src/format/asciicast/not-a-recording.ts';
import {
  EVENT_BYTES_MAX,
  IMPORT_LINE_BYTES_MAX,
  IMPORT_V1_BYTES_MAX,
  RECORDING_MS_MAX,
  TERMINAL_CELLS_MAX,
} from '../../../src/model/limits.ts';
import type { RecordedEvent } from '../../../src/model/recorded-event.ts';
import { cutAnywhere } from '../arbitrary-events.ts';
import { gathered, readCast } from './asciicast-runs.ts';

const encoder = new TextEncoder();
const v2 = '{"version": 2, "width": 80, "height": 24}\n';
const v3 = '{"version": 3, "term": {"cols": 80, "rows": 24}}\n';
const output = (timeMs: number, text: string): RecordedEvent => ({
  timeMs,
  code: 'o',
  payload: [encoder.encode(text)],
});

const refusal = async (...pieces: readonly (string | Uint8Array)[]): Promise<NotARecording> => {
  try {
    await readCast(...pieces);
  } catch (error) {
    if (error instanceof NotARecording) return error;
    throw error;
  }
  throw new Error('it was taken');
};

test('version 2 has times from the start', async () => {
  const { events } = await readCast(v2, '[0.5, "o", "a"]\n[1.2345, "i", "b"]\n[2, "r", "100x30"]\n[2, "m", "mark"]\n');
  expect(events).toEqual([
    output(500, 'a'),
    { timeMs: 1235, code: 'i', payload: [encoder.encode('b')] },
    { timeMs: 2000, code: 'r', payload: [100, 30] },
    { timeMs: 2000, code: 'm', payload: ['mark'] },
  ]);
});

test('version 3 has intervals, comments, and an exit status', async () => {
  const { events } = await readCast(v3, '# a comment\n[0.5, "o", "a"]\n[0.25, "o", "b"]\n[1, "x", "137"]\n');
  expect(events).toEqual([output(500, 'a'), output(750, 'b'), { timeMs: 1750, code: 'x', payload: [137, null] }]);
});

test('version 1 is one document, in one line or many', async () => {
  const document = {
    version: 1,
    width: 80,
    height: 24,
    duration: 3.5,
    stdout: [
      [1, 'a'],
      [0.5, 'b'],
    ],
  };
  for (const text of [
    JSON.stringify(document),
    JSON.stringify(document, null, 2),
    `\n${JSON.stringify(document)}\n\n`,
  ]) {
    const { header, events } = await readCast(text);
    expect(header).toMatchObject({ version: 1, columns: 80, rows: 24, durationMs: 3500 });
    expect(events).toEqual([output(1000, 'a'), output(1500, 'b')]);
  }
});

test('intervals are summed before they are rounded', async () => {
  const { events } = await readCast(v3, '[0.0004, "o", "."]\n'.repeat(10_000));
  expect(events.at(-1)?.timeMs).toBe(4000);
});

test('the header says what it knows, and keeps the rest', async () => {
  const { header } = await readCast(
    `${JSON.stringify({
      version: 3,
      term: { cols: 100, rows: 50, type: 'xterm-kitty', theme: { fg: '#fff' } },
      timestamp: 1700000000.25,
      title: 'Title',
      command: 'bash',
      env: { SHELL: '/bin/zsh', odd: 5 },
      tags: ['one', 2],
      idle_time_limit: 2.5,
      unheard: [1],
    })}\n`,
  );
  expect(header).toMatchObject({
    columns: 100,
    rows: 50,
    termType: 'xterm-kitty',
    startedAtMs: 1_700_000_000_250,
    title: 'Title',
    command: 'bash',
    env: { SHELL: '/bin/zsh' },
    tags: ['one'],
    idleTimeLimitSeconds: 2.5,
    theme: { fg: '#fff' },
  });
  expect(header.fields['unheard']).toEqual([1]);
});

test.for([
  ['blank lines', `\n${v2}\n\n[1, "o", "a"]\n   \n`],
  ['CRLF', `${v2}[1, "o", "a"]\n`.replaceAll('\n', '\r\n')],
  ['a byte order mark', `\ufeff${v2}[1, "o", "a"]\n`],
  ['no final newline', `${v2}[1, "o", "a"]`],
  ['only a header, then the event in another piece', v2 + '[1, "o", "a"]\n'],
] as const)('%s are no reason to refuse', async ([, text]) => {
  expect((await readCast(text)).events).toEqual([output(1000, 'a')]);
});

test('a file without events is a recording', async () => {
  expect((await readCast(v2)).events).toEqual([]);
  expect((await readCast(v2.trim())).events).toEqual([]);
});

test('times that go backwards or are negative become the time before, and are counted', async () => {
  const absolute = await readCast(
    v2,
    '[-0.5, "o", "a"]\n[2, "o", "b"]\n[1.5, "o", "c"]\n[1.9999, "o", "d"]\n[3, "o", "e"]\n',
  );
  expect(absolute.events.map((event) => event.timeMs)).toEqual([0, 2000, 2000, 2000, 3000]);
  expect(absolute.counts).toEqual({ events: 5, clampedTimes: 3, unknownCodes: 0 });
  const intervals = await readCast(v3, '[1, "o", "a"]\n[-1, "o", "b"]\n[1, "o", "c"]\n');
  expect(intervals.events.map((event) => event.timeMs)).toEqual([1000, 1000, 2000]);
  expect(intervals.counts.clampedTimes).toBe(1);
});

test('unknown codes are kept with whatever they had, and are counted', async () => {
  const { events, counts } = await readCast(v2, '[1, "z", "text"]\n[2, "zz", {"a": [1, null]}]\n');
  expect(events.map(({ code, payload }) => [code, ...payload])).toEqual([
    ['z', 'text'],
    ['zz', { a: [1, null] }],
  ]);
  expect(counts.unknownCodes).toBe(2);
});

test('a surrogate pair that was cut in two by events is one character of the later event', async () => {
  const { events } = await readCast(v2, '[1, "o", "a\\ud83d"]\n[1, "r", "80x24"]\n[2, "o", "\\ude00b"]\n');
  expect(events).toEqual([output(1000, 'a'), { timeMs: 1000, code: 'r', payload: [80, 24] }, output(2000, '😀b')]);
});

test('a surrogate without its other half is U+FFFD', async () => {
  const { events } = await readCast(v2, '[1, "o", "a\\ud83d"]\n[2, "o", "b\\ude00"]\n[3, "o", "\\ud83d"]\n');
  expect(events).toEqual([output(1000, 'a'), output(2000, '\ufffdb\ufffd'), output(3000, ''), output(3000, '\ufffd')]);
});

test('bytes that are no UTF-8 are U+FFFD', async () => {
  const { events } = await readCast(v2, encoder.encode('[1, "o", "a'), Uint8Array.of(0xff), encoder.encode('"]\n'));
  expect(events).toEqual([output(1000, 'a\ufffd')]);
});

test('data too long for one event becomes several, cut between characters', async () => {
  const text = '€'.repeat(EVENT_BYTES_MAX);
  const { events } = await readCast(v2, `${JSON.stringify([1, 'o', text])}\n`);
  const parts = events.map((event) => event.payload[0] as Uint8Array);
  expect(parts.map((part) => part.length)).toEqual([1_048_575, 1_048_575, 1_048_575, 3]);
  expect(Buffer.concat(parts).toString()).toBe(text);
  expect(new Set(events.map((event) => event.timeMs))).toEqual(new Set([1000]));
});

test.for([
  ['an empty file', '', null, 'empty'],
  ['blank lines only', '\n \n', null, 'empty'],
  ['a file of another kind', 'Script started on 2020-01-01\n$ ls\n', 1, 'JSON object'],
  ['a list', '[1, 2]\n', 1, 'JSON object'],
  ['a header without version', '\n{"width": 80, "height": 24}\n', 2, 'no version'],
  ['an unknown version', '{"version": 5, "width": 80, "height": 24}\n', 1, 'version 5 is not one of 1, 2, 3'],
  ['a version that is a text', '{"version": "2", "width": 80, "height": 24}\n', 1, 'version "2" is not one of 1, 2, 3'],
  ['no size', '{"version": 2, "width": 80}\n', 1, 'height is missing'],
  ['no size in version 3', '{"version": 3, "width": 80, "height": 24}\n', 1, 'term.cols is missing'],
  ['a size of nothing', '{"version": 2, "width": 0, "height": 24}\n', 1, String(TERMINAL_CELLS_MAX)],
  ['a size that is not whole', '{"version": 2, "width": 80.5, "height": 24}\n', 1, String(TERMINAL_CELLS_MAX)],
  ['a line that is not JSON', `${v2}[1, "o", "a"]\n[2, "o", "b\n`, 3, 'not JSON'],
  ['a comment in version 2', `${v2}# comment\n`, 2, 'not JSON'],
  ['an event that is an object', `${v2}{"time": 1}\n`, 2, '[time, code, data]'],
  ['an event with four items', `${v2}[1, "o", "a", "b"]\n`, 2, '[time, code, data]'],
  ['a time that is a text', `${v2}["1", "o", "a"]\n`, 2, 'not a number'],
  ['a time that is not finite', `${v2}[1e999, "o", "a"]\n`, 2, 'not a number'],
  ['a time beyond the limit', `${v2}[${RECORDING_MS_MAX}, "o", "a"]\n`, 2, String(RECORDING_MS_MAX / 1000)],
  ['a code that is a number', `${v2}[1, 5, "a"]\n`, 2, 'code'],
  ['a code that is kept for files', `${v2}[1, "seal", "a"]\n`, 2, 'cannot be kept'],
  ['a code that is empty', `${v2}[1, "", "a"]\n`, 2, 'cannot be kept'],
  ['output that is no text', `${v2}[1, "o", true]\n`, 2, 'not a text: true'],
  ['input that is no text', `${v2}[1, "i", null]\n`, 2, 'not a text'],
  ['a resize that is none', `${v2}[1, "r", "-1x0"]\n`, 2, 'COLUMNSxROWS'],
  ['a resize beyond the limit', `${v2}[1, "r", "10001x24"]\n`, 2, String(TERMINAL_CELLS_MAX)],
  ['a version 1 that is cut off', '{"version": 1, "width": 80, "height": 24, "stdout": [[1, "a"],\n', 1, 'cut off'],
  ['a version 1 without events', '{"version": 1, "width": 80, "height": 24}', null, 'stdout'],
  [
    'a version 1 with a wrong event',
    '{"version": 1, "width": 80, "height": 24, "stdout": [[1, "a"], [1, "a", ""]]}',
    null,
    'stdout[1]',
  ],
  ['a version 2 in many lines', '{\n"version": 2, "width": 80, "height": 24}\n', null, 'one line'],
  ['a payload nested too deep', `${v2}[1, "z", ${'['.repeat(3000)}${']'.repeat(3000)}]\n`, 2, 'nested'],
] as const)('%s is refused with line and reason', async ([, text, line, reason]) => {
  const refused = await refusal(text);
  expect(refused.line).toBe(line);
  expect(refused.reason).toContain(reason);
});

test('a line is taken up to its limit, and one beyond is refused before it is read to its end', async () => {
  const padding = ' '.repeat(IMPORT_LINE_BYTES_MAX - 12);
  expect((await readCast(v2, `[1,"o","a"] ${padding}\n`)).events).toHaveLength(1);
  let pulled = 0;
  const endless = (function* () {
    yield encoder.encode(v2);
    for (;;) {
      pulled += 1;
      yield new Uint8Array(1024 * 1024);
    }
  })();
  await using reader = await openAsciicast(endless);
  await expect(reader.groups().next()).rejects.toThrow(String(IMPORT_LINE_BYTES_MAX));
  expect(pulled).toBe(17);
});

test('a document without header line is read no further than its limit', async () => {
  const endless = (function* () {
    for (;;) yield Buffer.alloc(1024 * 1024, `{"a":1,${' '.repeat(1016)}\n`);
  })();
  await expect(openAsciicast(endless)).rejects.toThrow(String(IMPORT_V1_BYTES_MAX));
});

test('the source is closed when reading stops, at a refusal or before', async () => {
  let closed = 0;
  const source = function* (...texts: readonly string[]): Generator<Uint8Array> {
    try {
      for (const text of texts) yield encoder.encode(text);
    } finally {
      closed += 1;
    }
  };
  await expect(openAsciicast(source('nothing\n', 'more\n'))).rejects.toThrow(NotARecording);
  expect(closed).toBe(1);
  await using reader = await openAsciicast(source(v2, 'broken\n', 'more'));
  await expect(gathered(reader.groups())).rejects.toThrow('line 2: not JSON');
  expect(closed).toBe(2);
  {
    await using unread = await openAsciicast(source(v2, 'more'));
    expect(unread.header.version).toBe(2);
  }
  expect(closed).toBe(3);
});

test('the same events come out wherever the file is cut into pieces', async () => {
  const file = encoder.encode(`\ufeff${v3}\r\n# ż\r\n[0.5, "o", "a€😀"]\r\n\n[0.25, "i", "ż"]\n[0.1, "x", "0"]`);
  const whole = await readCast(file);
  expect(whole.events).toHaveLength(3);
  for (let at = 0; at <= file.length; at += 1) {
    expect(await readCast(file.subarray(0, at), file.subarray(at))).toEqual(whole);
  }
  await fc.assert(
    fc.asyncProperty(cutAnywhere(file), async (pieces) => {
      expect(await readCast(...pieces)).toEqual(whole);
    }),
  );
});

test('whoever hands in pieces may write into them again', async () => {
  const shared = new Uint8Array(7);
  const file = encoder.encode(`${v2}[1, "o", "text"]\n`);
  const source = (function* () {
    for (let at = 0; at < file.length; at += 7) {
      const piece = file.subarray(at, at + 7);
      shared.set(piece);
      yield shared.subarray(0, piece.length);
    }
  })();
  await using reader = await openAsciicast(source);
  expect((await gathered(reader.groups())).flat()).toEqual([output(1000, 'text')]);
});
