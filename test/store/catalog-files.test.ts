import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { toolTest } from '../require.ts';
import { startChild } from './child-process.ts';
import { temporaryFolder, type TemporaryFolder } from './temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

/** Opens of SQLite's files in a whole life of an installation. SQLite itself opens with O_NOFOLLOW, node:fs does not. */
const opensOfCatalog = async (
  data: string,
  ...words: readonly string[]
): Promise<{ sqlite: number; others: string[] }> => {
  const trace = path.join(folder.path, `${data}.trace`);
  const strace = ['strace', '-f', '-qq', '-e', 'trace=open,openat,openat2', '-o', trace];
  await using child = startChild('store/opening-process.ts', [path.join(folder.path, data), ...words], strace);
  expect(await child.ended).toMatchObject({ code: 0 });
  const opens = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => /"[^"]*\/(?:catalog\.db(?:-wal|-shm)?|writer\.lock)"/.test(line) && !line.includes('ENOENT'));
  const others = opens.filter((line) => !line.includes('O_NOFOLLOW'));
  return { sqlite: opens.length - others.length, others };
};

toolTest('strace')("nobody but SQLite opens SQLite's files: node:fs would drop its locks", async () => {
  const clean = await opensOfCatalog('clean');
  expect(clean.sqlite).toBeGreaterThan(3);
  expect(clean.others).toEqual([]);
  expect((await opensOfCatalog('trapped', 'trap')).others).toHaveLength(1);
});
