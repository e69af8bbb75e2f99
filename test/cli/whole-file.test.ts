import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeWholeFile } from '../../src/cli/whole-file.ts';
import { temporaryFolder } from './program.ts';

async function* pieces(): AsyncGenerator<string, void, void> {
  yield 'new';
}

const write = (file: string, replace: boolean): Promise<void> =>
  writeWholeFile(file, pieces(), { replace, written: () => {} });

test('a folder, pipe or device is never written over', async () => {
  await using folder = await temporaryFolder();
  const inner = path.join(folder.path, 'inner');
  await mkdir(inner);
  for (const file of [inner, '/dev/null']) {
    for (const replace of [false, true]) await expect(write(file, replace)).rejects.toThrow('and is no file');
  }
  expect(await readdir(folder.path)).toEqual(['inner']);
});

test('a link is something that is there, and when it is written over, what it names stays', async () => {
  await using folder = await temporaryFolder();
  const [named, link, dangling] = ['named', 'link', 'dangling'].map((name) => path.join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(named, 'old');
  await symlink(named, link);
  await symlink(path.join(folder.path, 'nowhere'), dangling);
  for (const file of [link, dangling]) {
    await expect(write(file, false)).rejects.toThrow('--force writes over it');
    await write(file, true);
    expect((await lstat(file)).isFile()).toBe(true);
  }
  expect(await readFile(named, 'utf8')).toBe('old');
  expect((await readdir(folder.path)).toSorted()).toEqual(['dangling', 'link', 'named']);
});
