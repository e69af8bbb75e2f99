import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect } from 'vitest';
import { writeAsciicastV2, writeAsciicastV3 } from '../../../src/format/asciicast/asciicast-writer.ts';
import { NotARecording } from '../../../src/format/asciicast/not-a-recording.ts';
import { corpusDir, corpusTest, pathOfTool, toolTest } from '../../require.ts';
import type { ReadCast } from './asciicast-runs.ts';
import { readCast, runsOf, written } from './asciicast-runs.ts';

const castDir = join(corpusDir ?? '', 'cast');
/** Their paths within castDir. */
const casts =
  corpusDir === null
    ? []
    : readdirSync(castDir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(castDir, join(entry.parentPath, entry.name)))
        .toSorted();

const read = (path: string): Promise<ReadCast> => readCast(readFileSync(join(castDir, path)));

/** Why files of the corpus are refused: all others must be read. */
const refused: Readonly<Record<string, readonly [line: number | null, reason: string]>> = {
  'test__fixtures__1__invalid.json': [null, 'no size: width is missing'],
  'test__fixtures__1__invalid-data.json': [null, 'stdout[1]: the data of o is not a text: true'],
  'test__fixtures__1__invalid-time-2.json': [null, 'stdout[1]: the time is not a number: "4.419"'],
  'test__fixtures__1__wrong-event-length.json': [null, 'stdout[1]: not an event'],
  'test__fixtures__2__broken.cast': [3, 'not JSON'],
  'test__fixtures__3__broken.cast': [3, 'not JSON'],
  'test__fixtures__2__invalid-resize.cast': [3, 'got "-1x0"'],
  'test__fixtures__3__invalid-resize.cast': [3, 'got "-1x0"'],
  'test__fixtures__2__invalid-code.cast': [3, 'the code is not a text: 5'],
  'test__fixtures__3__invalid-code.cast': [3, 'the code is not a text: 5'],
  'test__fixtures__2__invalid-data.cast': [3, 'the data of o is not a text: true'],
  'test__fixtures__3__invalid-data.cast': [3, 'the data of o is not a text: true'],
  'test__fixtures__2__invalid-time-2.cast': [3, 'the time is not a number: "2.0"'],
  'test__fixtures__3__invalid-time-2.cast': [3, 'the time is not a number: "2.0"'],
  'test__fixtures__2__wrong-event-length.cast': [3, 'not an event [time, code, data]: a list of 4'],
  'test__fixtures__3__wrong-event-length.cast': [3, 'not an event [time, code, data]: a list of 4'],
  'test__fixtures__5__asciicast.json': [null, 'version 5 is not one of 1, 2, 3'],
};

/** Files with times that go backwards. */
const clamped: Readonly<Record<string, number>> = {
  'spec__fixtures__2__full.cast': 1,
  'spec__fixtures__2__minimal.cast': 1,
  'test__fixtures__1__invalid-time-1.json': 1,
  'test__fixtures__2__invalid-time-1.cast': 1,
  'test__fixtures__3__invalid-time-1.cast': 1,
};

const nameOf = (path: string): string => path.split('/').at(-1) ?? '';

/** The same events by another way: JSON.parse of the whole. */
const texts = (path: string): { output: string; eventCount: number } => {
  const text = readFileSync(join(castDir, path), 'utf8').replace(/^\ufeff/, '');
  const first: unknown = parseOrNull(text.split('\n')[0] ?? '');
  const document = (parseOrNull(text) ?? first) as { version?: number; stdout?: [number, string][] };
  const tuples =
    document.version === 1
      ? (document.stdout ?? []).map(([, data]) => ['o', data])
      : text
          .split('\n')
          .slice(1)
          .filter((line) => line.trim() !== '' && !line.startsWith('#'))
          .map((line) => (JSON.parse(line) as string[]).slice(1));
  const output = tuples.filter(([code]) => code === 'o').map(([, data]) => data);
  return { output: output.join('').toWellFormed(), eventCount: tuples.length };
};

const parseOrNull = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const outputOf = (cast: ReadCast): string =>
  Buffer.concat(
    cast.events.filter(({ code }) => code === 'o').map(({ payload }) => payload[0] as Uint8Array),
  ).toString();

corpusTest('every cast of the corpus is read whole, or refused for its known reason', async () => {
  const listed =
    readFileSync(join(corpusDir ?? '', 'casts.tsv'), 'utf8')
      .trimEnd()
      .split('\n').length - 1;
  expect(casts).toHaveLength(listed);
  const seen: string[] = [];
  for (const path of casts) {
    const known = path.startsWith('asciinema__asciinema-server/') ? refused[nameOf(path)] : undefined;
    if (known === undefined) {
      const cast = await read(path);
      expect({ path, output: outputOf(cast), eventCount: cast.events.length }).toEqual({ path, ...texts(path) });
      expect([path, cast.counts.clampedTimes]).toEqual([path, clamped[nameOf(path)] ?? 0]);
    } else {
      const [line, reason] = known;
      seen.push(nameOf(path));
      await expect(read(path)).rejects.toThrow(NotARecording);
      await expect(read(path)).rejects.toMatchObject({ line, reason: expect.stringContaining(reason) });
    }
  }
  expect(seen.toSorted()).toEqual(Object.keys(refused).toSorted());
});

corpusTest(
  'every cast comes out as v2 and as v3 with the same events, byte for byte and to the millisecond',
  async () => {
    for (const path of casts.filter((cast) => refused[nameOf(cast)] === undefined)) {
      const cast = await read(path);
      const fields = { ...cast.header, command: null, termType: null };
      for (const write of [writeAsciicastV2, writeAsciicastV3]) {
        const again = await readCast(await written(write(fields, runsOf(cast.events, 100))));
        expect({ path, events: again.events }).toEqual({ path, events: cast.events });
        expect(again.header).toMatchObject({ columns: cast.header.columns, rows: cast.header.rows });
      }
    }
  },
);

/** asciinema wants a terminal even to print: script gives it one. */
const asciinemaTest = toolTest(pathOfTool('script') === null ? 'script' : 'asciinema');

asciinemaTest('asciinema cat prints what a cast of the corpus held', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reeltime-cast-'));
  try {
    for (const path of casts.filter((cast) => refused[nameOf(cast)] === undefined).filter((_, at) => at % 10 === 0)) {
      const cast = await read(path);
      const file = join(folder, 'in.cast');
      writeFileSync(file, await written(writeAsciicastV2({ ...cast.header, command: null }, runsOf(cast.events))));
      execFileSync('script', ['-qec', 'asciinema cat in.cast > printed', '/dev/null'], {
        cwd: folder,
        stdio: 'ignore',
      });
      const printed = readFileSync(join(folder, 'printed'), 'utf8');
      expect({ path, printed }).toEqual({ path, printed: outputOf(cast) });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
