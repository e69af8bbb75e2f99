import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileRecordingsOf, quarantinePathOf, recordingsPathOf } from '../opened-folder.ts';
import { recordingsContract } from '../recordings-contract/recordings-contract.ts';
import { temporaryFolder } from '../temporary-folder.ts';

recordingsContract('files in a folder', async () => {
  const folder = await temporaryFolder();
  const root = recordingsPathOf(folder.path);
  await mkdir(quarantinePathOf(folder.path), { recursive: true });
  return {
    recordings: fileRecordingsOf(folder.path),
    peek: (locator) => readFile(path.join(root, locator)).catch(() => null),
    poke: async (locator, bytes) => {
      const file = path.join(root, locator);
      if (bytes === null) return rm(file);
      await mkdir(path.dirname(file), { recursive: true });
      return writeFile(file, bytes);
    },
    quarantine: async () => {
      const aside = quarantinePathOf(folder.path);
      return Promise.all((await readdir(aside)).map((name) => readFile(path.join(aside, name))));
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});
