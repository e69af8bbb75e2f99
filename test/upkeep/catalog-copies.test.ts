import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { workerScript } from '../../src/cli/assets.ts';
import { type CatalogCopy, CopyFolder } from '../../src/store/catalog/copy-folder.ts';
import type { WorkerScript } from '../../src/store/catalog/worker-script.ts';
import { CatalogCopies, COPIES_KEPT, COPY_EVERY_MS } from '../../src/upkeep/catalog-copies.ts';
import { noise, openFeed, output, plain, readEvents } from '../store/feeding.ts';
import { catalogPathOf, openFolder, type OpenedFolder, testStartMs } from '../store/opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
let copiesPath: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  copiesPath = path.join(folder.path, 'copies');
  opened = await openFolder(folder.path, { closes: false });
});
afterEach(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

type Keeping = {
  readonly copies: CatalogCopies;
  readonly folder: CopyFolder;
  readonly made: CatalogCopy[];
  readonly failures: unknown[];
  shortage: string | null;
};

const keeping = (script: WorkerScript = workerScript('catalog-copier')): Keeping => {
  const place = { path: catalogPathOf(folder.path), nativeBinding: null };
  const copyFolder = new CopyFolder(copiesPath, place, script);
  const made: CatalogCopy[] = [];
  const failures: unknown[] = [];
  const copies = new CatalogCopies({
    folder: copyFolder,
    clock: () => opened.clock.nowMs,
    shortage: () => kept.shortage,
    onCopy: (copy) => void made.push(copy),
    onFailure: (error) => void failures.push(error),
  });
  const kept: Keeping = { copies, folder: copyFolder, made, failures, shortage: null };
  return kept;
};

const names = async (): Promise<readonly string[]> => (await readdir(copiesPath)).toSorted();

test('a copy is the whole catalog of its moment, readable for its owner alone', async () => {
  const feed = await openFeed(opened);
  await feed.append(output(1, 'before the copy'));
  const { copies, made, failures } = keeping();
  await copies.look();
  expect(failures).toEqual([]);
  expect(made).toEqual([{ name: 'catalog-20260405T060708Z.db', madeAtMs: Math.floor(testStartMs / 1000) * 1000 }]);
  expect(await names()).toEqual(['catalog-20260405T060708Z.db']);
  const copy = path.join(copiesPath, 'catalog-20260405T060708Z.db');
  const mode = async (place: string): Promise<string> => ((await stat(place)).mode & 0o777).toString(8);
  expect([await mode(copiesPath), await mode(copy)]).toEqual(['700', '600']);

  await feed.append(output(2, 'after the copy'));
  await opened[Symbol.asyncDispose]();
  for (const ending of ['', '-wal', '-shm']) await rm(`${catalogPathOf(folder.path)}${ending}`, { force: true });
  await writeFile(catalogPathOf(folder.path), await readFile(copy));
  opened = await openFolder(folder.path);
  expect(plain(await readEvents(opened.reader, feed.recordingId))).toEqual(plain(feed.ledger.slice(0, 1)));
});

test('one is made a day, and the newest three are kept', async () => {
  const { copies, made, failures } = keeping();
  for (let halfDay = 0; halfDay < 10; halfDay += 1) {
    await copies.look();
    opened.clock.nowMs += COPY_EVERY_MS / 2;
  }
  expect(failures).toEqual([]);
  expect(made).toHaveLength(5);
  expect(await names()).toEqual(made.slice(-COPIES_KEPT).map(({ name }) => name));
});

test('looks that come together make one copy', async () => {
  const { copies, made } = keeping();
  await Promise.all([copies.look(), copies.look(), copies.look()]);
  expect(made).toHaveLength(1);
});

test('copies that a wrong clock dated into the future stop nothing, and go first', async () => {
  const { copies, made } = keeping();
  opened.clock.nowMs += 1000 * COPY_EVERY_MS;
  for (let day = 0; day < COPIES_KEPT; day += 1) {
    await copies.look();
    opened.clock.nowMs += COPY_EVERY_MS;
  }
  opened.clock.nowMs = testStartMs;
  await copies.look();
  await copies.look();
  expect(made).toHaveLength(COPIES_KEPT + 1);
  expect(await names()).toHaveLength(COPIES_KEPT);
  expect((await names())[0]).toBe('catalog-20260405T060708Z.db');
});

test('the writer goes on while a copy is made, and nothing of what it writes is lost', async () => {
  const feed = await openFeed(opened);
  for (let at = 0; at < 20; at += 1) await feed.append(output(at, noise(200_000, at)));
  const { copies, made } = keeping();
  let isLooking = true;
  const looking = copies.look().finally(() => {
    isLooking = false;
  });
  let during = 0;
  for (; isLooking || during === 0; during += 1) await feed.append(output(100 + during, 'while it is copied'));
  await looking;
  expect(made).toHaveLength(1);
  const other = new Database(catalogPathOf(folder.path), { readonly: true });
  expect(other.pragma('integrity_check', { simple: true })).toBe('ok');
  other.close();
  expect(plain(await readEvents(opened.reader, feed.recordingId))).toEqual(plain(feed.ledger));
});

/** A thread that has half of a copy, and is never done. */
const endless = `
  const { parentPort, workerData } = require('node:worker_threads');
  require('node:fs').writeFileSync(workerData.unfinished, 'half of a copy');
  parentPort.postMessage('half');
  setInterval(() => {}, 1000);`;

test('a copy that is under way is given up when its process ends, and leaves nothing', async () => {
  const half = Promise.withResolvers<void>();
  const { copies, made, failures } = keeping({
    start: (data) => {
      const worker = new Worker(endless, { eval: true, workerData: data });
      worker.once('message', () => half.resolve());
      return worker;
    },
  });
  const looking = copies.look();
  await half.promise;
  expect(await names()).toEqual(['catalog-20260405T060708Z.db.new']);
  await copies[Symbol.asyncDispose]();
  await looking;
  await copies.look();
  expect({ made, failures, names: await names() }).toEqual({ made: [], failures: [], names: [] });
});

test('what a crash left unfinished is removed by the next copy', async () => {
  const { copies, folder: copyFolder } = keeping();
  await copies.look();
  await writeFile(path.join(copiesPath, 'catalog-20200101T000000Z.db.new'), 'half of a copy');
  await writeFile(path.join(copiesPath, 'notes.txt'), "somebody's own");
  opened.clock.nowMs += COPY_EVERY_MS;
  await copies.look();
  expect(await copyFolder.list()).toHaveLength(2);
  expect((await names()).filter((name) => !/^catalog-\d{8}T\d{6}Z\.db$/.test(name))).toEqual(['notes.txt']);
});

test('what fails is told, stops nothing, and is tried again at the next look', async () => {
  const kept = keeping();
  await writeFile(copiesPath, 'a file where the folder should be');
  await kept.copies.look();
  expect(kept.failures).toHaveLength(1);
  await rm(copiesPath);
  kept.shortage = 'the disk is full';
  await kept.copies.look();
  expect(kept.failures[1]).toMatchObject({ message: 'the disk is full' });
  kept.shortage = null;
  await kept.copies.look();
  expect(kept.made).toHaveLength(1);
});

test('a catalog that cannot be read is not copied, and no copy of it counts', async () => {
  const broken = path.join(folder.path, 'broken.db');
  const feed = await openFeed(opened);
  await feed.append(output(1, noise(100_000)));
  const { copies, folder: copyFolder, made } = keeping();
  await copies.look();
  const whole = await readFile(path.join(copiesPath, made[0]?.name ?? ''));
  await writeFile(broken, whole.fill(0x5a, 8192, 40_000));
  await chmod(broken, 0o600);
  const place = { path: broken, nativeBinding: null };
  const brokenCopies = new CopyFolder(copiesPath, place, workerScript('catalog-copier'));
  await expect(brokenCopies.make(testStartMs + 5000, new AbortController().signal)).rejects.toThrow('malformed');
  expect(await copyFolder.list()).toEqual(made);
  expect(await names()).toHaveLength(1);
});

test('copies of a catalog that is gone get other names, and are never pushed out', async () => {
  const { copies, folder: copyFolder, made } = keeping();
  await copies.look();
  const kept = await copyFolder.keepAll();
  expect(kept).toEqual([path.join(copiesPath, `kept-${made[0]?.name}`)]);
  for (let day = 0; day < COPIES_KEPT + 1; day += 1) {
    await copies.look();
    opened.clock.nowMs += COPY_EVERY_MS;
  }
  expect(await names()).toHaveLength(COPIES_KEPT + 1);
  expect(await names()).toContain(path.basename(kept[0] ?? ''));
});
