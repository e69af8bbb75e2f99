import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataFolderInUse, DataFolderLock } from '../../src/store/data-folder-lock.ts';
import { startChild } from './child-process.ts';
import { temporaryFolder, type TemporaryFolder } from './temporary-folder.ts';

let folder: TemporaryFolder;
let file: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  file = path.join(folder.path, 'writer.lock');
});
afterEach(() => folder[Symbol.asyncDispose]());

const anotherProcess = async (): Promise<string> => {
  await using child = startChild('store/lock-taking-process.ts', [file]);
  return await child.line(() => true);
};

test('a data folder has one writer, within a process and between two, and is free once that one lets go', async () => {
  {
    using _lock = DataFolderLock.take(folder.path, file, null);
    expect(() => DataFolderLock.take(folder.path, file, null)).toThrow(DataFolderInUse);
    expect(() => DataFolderLock.take(folder.path, file, null)).toThrow(folder.path);
    expect(await anotherProcess()).toContain('DataFolderInUse: another reeltime writes to the data folder');
  }
  expect(await anotherProcess()).toBe('taken');
});

test('a writer that is killed with -9 frees the folder at once', async () => {
  const holder = startChild('store/lock-taking-process.ts', [file]);
  await holder.line((text) => text === 'taken');
  expect(() => DataFolderLock.take(folder.path, file, null)).toThrow(DataFolderInUse);
  holder.process.kill('SIGKILL');
  expect(await holder.ended).toMatchObject({ signal: 'SIGKILL' });
  using lock = DataFolderLock.take(folder.path, file, null);
  expect(lock).toBeTruthy();
});

test("reading an SQLite file with fs drops this process's locks on it: the trap for which no file of SQLite's is opened so", async () => {
  using _lock = DataFolderLock.take(folder.path, file, null);
  expect(await anotherProcess()).toContain('DataFolderInUse');
  readFileSync(file);
  expect(await anotherProcess()).toBe('taken');
});
