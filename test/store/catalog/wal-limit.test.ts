import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogScripts } from '../../../src/cli/assets.ts';
import { seesAll } from '../../../src/model/access.ts';
import { everySession } from '../../../src/model/session-filter.ts';
import type { Catalog, CatalogWriter } from '../../../src/store/catalog/catalog.ts';
import { openSqliteCatalog } from '../../../src/store/catalog/sqlite-catalog.ts';
import { copyHistory } from '../../fixture/shared-history.ts';
import { whole } from '../catalog-contract/subject.ts';
import { output } from '../feeding.ts';
import { catalogPathOf } from '../opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../temporary-folder.ts';
import { appendWrite, openSessionWrite } from '../writes.ts';

const MB = 1024 * 1024;
const walBytesMax = 2 * MB;
/** What one commit may add before the log is looked at. */
const COMMIT_BYTES = MB;

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

const walBytes = (): number => statSync(`${catalogPathOf(folder.path)}-wal`).size;

/** A recording that is fed a batch of some 100 KiB at a time, and what the log's file has at its largest meanwhile. */
const feed = async (batches: number): Promise<{ readonly largest: number; readonly recordingId: string }> => {
  const { recording, epoch } = await writer.openSession(openSessionWrite());
  if (recording === null) throw new Error('it was opened with a recording');
  const text = 'x'.repeat(100 * 1024);
  let largest = 0;
  for (let firstEvent = 0; firstEvent < batches; firstEvent += 1) {
    await writer.appendBatch(appendWrite(recording.recordingId, firstEvent, [output(0, text)], { epoch }));
    largest = Math.max(largest, walBytes());
  }
  return { largest, recordingId: recording.recordingId };
};

test('under a writer beside readers that read for long, one after the other without a pause, the log stays small', async () => {
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
    let times = 0;
    for (; !isFed; times += 1) {
      await read();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return times;
  });
  const { largest } = await feed(150);
  isFed = true;
  for (const times of await Promise.all(reads)) expect(times).toBeGreaterThan(0);
  expect(largest).toBeLessThan(2 * walBytesMax + COMMIT_BYTES);
});

test('one who keeps a moment of the catalog lets the log grow, and it is begun anew when they let go', async () => {
  using stack = new DisposableStack();
  const keeper = stack.adopt(new Database(catalogPathOf(folder.path), { readonly: true }), (each) => each.close());
  keeper.exec('BEGIN');
  keeper.prepare('SELECT count(*) FROM sessions').get();
  const { largest } = await feed(60);
  expect(largest).toBeGreaterThan(2 * walBytesMax);
  keeper.exec('COMMIT');
  const usedPages = (): number =>
    (keeper.pragma('wal_checkpoint(NOOP)') as readonly { readonly log: number }[])[0]?.log ?? Number.NaN;
  const before = usedPages();
  // It is tried again no more often than once a second.
  await expect
    .poll(
      async () => {
        await feed(1);
        return usedPages();
      },
      { timeout: 10_000 },
    )
    .toBeLessThan(before / 4);
});
