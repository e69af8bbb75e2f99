import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogScripts } from '../../../src/cli/assets.ts';
import { seesAll } from '../../../src/model/access.ts';
import { everySession } from '../../../src/model/session-filter.ts';
import type { Catalog, CatalogWriter } from '../../../src/store/catalog/catalog.ts';
import { openSqliteCatalog } from '../../../src/store/catalog/sqlite-catalog.ts';
import { WalLimit } from '../../../src/store/catalog/wal-limit.ts';
import { copyHistory } from '../../fixture/shared-history.ts';
import { whole } from '../catalog-contract/subject.ts';
import { output } from '../feeding.ts';
import { catalogPathOf } from '../opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../temporary-folder.ts';
import { appendWrite, openSessionWrite } from '../writes.ts';

const MB = 1024 * 1024;
const walBytesMax = 2 * MB;
const PAGE_BYTES = 4096;

let folder: TemporaryFolder;
let catalog: Catalog;
let writer: CatalogWriter;

beforeAll(async () => {
  folder = await temporaryFolder();
  const place = { path: catalogPathOf(folder.path), nativeBinding: null };
  await copyHistory(10_000, place.path);
  catalog = await openSqliteCatalog(place, catalogScripts, () => {}, { walBytesMax });
  if (catalog.writer === null) throw new Error('it was opened for writing');
  writer = catalog.writer;
});
afterAll(async () => {
  await catalog[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Pages that the log has in use, as another connection sees it. */
const usedPages = (watcher: Database.Database): number =>
  (watcher.pragma('wal_checkpoint(NOOP)') as readonly { readonly log: number }[])[0]?.log ?? Number.NaN;

const openWatcher = (): Database.Database => new Database(catalogPathOf(folder.path), { readonly: true });

/** A recording that is fed a batch of some 100 KiB at a time, until this says that it is enough. */
const feedUntil = async (isEnough: () => boolean): Promise<void> => {
  const { recording, epoch } = await writer.openSession(openSessionWrite());
  if (recording === null) throw new Error('it was opened with a recording');
  const text = 'x'.repeat(100 * 1024);
  for (let firstEvent = 0; !isEnough(); firstEvent += 1) {
    await writer.appendBatch(appendWrite(recording.recordingId, firstEvent, [output(0, text)], { epoch }));
  }
};

const times = (count: number): (() => boolean) => {
  let left = count;
  return () => (left -= 1) < 0;
};

test('under a writer beside readers that read for long, one after the other without a pause, the log is begun anew again and again', async () => {
  const { reader } = catalog;
  const { recording } = await writer.openSession(openSessionWrite());
  const recordingId = recording?.recordingId;
  if (recordingId === undefined) throw new Error('it was opened with a recording');
  let isFed = false;
  const reads = [
    () => reader.sessionStats(seesAll, everySession, { groupBy: 'USER', limit: 50, timeZone: 'UTC' }),
    () => reader.countSessions(seesAll, { ...everySession, minDurationMs: 1 }, 100_000),
    () => reader.sessionsAt(seesAll, { ...everySession, killed: false }, 9_000, 1_000),
    () => reader.contents(seesAll, recordingId, whole),
  ].map(async (read) => {
    let count = 0;
    for (; !isFed; count += 1) {
      await read();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return count;
  });
  using stack = new DisposableStack();
  const watcher = stack.adopt(openWatcher(), (each) => each.close());
  let begunAnew = 0;
  let before = 0;
  await feedUntil(() => {
    const pages = usedPages(watcher);
    if (pages < before && before * PAGE_BYTES > walBytesMax) begunAnew += 1;
    before = pages;
    return begunAnew === 5;
  });
  isFed = true;
  for (const count of await Promise.all(reads)) expect(count).toBeGreaterThan(0);
});

test('one who keeps a moment of the catalog lets the log grow, and it is begun anew when they let go', async () => {
  using stack = new DisposableStack();
  const keeper = stack.adopt(openWatcher(), (each) => each.close());
  keeper.exec('BEGIN');
  keeper.prepare('SELECT count(*) FROM sessions').get();
  await feedUntil(times(60));
  expect(statSync(`${catalogPathOf(folder.path)}-wal`).size).toBeGreaterThan(2 * walBytesMax);
  keeper.exec('COMMIT');
  const before = usedPages(keeper);
  // It is tried again no more often than once a second.
  await feedUntil(() => usedPages(keeper) < before / 4);
});

/** A connection whose log cannot be begun anew, as on a disk that is full. */
class FullDisk extends Database {
  tried = 0;

  override pragma(source: string, options?: Database.PragmaOptions): unknown {
    if (source !== 'wal_checkpoint(RESTART)') return super.pragma(source, options);
    this.tried += 1;
    throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL');
  }
}

test('a log that a full disk keeps from being begun anew harms no write, and is tried again a second later', () => {
  using stack = new DisposableStack();
  const database = stack.adopt(new FullDisk(`${folder.path}/full.db`, { timeout: 4_321 }), (each) => each.close());
  database.pragma('journal_mode = WAL');
  database.exec('CREATE TABLE things (text)');
  const limit = new WalLimit(database, 0);
  for (const nowMs of [10_000, 10_999, 11_000]) {
    database.exec("INSERT INTO things VALUES ('x')");
    limit.afterCommit(nowMs);
  }
  expect(database.tried).toBe(2);
  expect(database.pragma('busy_timeout', { simple: true })).toBe(4_321);
});
