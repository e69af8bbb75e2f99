import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seesAll } from '../../src/model/access.ts';
import { firstPage } from '../../src/model/page.ts';
import { pathOfTool } from '../require.ts';
import { closeChunks, type Feed, openFeed, output, plain, readEvents, seal, terminal } from '../store/feeding.ts';
import {
  catalogPathOf,
  openFolder,
  type OpenedFolder,
  quarantinePathOf,
  recordingsPathOf,
} from '../store/opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
  await reopen();
});
afterEach(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
const reopen = async (): Promise<void> => {
  opened = await openFolder(folder.path, { closes: false });
};

const copyPath = (): string => path.join(folder.path, 'copy.db');
/** A copy of the catalog as it is now. */
const copyCatalog = (): void => {
  const database = new Database(catalogPathOf(folder.path));
  database.prepare('VACUUM INTO ?').run(copyPath());
  database.close();
};
/** Closes everything, lets `meddle` do something to the files, and opens again. */
const between = async (meddle: () => void | Promise<void>): Promise<void> => {
  await opened[Symbol.asyncDispose]();
  await meddle();
  await reopen();
};
const restoreCatalog = async (): Promise<void> => {
  const catalog = catalogPathOf(folder.path);
  for (const beside of ['-wal', '-shm']) await rm(`${catalog}${beside}`, { force: true });
  await rename(copyPath(), catalog);
};
const fileOf = async (feed: Feed): Promise<string> =>
  path.join(recordingsPathOf(folder.path), (await opened.catalog.locator(seesAll, feed.recordingId)) ?? '');
const notesOf = async (feed: Feed): Promise<readonly string[]> =>
  (await opened.catalog.sessionEvents(seesAll, feed.sessionId, ['NOTE'], firstPage(100))).items.map(
    ({ message }) => message,
  );
const zstdTakes = (file: string): void => {
  if (pathOfTool('zstd') !== null) execFileSync('zstd', ['-tq', file]);
};

const reopenFeed = ({ sessionId, recordingId }: Feed): Promise<Feed> =>
  openFeed(opened, { sessionId, recording: { ...terminal, recordingId } });

/** The recording goes on with what it wants next, is sealed, and holds. */
const goOn = async (feed: Feed, next: number, timeMs: number): Promise<void> => {
  const again = await reopenFeed(feed);
  const before = await readEvents(opened.reader, feed.recordingId);
  expect(before).toHaveLength(next);
  await again.append(output(timeMs, 'and on'));
  await seal(opened, again);
  expect(plain(await readEvents(opened.reader, feed.recordingId))).toEqual(
    plain([...before, output(timeMs, 'and on')]),
  );
  expect(await opened.reader.verify(seesAll, feed.recordingId)).toMatchObject({ ok: true });
  zstdTakes(await fileOf(feed));
};

describe('a catalog that is older than the files', () => {
  test('adopts their chunks, and deletes the batches that these hold', async () => {
    const feed = await openFeed(opened);
    await feed.append(output(0, 'in a chunk before the copy'));
    await closeChunks(opened);
    await feed.append(output(1, 'pending in the copy'), output(2, 'and more'));
    copyCatalog();
    await feed.append(output(3, 'after the copy'));
    await closeChunks(opened);
    await feed.append(output(4, 'in another chunk'));
    await closeChunks(opened);
    await between(restoreCatalog);
    expect(opened.report).toEqual({
      recordings: 1,
      adoptedChunks: 2,
      quarantinedFiles: 0,
      damagedRecordings: 0,
      failedRecordings: 0,
    });
    expect(plain(await readEvents(opened.reader, feed.recordingId))).toEqual(plain(feed.ledger));
    expect(await opened.catalog.unsealedRecording(feed.recordingId)).toMatchObject({
      nextPendingEvent: 5,
      pendingBytes: 0,
      recording: { eventCount: 5, chunkCount: 3, durationMs: 4 },
    });
    expect(opened.announced.some((each) => each.kind === 'recording' && each.change === 'chunk-closed')).toBe(true);
    expect(await notesOf(feed)).toEqual([]);
    await goOn(feed, 5, 9);
  });

  test('adopts a file that it has not heard of at all, whole with its seal', async () => {
    const feed = await openFeed(opened);
    copyCatalog();
    await feed.append(output(0, 'one'));
    await closeChunks(opened);
    await feed.append(output(1, 'two'));
    await seal(opened, feed);
    const sealed = await opened.catalog.recording(seesAll, feed.recordingId);
    await between(restoreCatalog);
    expect(opened.report).toMatchObject({ adoptedChunks: 2, quarantinedFiles: 0 });
    expect(await opened.catalog.recording(seesAll, feed.recordingId)).toEqual(sealed);
    expect(plain(await readEvents(opened.reader, feed.recordingId))).toEqual(plain(feed.ledger));
    expect(await opened.reader.verify(seesAll, feed.recordingId)).toMatchObject({ ok: true });
    expect(await opened.catalog.unsealedRecordings(null, 10)).toEqual([]);
  });

  test('keeps what only it has: batches that were in no file', async () => {
    const feed = await openFeed(opened);
    await feed.append(output(0, 'one'));
    await closeChunks(opened);
    await feed.append(output(1, 'two'));
    copyCatalog();
    await between(restoreCatalog);
    expect(opened.report).toMatchObject({ recordings: 1, adoptedChunks: 0 });
    expect(plain(await readEvents(opened.reader, feed.recordingId))).toEqual(plain(feed.ledger));
    await goOn(feed, 2, 9);
  });

  test('opened again finds nothing more to do', async () => {
    const feed = await openFeed(opened);
    copyCatalog();
    await feed.append(output(0, 'one'));
    await closeChunks(opened);
    await between(restoreCatalog);
    expect(opened.report.adoptedChunks).toBe(1);
    const revision = await opened.catalog.revision();
    await between(() => {});
    expect(opened.report).toEqual({
      recordings: 1,
      adoptedChunks: 0,
      quarantinedFiles: 0,
      damagedRecordings: 0,
      failedRecordings: 0,
    });
    expect(await opened.catalog.revision()).toEqual(revision);
  });
});

test('a torn end is set aside wherever it was torn, a line in the session says so, and the recording goes on', async () => {
  const feed = await openFeed(opened);
  await feed.append(output(0, 'one'));
  await closeChunks(opened);
  copyCatalog();
  const file = await fileOf(feed);
  const kept = readFileSync(file).length;
  await feed.append(output(1, 'two, which is in the copy as little as in the file'));
  await closeChunks(opened);
  const whole = readFileSync(file);
  const sizes = [kept + 1, kept + 148, whole.length - 1];
  for (const [at, size] of sizes.entries()) {
    await between(async () => {
      await copyFile(copyPath(), `${copyPath()}.kept`);
      await restoreCatalog();
      await rename(`${copyPath()}.kept`, copyPath());
      writeFileSync(file, whole.subarray(0, size));
    });
    expect(opened.report).toMatchObject({ adoptedChunks: 0, quarantinedFiles: 1 });
    expect(readFileSync(file).equals(whole.subarray(0, kept))).toBe(true);
    zstdTakes(file);
    expect(await notesOf(feed)).toEqual([
      `${size - kept} bytes at the end of the recording's file were no whole chunk and were set aside`,
    ]);
    const aside = readdirSync(quarantinePathOf(folder.path)).map((name) =>
      readFileSync(path.join(quarantinePathOf(folder.path), name)),
    );
    expect(aside).toHaveLength(at + 1);
    expect(aside.some((bytes) => bytes.equals(whole.subarray(kept, size)))).toBe(true);
    expect(await opened.catalog.session(seesAll, feed.sessionId)).toMatchObject({ recordingState: 'LIVE' });
  }
  await goOn(feed, 1, 9);
});

test('a torn end that cannot be set aside keeps nobody from starting: it is told, and set aside at the next start', async () => {
  const feed = await openFeed(opened);
  await feed.append(output(1, 'what is there'));
  await closeChunks(opened);
  const file = await fileOf(feed);
  await between(() => {
    writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from('torn')]));
    rmSync(quarantinePathOf(folder.path), { recursive: true, force: true });
    // A folder in which nothing can be made.
    symlinkSync('/proc', quarantinePathOf(folder.path));
  });
  expect(opened.report).toMatchObject({ quarantinedFiles: 0, failedRecordings: 1 });
  expect(opened.failures).toHaveLength(1);
  expect(await readEvents(opened.reader, feed.recordingId)).toHaveLength(1);
  await between(() => rmSync(quarantinePathOf(folder.path)));
  expect(opened.report).toMatchObject({ quarantinedFiles: 1, failedRecordings: 0 });
  await goOn(feed, 1, 2);
});

describe('a file', () => {
  test('of other bytes, where none should be, is set aside, and the recording begins anew', async () => {
    const feed = await openFeed(opened);
    await feed.append(output(0, 'pending'));
    const file = await fileOf(feed);
    await between(() => {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, 'somebody wrote this by hand');
    });
    expect(opened.report).toMatchObject({ quarantinedFiles: 1 });
    expect(await notesOf(feed)).toHaveLength(1);
    await goOn(feed, 1, 9);
  });

  test('that has its header only, and nothing behind it, does not keep the closer busy', async () => {
    const feed = await openFeed(opened);
    await feed.append(output(0, 'one'));
    copyCatalog();
    await closeChunks(opened);
    const file = await fileOf(feed);
    const whole = readFileSync(file);
    const header = whole.subarray(0, whole.indexOf(Buffer.from('502a4d18', 'hex')));
    await between(async () => {
      await restoreCatalog();
      writeFileSync(file, header);
    });
    writeFileSync(file, header);
    const again = await reopenFeed(feed);
    await seal(opened, again);
    expect(await opened.reader.verify(seesAll, feed.recordingId)).toMatchObject({ ok: true });
    expect(plain(await readEvents(opened.reader, feed.recordingId))).toEqual(plain(feed.ledger));
  });

  test('that is gone is CORRUPT, "file is missing"; what pends is kept, taken, and read', async () => {
    const feed = await openFeed(opened);
    await feed.append(output(0, 'one'));
    await closeChunks(opened);
    await feed.append(output(1, 'two'));
    const file = await fileOf(feed);
    await between(() => rmSync(file));
    expect(opened.report).toMatchObject({ damagedRecordings: 1 });
    expect(await opened.catalog.session(seesAll, feed.sessionId)).toMatchObject({
      status: 'ACTIVE',
      recordingState: 'CORRUPT',
      recordingStateReason: 'file is missing',
    });
    const again = await reopenFeed(feed);
    await again.append(output(2, 'three'));
    expect((await readEvents(opened.reader, feed.recordingId)).map(({ code }) => code)).toEqual(['gap', 'o', 'o']);
  });

  test('that lost its end is CORRUPT, and stays as it is', async () => {
    const feed = await openFeed(opened);
    await feed.append(output(0, 'one'));
    await closeChunks(opened);
    const file = await fileOf(feed);
    const whole = readFileSync(file);
    await between(() => writeFileSync(file, whole.subarray(0, -1)));
    expect(await opened.catalog.session(seesAll, feed.sessionId)).toMatchObject({
      recordingState: 'CORRUPT',
      recordingStateReason: `the file has ${whole.length - 1} bytes, and ${whole.length} were written`,
    });
    expect(readFileSync(file).length).toBe(whole.length - 1);
    expect(readdirSync(quarantinePathOf(folder.path))).toEqual([]);
  });

  test('of a recording that is sealed is not looked at again: what happened to it shows when it is read', async () => {
    const feed = await openFeed(opened);
    await feed.append(output(0, 'one'));
    await seal(opened, feed);
    const file = await fileOf(feed);
    await between(() => rmSync(file));
    expect(opened.report).toMatchObject({ recordings: 0 });
    expect(await opened.catalog.session(seesAll, feed.sessionId)).toMatchObject({ recordingState: 'COMPLETE' });
    expect((await readEvents(opened.reader, feed.recordingId)).map(({ code }) => code)).toEqual(['gap']);
    await opened.damageTold();
    expect(await opened.catalog.session(seesAll, feed.sessionId)).toMatchObject({ recordingState: 'CORRUPT' });
  });
});
