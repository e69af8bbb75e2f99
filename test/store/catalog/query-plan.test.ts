import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seesAll } from '../../../src/model/access.ts';
import type { SocketId } from '../../../src/model/ids.ts';
import { firstPage } from '../../../src/model/page.ts';
import { everySession, newestFirst, type SessionFilter, type SessionOrder } from '../../../src/model/session-filter.ts';
import { matchingAudit } from '../../../src/store/catalog/audit-queries.ts';
import { newestFirst as byNewest } from '../../../src/store/catalog/row-queries.ts';
import { matchingSessions, sessionPage } from '../../../src/store/catalog/session-query.ts';
import { addSessions, arbitrarySpec } from '../many-sessions.ts';
import { catalogPathOf, openFolder, testStartMs } from '../opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../temporary-folder.ts';

/** What SQLite does for the first page and for a later one; both must do the same. */
const planOf = (database: Database.Database, filter: Partial<SessionFilter>, order: SessionOrder): string => {
  const query = matchingSessions(seesAll, { ...everySession, ...filter });
  const key = order.field === 'STARTED_AT' ? [testStartMs * 1024] : [testStartMs, testStartMs * 1024];
  const after = { order: '', key };
  const plans = [firstPage(50), { ...firstPage(50), after }, { ...firstPage(50), backward: true, before: after }].map(
    (page) => {
      const { sql, parameters } = sessionPage(query, order, page).compile();
      const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { readonly detail: string }[];
      return rows.map(({ detail }) => detail.replace(/ \(.*\)$/, '')).join('; ');
    },
  );
  return [...new Set(plans)].join(' | ');
};

const lists: readonly (readonly [string, Partial<SessionFilter>, SessionOrder, string])[] = [
  ['all', {}, newestFirst, 'SCAN sessions | SEARCH sessions USING INTEGER PRIMARY KEY'],
  ['one user', { userIdentities: ['ann@example.com'] }, newestFirst, 'SEARCH sessions USING INDEX sessions_by_user'],
  ['one email', { userEmails: ['ann@example.com'] }, newestFirst, 'SEARCH sessions USING INDEX sessions_by_email'],
  [
    'one socket',
    { socketIds: ['aaaaaaaa-0000-4000-8000-000000000001' as SocketId] },
    newestFirst,
    'SEARCH sessions USING INDEX sessions_by_socket',
  ],
  ['one socket name', { socketNames: ['bastion'] }, newestFirst, 'SEARCH sessions USING INDEX sessions_by_socket_name'],
  [
    'killed',
    { killed: true },
    newestFirst,
    'SCAN sessions USING INDEX sessions_killed | SEARCH sessions USING INDEX sessions_killed',
  ],
  [
    'one user, killed',
    { userIdentities: ['ann@example.com'], killed: true },
    newestFirst,
    'SEARCH sessions USING INDEX sessions_killed_by_user',
  ],
  ['one status', { statuses: ['ACTIVE'] }, newestFirst, 'SEARCH sessions USING INDEX sessions_by_status'],
  ['one protocol', { protocols: ['SSH'] }, newestFirst, 'SEARCH sessions USING INDEX sessions_by_protocol'],
  [
    'a time',
    { startedFromMs: testStartMs, startedBeforeMs: testStartMs + 1000 },
    newestFirst,
    'SEARCH sessions USING INTEGER PRIMARY KEY',
  ],
  [
    'all, by last sign of life',
    {},
    { field: 'LAST_SEEN_AT', direction: 'DESC' },
    'SCAN sessions USING INDEX sessions_by_last_seen | SEARCH sessions USING INDEX sessions_by_last_seen',
  ],
  [
    'all, by duration',
    {},
    { field: 'DURATION', direction: 'ASC' },
    'SCAN sessions USING INDEX sessions_by_duration | SEARCH sessions USING INDEX sessions_by_duration',
  ],
];

let folder: TemporaryFolder;
let database: Database.Database;
beforeAll(async () => {
  folder = await temporaryFolder();
  await using opened = await openFolder(folder.path, { closes: false });
  database = new Database(catalogPathOf(folder.path));
  expect(opened.report.recordings).toBe(0);
});
afterAll(async () => {
  database.close();
  await folder[Symbol.asyncDispose]();
});

test.each(lists)('the list of %s is read by an index', (_name, filter, order, plan) => {
  expect(planOf(database, filter, order)).toBe(plan);
});

test('when SQLite has counted what there is, no common list is sorted either', async () => {
  {
    await using opened = await openFolder(folder.path, { closes: false });
    await addSessions(opened.writer, 'tests', fc.sample(arbitrarySpec, { numRuns: 700, seed: 1 }));
  }
  database.exec('ANALYZE');
  const plans = lists.map(([, filter, order]) => planOf(database, filter, order));
  expect(plans.filter((plan) => plan.includes('TEMP B-TREE'))).toEqual([]);
});

test.each([
  ['all of it', null, {}, 'SCAN audit_entries | SEARCH audit_entries USING INTEGER PRIMARY KEY'],
  ['one actor', '0123456789abcdef', {}, 'SEARCH audit_entries USING INDEX audit_entries_by_actor'],
  ['one action', null, { actions: ['searched'] }, 'SEARCH audit_entries USING INDEX audit_entries_by_action'],
  ['one target', null, { target: 'session 1' }, 'SEARCH audit_entries USING INDEX audit_entries_by_target'],
] as const)('of the audit log, %s is read by an index and not sorted', (_name, person, filter, plan) => {
  const everything = { actions: null, target: null, fromMs: null, beforeMs: null };
  const pages = [firstPage(50), { ...firstPage(50), after: { order: 'audit', key: [1000] } }];
  const plans = pages.map((page) => {
    const query = byNewest(matchingAudit({ ...everything, ...filter }, person), 'audit_entries.position', page);
    const { sql, parameters } = query.compile();
    const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { readonly detail: string }[];
    const own = rows.filter(({ detail }) => !/actors|origins|SCALAR|audit_pseudonyms/.test(detail));
    return own.map(({ detail }) => detail.replace(/ \(.*\)$/, '')).join('; ');
  });
  expect([...new Set(plans)].join(' | ')).toBe(plan);
});
