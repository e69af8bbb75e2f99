import { readFile } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { catalogScripts } from '../../src/cli/assets.ts';
import type { AuditVerdict } from '../../src/model/audit.ts';
import { hashEntry } from '../../src/store/catalog/audit-chain.ts';
import { openSqliteCatalog, openSqliteCatalogToRead } from '../../src/store/catalog/sqlite-catalog.ts';
import type { AuditEntriesTable } from '../../src/store/catalog/tables.ts';
import { temporaryFolder, type TemporaryFolder } from './temporary-folder.ts';
import { anActor, auditEntry } from './writes.ts';

/* What somebody who may write to the file can do to the audit log, and that it is found. */

const ENTRIES = 12;

let folder: TemporaryFolder;
let place: { readonly path: string; readonly nativeBinding: null };
let head: { readonly position: number; readonly hash: Uint8Array };

const verify = async (known: typeof head | null = null): Promise<AuditVerdict> => {
  await using catalog = openSqliteCatalogToRead(place);
  return await catalog.reader.verifyAudit(known, () => {}, new AbortController().signal);
};

beforeAll(async () => {
  folder = await temporaryFolder();
  place = { path: path.join(folder.path, 'catalog.db'), nativeBinding: null };
  await using catalog = await openSqliteCatalog(place, catalogScripts, () => {});
  for (let index = 1; index < ENTRIES; index += 1) {
    const actor = { ...anActor, name: ['ann', 'bob', 'eve'][index % 3] ?? '', ip: `192.0.2.${index % 2}` };
    await catalog.writer?.addAuditEntry(auditEntry({ actor, target: `session ${index}`, details: { words: index } }));
    if (index !== 2) continue;
    await catalog.writer?.forgetPerson({ name: 'eve', audit: auditEntry({ action: 'person.forgotten' }) });
  }
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Does this to the file without the triggers, then whatever is asked, then undoes it. */
const tampered = async <Answer>(change: (database: Database.Database) => void, ask: () => Promise<Answer>) => {
  const database = new Database(place.path);
  const tables = ['audit_entries', 'audit_pseudonyms'];
  try {
    for (const table of tables) database.exec(`CREATE TABLE kept_${table} AS SELECT * FROM ${table}`);
    const triggers = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all() as {
      readonly name: string;
      readonly sql: string;
    }[];
    const sequence = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'audit_entries'").pluck().get();
    for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
    try {
      change(database);
      return await ask();
    } finally {
      for (const table of tables) {
        database.exec(
          `DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM kept_${table}; DROP TABLE kept_${table}`,
        );
      }
      for (const { sql } of triggers) database.exec(sql);
      database.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = 'audit_entries'").run(sequence);
    }
  } finally {
    database.close();
  }
};

beforeEach(async () => {
  const verdict = await verify();
  expect(verdict).toMatchObject({ ok: true, entryCount: ENTRIES, headPosition: ENTRIES, badPosition: null });
  head = { position: verdict.headPosition, hash: verdict.headHash };
});

test('the file itself refuses to change or delete an entry', () => {
  const database = new Database(place.path);
  try {
    expect(() => database.exec("UPDATE audit_entries SET action = 'x'")).toThrow('only grows');
    expect(() => database.exec('DELETE FROM audit_entries')).toThrow('only grows');
  } finally {
    database.close();
  }
});

test('any one value that was changed is found, at its entry, of whatever column', async () => {
  const columns = 'entry_id chain at_ms actor origin credential action target request_id details hash'.split(' ');
  const changes = fc.record({
    column: fc.constantFrom(...columns),
    position: fc.integer({ min: 1, max: ENTRIES }),
    text: fc.string({ minLength: 1 }),
    number: fc.integer({ min: 1 }),
  });
  await fc.assert(
    fc.asyncProperty(changes, async ({ column, position, text, number }) => {
      const value = column === 'at_ms' ? number : column === 'hash' ? Buffer.alloc(32, text) : text;
      const found = await tampered((database) => {
        database.prepare(`UPDATE audit_entries SET ${column} = ? WHERE position = ?`).run(value, position);
      }, verify);
      expect(found).toMatchObject({ ok: false, badPosition: position, entryCount: position - 1 });
      expect(found.message).toContain(`entry ${position} `);
    }),
    { numRuns: 60 },
  );
});

const originOfFirst = 'pseudonym = (SELECT origin FROM audit_entries WHERE position = 1)';

type Tampering = (database: Database.Database) => void;
const tamperings: readonly (readonly [string, Tampering, number])[] = [
  [
    'a value that was taken away',
    (file) => void file.exec('UPDATE audit_entries SET details = NULL WHERE position = 4'),
    4,
  ],
  ['an entry that was deleted', (file) => void file.exec('DELETE FROM audit_entries WHERE position = 5'), 5],
  [
    'an entry that was deleted, and the others moved up',
    (file) =>
      void file.exec(
        'DELETE FROM audit_entries WHERE position = 5; UPDATE audit_entries SET position = position - 1 WHERE position > 5',
      ),
    5,
  ],
  ['the first entry that was deleted', (file) => void file.exec('DELETE FROM audit_entries WHERE position = 1'), 1],
  ['an end that was cut off', (file) => void file.exec('DELETE FROM audit_entries WHERE position > 9'), 10],
  ['all of it that was cut off', (file) => void file.exec('DELETE FROM audit_entries'), 1],
  [
    'two entries that changed places',
    (file) =>
      void file.exec(`UPDATE audit_entries SET position = 100 WHERE position = 3; UPDATE audit_entries SET position = 3
        WHERE position = 4; UPDATE audit_entries SET position = 4 WHERE position = 100`),
    3,
  ],
  [
    'an entry that was put at the end',
    (file) =>
      void file.exec(`INSERT INTO audit_entries SELECT position + 1, 'x', chain, at_ms, actor, origin, credential, action, target,
        request_id, details, hash FROM audit_entries WHERE position = ${ENTRIES}`),
    ENTRIES + 1,
  ],
  [
    'a name that was changed',
    (file) => void file.exec("UPDATE audit_pseudonyms SET text = 'mallory' WHERE text = 'bob'"),
    1,
  ],
  [
    'an address that was changed',
    (file) => void file.exec(`UPDATE audit_pseudonyms SET text = '["192.0.2.9",null]' WHERE ${originOfFirst}`),
    1,
  ],
  [
    'names that changed places, salt and all',
    (file) => {
      const names = file
        .prepare("SELECT * FROM audit_pseudonyms WHERE kind = 'name' AND text IN ('ann', 'bob')")
        .all() as {
        readonly text: string;
        readonly salt: Buffer;
      }[];
      const [one, two] = names;
      const set = file.prepare('UPDATE audit_pseudonyms SET text = ?, salt = ? WHERE text = ?');
      set.run('between', one?.salt, one?.text);
      set.run(one?.text, one?.salt, two?.text);
      set.run(two?.text, two?.salt, 'between');
    },
    1,
  ],
  [
    'a name that was deleted although nobody forgot it',
    (file) => void file.exec("DELETE FROM audit_pseudonyms WHERE text = 'bob'"),
    1,
  ],
  [
    'an address that was deleted, and its name was not',
    (file) => void file.exec("DELETE FROM audit_pseudonyms WHERE kind = 'origin'"),
    1,
  ],
  [
    'an address that was given to somebody else',
    (file) => void file.exec(`UPDATE audit_pseudonyms SET person = 'x' WHERE ${originOfFirst}`),
    1,
  ],
];

test.each(tamperings)('%s is found', async (_name, change, badPosition) => {
  expect(await tampered(change, verify)).toMatchObject({ ok: false, badPosition });
});

/** As somebody would who knows how the chain is made: every hash from here on is right again. */
const chainAgain = (database: Database.Database, from: number): void => {
  const rows = database.prepare('SELECT * FROM audit_entries ORDER BY position').all() as AuditEntriesTable[];
  const set = database.prepare('UPDATE audit_entries SET hash = ? WHERE position = ?');
  for (const [index, row] of rows.entries()) {
    const before = rows[index - 1];
    if (row.position < from || before === undefined) continue;
    const { hash: _hash, ...entry } = row;
    row.hash = hashEntry(before.hash, entry);
    set.run(row.hash, row.position);
  }
};

test.each([
  [
    'was changed, and the chain made again',
    (file: Database.Database) => {
      file.exec("UPDATE audit_entries SET target = 'session 0' WHERE position = 6");
      chainAgain(file, 6);
    },
  ],
  [
    'lost its end, and every trace of it',
    (file: Database.Database) => {
      file.exec(
        "DELETE FROM audit_entries WHERE position > 6; UPDATE sqlite_sequence SET seq = 6 WHERE name = 'audit_entries'",
      );
    },
  ],
] as const)('a log that %s is found by whoever noted an earlier head', async (_name, change) => {
  expect(await tampered(change, () => verify())).toMatchObject({ ok: true });
  expect(await tampered(change, () => verify(head))).toMatchObject({ ok: false });
});

test('of a log without entries the head is known, too', async () => {
  await using empty = await temporaryFolder();
  const emptyPlace = { path: path.join(empty.path, 'catalog.db'), nativeBinding: null };
  await using catalog = await openSqliteCatalog(emptyPlace, catalogScripts, () => {});
  const ask = (known: typeof head | null) => catalog.reader.verifyAudit(known, () => {}, new AbortController().signal);
  const { headHash, ...verdict } = await ask(null);
  expect(verdict).toMatchObject({ ok: true, entryCount: 0, headPosition: 0 });
  expect(await ask({ position: 0, hash: headHash })).toMatchObject({ ok: true });
  expect(await ask({ position: 0, hash: new Uint8Array(32) })).toMatchObject({ ok: false });
});

test('a name that was forgotten is nowhere in the file', async () => {
  await using other = await temporaryFolder();
  const otherPlace = { path: path.join(other.path, 'catalog.db'), nativeBinding: null };
  const secret = 'somebody-who-wants-to-be-forgotten';
  {
    await using catalog = await openSqliteCatalog(otherPlace, catalogScripts, () => {});
    await catalog.writer?.addAuditEntry(
      auditEntry({ actor: { ...anActor, name: secret, client: secret, credential: `proxy ${secret}` } }),
    );
    await catalog.writer?.forgetPerson({ name: secret, audit: auditEntry({ action: 'person.forgotten' }) });
  }
  const file = await readFile(otherPlace.path);
  expect(file.includes(secret)).toBe(false);
});

test('an earlier head that is still in the log holds, however much came after', async () => {
  expect(await verify(head)).toMatchObject({ ok: true });
  await using catalog = await openSqliteCatalog(place, catalogScripts, () => {});
  const more = Array.from({ length: 1200 }, (_, index) => auditEntry({ target: `session ${index}` }));
  await Promise.all(more.map((entry) => catalog.writer?.addAuditEntry(entry)));
  const seen: (readonly [number, number])[] = [];
  const verdict = await catalog.reader.verifyAudit(
    head,
    (...counts) => seen.push(counts),
    new AbortController().signal,
  );
  expect(verdict).toMatchObject({ ok: true, entryCount: ENTRIES + 1200 });
  expect(seen).toEqual([
    [1000, ENTRIES + 1200],
    [ENTRIES + 1200, ENTRIES + 1200],
  ]);
});
