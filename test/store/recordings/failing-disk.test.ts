import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeRun } from '../../../src/format/run-events.ts';
import { pathOfTool, toolTest } from '../../require.ts';
import { type Child, startChild } from '../child-process.ts';
import { noise, output, plain } from '../feeding.ts';
import { fileRecordingsOf, recordingsPathOf } from '../opened-folder.ts';
import { Keeper } from '../recordings-contract/subject.ts';
import { temporaryFolder, type TemporaryFolder } from '../temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
  await mkdir(path.join(folder.path, 'quarantine'));
});
afterEach(() => folder[Symbol.asyncDispose]());

type Said = {
  readonly appended?: number;
  readonly indexedSize?: number;
  readonly refused?: number;
  readonly cause?: string;
  readonly size?: number;
  readonly bytesWritten?: number;
  readonly known?: string;
};

const saidBy = async (child: Child): Promise<readonly Said[]> => {
  expect(await child.ended).toMatchObject({ code: 0 });
  return child.lines.map((line) => JSON.parse(line) as Said);
};

/** The recording goes on in this process, is sealed, and holds what was appended before and after. */
const goesOn = async (known: string, sizes: readonly number[]): Promise<void> => {
  const keeper = Keeper.read(fileRecordingsOf(folder.path), known);
  const last = output(90, 'and on');
  await keeper.append([last]);
  await keeper.seal();
  expect(await keeper.verify()).toMatchObject({ ok: true });
  const events = [];
  for (const row of keeper.rows) events.push(...plain(decodeRun(await keeper.recordings.read(row))));
  expect(events).toEqual(plain([...sizes.map((size, at) => output(at * 20, noise(size, at * 2 + 1))), last]));
  const file = path.join(recordingsPathOf(folder.path), keeper.locator);
  if (pathOfTool('zstd') !== null) execFileSync('zstd', ['-tq', file]);
  expect((await readFile(file)).length).toBe(keeper.indexedSize);
};

test('a write that a full disk cut short is undone and not acknowledged, and later ones are taken', async () => {
  // 200 blocks of 512 bytes: the second chunk does not fit, neither into the new file nor behind the first chunk.
  const limited = ['sh', '-c', `trap '' XFSZ; ulimit -f 200; exec "$@"`, 'sh'];
  await using child = startChild(
    'store/recordings/appending-process.ts',
    [folder.path, '1000', '300000', '2000'],
    limited,
  );
  const [first, second, third, own] = await saidBy(child);
  expect(first).toMatchObject({ appended: 1000 });
  expect(second).toMatchObject({ refused: 300_000, code: 'UNAVAILABLE', size: first?.indexedSize });
  expect(second?.cause).toMatch(/^only \d+ of \d+ bytes could be written$/);
  expect(third).toMatchObject({ appended: 2000 });
  // The trap itself, in the same process: node:fs says nothing of it but the count.
  expect(own?.bytesWritten).toBeGreaterThan(0);
  expect(own?.bytesWritten).toBeLessThan(1_000_000);
  await goesOn(own?.known ?? '', [1000, 2000]);
});

test('a new file that does not fit is not there at all', async () => {
  const limited = ['sh', '-c', `trap '' XFSZ; ulimit -f 200; exec "$@"`, 'sh'];
  await using child = startChild('store/recordings/appending-process.ts', [folder.path, '300000', '1000'], limited);
  const [first, second] = await saidBy(child);
  expect(first).toMatchObject({ refused: 300_000, size: null });
  expect(second).toMatchObject({ appended: 1000 });
});

toolTest('strace')(
  'a sync that failed (EIO) undoes the append, acknowledges nothing, and is not tried again on that descriptor',
  async () => {
    const trace = path.join(folder.path, 'trace');
    // One thread, so that strace counts all syncs together. The second one is the second chunk's.
    const failing = [
      'env',
      'UV_THREADPOOL_SIZE=1',
      'strace',
      '-f',
      '-qq',
      '-o',
      trace,
      '-e',
      'trace=openat,fdatasync,ftruncate,close',
    ];
    const inject = ['-e', 'inject=fdatasync:error=EIO:when=2'];
    const script = 'store/recordings/appending-process.ts';
    await using child = startChild(script, [folder.path, '1000', '5000', '2000'], [...failing, ...inject]);
    const [first, second, third, own] = await saidBy(child);
    expect(first).toMatchObject({ appended: 1000 });
    expect(second).toMatchObject({ refused: 5000, size: first?.indexedSize, cause: expect.stringContaining('EIO') });
    expect(third).toMatchObject({ appended: 2000 });
    const calls = (await readFile(trace, 'utf8')).split('\n').map((line) => line.replace(/^\d+ +/, ''));
    const failed = calls.findIndex((line) => line.includes('INJECTED'));
    const descriptor = /fdatasync\((\d+)/.exec(calls[failed] ?? '')?.[1];
    const closed = calls.findIndex((line, at) => at > failed && line.startsWith(`close(${descriptor})`));
    const between = calls.slice(failed + 1, closed).filter((line) => line.includes(`(${descriptor}`));
    expect(between.map((line) => line.split('(')[0])).toEqual(['ftruncate']);
    await goesOn(own?.known ?? '', [1000, 2000]);
  },
);

toolTest('strace')(
  'what recovery finds is on disk before it may be adopted: a process may have died between its write and its sync',
  async () => {
    const keeper = new Keeper(fileRecordingsOf(folder.path));
    await keeper.append([output(0, 'indexed')]);
    const known = keeper.write();
    await keeper.append([output(1, 'in the file, and not in the index')]);
    const trace = path.join(folder.path, 'trace');
    const traced = ['strace', '-f', '-qq', '-y', '-o', trace, '-e', 'trace=fdatasync,fsync'];
    const recover = async (inject: readonly string[]): Promise<unknown> => {
      const wrapper = ['env', 'UV_THREADPOOL_SIZE=1', ...traced, ...inject];
      await using child = startChild('store/recordings/recovering-process.ts', [folder.path, known], wrapper);
      expect(await child.ended).toMatchObject({ code: 0 });
      return JSON.parse(child.lines[0] ?? '');
    };
    expect(await recover(['-e', 'inject=fdatasync:error=EIO'])).toEqual({ refused: expect.stringContaining('EIO') });
    expect(await recover([])).toEqual({ adopted: [1] });
    const synced = await readFile(trace, 'utf8');
    expect(synced).toMatch(/fdatasync\(\d+<[^>]*\.rec\.zst>\) += 0/);
    // Its name too: the file may have been new.
    expect(synced).toMatch(/fsync\(\d+<[^>]*\/\d\d>\) += 0/);
  },
);

test('a folder that cannot be made is Unavailable, with the reason as its cause', async () => {
  await writeFile(recordingsPathOf(folder.path), 'a file in its place');
  const keeper = new Keeper(fileRecordingsOf(folder.path));
  const refused = keeper.append([output(0, 'x')]);
  await expect(refused).rejects.toMatchObject({ code: 'UNAVAILABLE', cause: { code: 'ENOTDIR' } });
});
