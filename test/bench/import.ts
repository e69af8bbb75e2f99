import { createGzip } from 'node:zlib';
import { glob, rm, stat } from 'node:fs/promises';
import { type Bench, BenchRoom, MB } from './bench-room.ts';
import { runProgram, runVerb, sizeThrough } from './program.ts';
import { race, type Series, standingsTable, timed } from './race.ts';

const rawBytes = { small: 10 * MB, full: 100 * MB };

/** A recording taken in by the program from its start to its end, beside zstd over the same bytes; and what is kept of it. */
export const benchImport: Bench = async ({ rounds, scale, tell }) => {
  await using room = await BenchRoom.open();
  const cast = await room.writeCast('terminal.cast', rawBytes[scale]);
  const { size } = await stat(cast);
  const importOnce = async (): Promise<number> => {
    await rm(room.data.path, { recursive: true, force: true });
    await runVerb('import', '--quiet', '--data', room.data.path, cast);
    return size / MB;
  };
  const compress = async (): Promise<number> => (await runProgram('zstd', ['-3qc', cast]), size / MB);
  const series: Series = {
    title: `import: ${(size / MB).toFixed(1)} MB of asciicast`,
    unit: 'MB/s',
    yardstick: 'zstd -3',
    contestants: [
      { name: 'zstd -3', run: () => timed(compress) },
      { name: 'reeltime import', run: () => timed(importOnce) },
    ],
  };
  const table = standingsTable(series, await race(series, rounds, tell));
  return `${table}\n\n${await sizesTable(room, cast, size)}`;
};

async function sizesTable(room: BenchRoom, cast: string, size: number): Promise<string> {
  const compressed = room.file('terminal.cast.zst');
  await runProgram('zstd', ['-3q', cast, '-o', compressed]);
  let kept = 0;
  for await (const file of glob('**/*.rec.zst', { cwd: room.data.recordings })) {
    kept += (await stat(`${room.data.recordings}/${file}`)).size;
  }
  const rows: readonly (readonly [string, number])[] = [
    ['.cast', size],
    ['.cast, gzip', await sizeThrough(cast, createGzip())],
    ['.cast, zstd -3', (await stat(compressed)).size],
    ['stored', kept],
  ];
  const lines = rows.map(([name, bytes]) => `| ${name} | ${bytes} | ${(bytes / size).toFixed(4)} |`);
  return ['### bytes kept', '', '| | bytes | of .cast |', '| --- | --- | --- |', ...lines].join('\n');
}
