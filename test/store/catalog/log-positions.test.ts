import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openInstallation } from '../../../src/cli/compose.ts';
import { type DataFolder, dataFolderAt } from '../../../src/cli/data-folder.ts';
import { workerScript } from '../../../src/cli/assets.ts';
import { seesAll } from '../../../src/model/access.ts';
import { RevisionUnknown } from '../../../src/model/errors.ts';
import type { Revision } from '../../../src/model/revision.ts';
import { everySession } from '../../../src/model/session-filter.ts';
import { CopyFolder } from '../../../src/store/catalog/copy-folder.ts';
import { LogPositions } from '../../../src/store/catalog/log-positions.ts';
import { startChild } from '../child-process.ts';
import { openFeed } from '../feeding.ts';
import { temporaryFolder, type TemporaryFolder } from '../temporary-folder.ts';

let temporary: TemporaryFolder;
let folder: DataFolder;
beforeEach(async () => {
  temporary = await temporaryFolder();
  folder = dataFolderAt(path.join(temporary.path, 'data'));
});
afterEach(() => temporary[Symbol.asyncDispose]());

const open = () => openInstallation(folder, () => {});

/** Opens so many sessions. @returns where the log is then */
const feed = async (sessions: number): Promise<Revision> => {
  await using installation = await open();
  for (let count = 0; count < sessions; count += 1) await openFeed(installation);
  return installation.catalog.revision();
};

const copy = async (): Promise<string> => {
  const place = { path: folder.catalog, nativeBinding: null };
  const made = await new CopyFolder(folder.copies, place, workerScript('catalog-copier')).make(
    Date.now(),
    new AbortController().signal,
  );
  return path.join(folder.copies, made.name);
};

const putBack = async (from: string): Promise<void> => {
  for (const end of ['', '-wal', '-shm']) await rm(`${folder.catalog}${end}`, { force: true });
  await copyFile(from, folder.catalog);
};

const changesAfter = async (after: Revision): Promise<number> => {
  await using installation = await open();
  return (await installation.catalog.changedSessions(seesAll, everySession, after, 100)).length;
};

test('a catalog that was put back from a copy is another log, and positions of the one before are unknown', async () => {
  const first = await feed(2);
  const made = await copy();
  const second = await feed(3);
  expect(second.log).toBe(first.log);
  expect(await changesAfter(first)).toBe(3);
  await putBack(made);
  const third = await feed(0);
  expect(third).toEqual({ log: expect.not.stringMatching(first.log), position: first.position });
  // It grows beyond what was known, and stays another log.
  const fourth = await feed(5);
  expect([fourth.log, fourth.position > second.position]).toEqual([third.log, true]);
  for (const lost of [first, second]) await expect(changesAfter(lost)).rejects.toThrow(RevisionUnknown);
  expect(await changesAfter(third)).toBe(5);
  // The same copy once more is a third log.
  await putBack(made);
  const again = await feed(0);
  expect([first.log, third.log]).not.toContain(again.log);
});

test('a catalog that is opened again, also after a kill -9, is the same log', async () => {
  const first = await feed(1);
  {
    await using child = startChild('upkeep/feeding-process.ts', [folder.path, '1', '50']);
    await child.line((line) => line === 'acknowledged 0 5');
    child.process.kill('SIGKILL');
    await child.ended;
  }
  expect(await feed(0)).toMatchObject({ log: first.log });
  expect(await changesAfter(first)).toBe(1);
});

test.each([
  ['is gone', null],
  ['is torn', '[["abc'],
  ['says something else', '{"a":1}'],
])('a file that %s stops nobody, and is made again', async (_what, text) => {
  const before = await feed(1);
  if (text === null) await rm(folder.logPositions);
  else await writeFile(folder.logPositions, text);
  expect(await feed(0)).toEqual(before);
  expect(JSON.parse(await readFile(folder.logPositions, 'utf8'))).toEqual([[before.log, before.position]]);
});

test('what cannot be written is told, and stops nobody', async () => {
  const failures: unknown[] = [];
  {
    await using positions = await LogPositions.open(path.join(folder.path, 'none', 'x.json'), (error) =>
      failures.push(error),
    );
    positions.note({ log: 'a', position: 1 });
  }
  expect(failures).toMatchObject([{ code: 'ENOENT' }]);
});
