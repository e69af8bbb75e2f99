import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { openInstallation } from '../../src/cli/compose.ts';
import { dataFolderAt } from '../../src/cli/data-folder.ts';
import { startDemo } from '../../src/cli/demo.ts';
import { LocalIntake, noContacts } from '../../src/ingest/intake.ts';
import { FileRecordings } from '../../src/store/recordings/file-recordings.ts';
import { temporaryFolder } from './program.ts';

test('a disk below its reserve keeps the demo from taking in its samples, and not the server from starting', async () => {
  await using folder = await temporaryFolder();
  const logged: string[] = [];
  const log = (_level: string, message: string): void => void logged.push(message);
  await using installation = await openInstallation(dataFolderAt(folder.path), log);
  const intake = new LocalIntake({
    writer: installation.writer,
    recordings: new FileRecordings(installation.folder),
    clock: Date.now,
    ids: { next: () => randomUUID(), derive: () => randomUUID() },
    unavailable: () => 'the disk has 1 MiB free, below its reserve of 512 MiB',
    relief: async () => {},
    contacts: noContacts,
    locate: () => null,
  });
  await using _demo = await startDemo({ ...installation, intake }, log);
  expect(logged).toContain('not all samples could be taken in');
});
