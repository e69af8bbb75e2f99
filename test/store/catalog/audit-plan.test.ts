import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { firstPage } from '../../../src/model/page.ts';
import { matchingAudit } from '../../../src/store/catalog/audit-queries.ts';
import { newestFirst as byNewest } from '../../../src/store/catalog/row-queries.ts';
import { catalogPathOf, openFolder } from '../opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../temporary-folder.ts';

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
