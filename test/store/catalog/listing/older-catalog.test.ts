import path from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogScripts } from '../../../../src/cli/assets.ts';
import { seesAll } from '../../../../src/model/access.ts';
import { firstPage } from '../../../../src/model/page.ts';
import { everySession, newestFirst, type SessionFilter } from '../../../../src/model/session-filter.ts';
import type { Session } from '../../../../src/model/session.ts';
import type { Catalog } from '../../../../src/store/catalog/catalog.ts';
import { sessionsAndRecordings } from '../../../../src/store/catalog/migrations/0001-sessions-and-recordings.ts';
import { accessAndAudit } from '../../../../src/store/catalog/migrations/0002-access-and-audit.ts';
import { whileItHappens } from '../../../../src/store/catalog/migrations/0003-while-it-happens.ts';
import { openForWriting } from '../../../../src/store/catalog/open-database.ts';
import { openSqliteCatalog } from '../../../../src/store/catalog/sqlite-catalog.ts';
import { writeSessionHistory } from '../../../fixture/session-history.ts';
import { byOrder, idsOf, matches } from '../../many-sessions.ts';
import { temporaryFolder, type TemporaryFolder } from '../../temporary-folder.ts';
import { openSessionWrite } from '../../writes.ts';

let folder: TemporaryFolder;
let catalog: Catalog;
let all: readonly Session[];
beforeAll(async () => {
  folder = await temporaryFolder();
  const place = { path: path.join(folder.path, 'catalog.db'), nativeBinding: null };
  const database = openForWriting(place);
  const migrations = {
    '0001-sessions-and-recordings': sessionsAndRecordings,
    '0002-access-and-audit': accessAndAudit,
    '0003-while-it-happens': whileItHappens,
  };
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  await new Migrator({ db, provider: { getMigrations: async () => migrations } }).migrateToLatest();
  database.exec(`INSERT INTO log VALUES ('a1', 0)`);
  writeSessionHistory(database, 400);
  database.prepare(`UPDATE sessions SET client_ip = 'unknown' WHERE revision = 1`).run();
  database.close();
  catalog = await openSqliteCatalog(place, catalogScripts, () => {});
  all = (await catalog.reader.sessions(seesAll, everySession, newestFirst, firstPage(400))).items;
  expect(all).toHaveLength(400);
});
afterAll(async () => {
  await catalog[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

test.each<Partial<SessionFilter>>([
  { clientIps: ['198.18.0.0/16'] },
  { clientIps: ['198.19.7.0/24', '2001:db8:1::/48'] },
  { countryCodes: ['ch', 'IS'] },
  { upstreams: ['PostgreSQL'] },
  { recordingStates: ['NONE', 'PARTIAL'] },
  { minDurationMs: 3_000_000 },
  // More than the main thread looks at.
  { killed: false, startedFromMs: 1 },
  { text: 'zurich' },
  { text: 'person1@example.com' },
])('sessions of before a catalog was brought up to date are found by %j', async (asked) => {
  const filter = { ...everySession, ...asked };
  const wanted = all.filter((session) => matches(session, filter));
  expect(wanted.length).toBeGreaterThan(0);
  const found = await catalog.reader.sessions(seesAll, filter, newestFirst, firstPage(400));
  expect(idsOf(found.items)).toEqual(idsOf(wanted));
  for (const field of ['LAST_SEEN_AT', 'DURATION'] as const) {
    const order = { field, direction: 'ASC' } as const;
    const ordered = await catalog.reader.sessions(seesAll, filter, order, firstPage(400));
    expect(idsOf(ordered.items)).toEqual(idsOf(wanted.toSorted(byOrder(order))));
  }
});

test('a session is found by its words as soon as it is known, beside those of before', async () => {
  const input = openSessionWrite({ session: { server: { name: 'person1-backup', port: 22 } } });
  const filter = { ...everySession, text: 'Person1' };
  const before = await catalog.reader.sessions(seesAll, filter, newestFirst, firstPage(400));
  await catalog.writer?.openSession(input);
  const after = await catalog.reader.sessions(seesAll, filter, newestFirst, firstPage(400));
  expect(new Set(idsOf(after.items))).toEqual(new Set([...idsOf(before.items), input.session.sessionId]));
});
