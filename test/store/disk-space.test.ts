import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { DISK_RESERVE_BYTES, DISK_RESERVE_PARTS } from '../../src/model/limits.ts';
import { DiskSpace } from '../../src/store/disk-space.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('new recordings may begin while the disk has more than its reserve free', async () => {
  await using folder = await temporaryFolder();
  using space = await DiskSpace.watch(folder.path);
  const { bavail, bsize, blocks } = await statfs(folder.path);
  const reserve = Math.min(DISK_RESERVE_BYTES, blocks * bsize * DISK_RESERVE_PARTS);
  if (bavail * bsize >= reserve) expect(space.shortage).toBeNull();
  else expect(space.shortage).toContain('below its reserve');
});

test('a disk of which nobody can say how much room it has is a shortage', async () => {
  await using folder = await temporaryFolder();
  using gone = await DiskSpace.watch(path.join(folder.path, 'gone'));
  expect(gone.shortage).toContain('cannot be read');
});
