import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const tables: readonly string[] = [
  // SQLite cannot take a UNIQUE away from a column: the table is made again, with its rows in the order of their making.
  'ALTER TABLE tokens RENAME TO tokens_before',
  `CREATE TABLE tokens (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    token_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    sha256 BLOB NOT NULL UNIQUE,
    role TEXT NOT NULL,
    producer TEXT,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER,
    last_used_ms INTEGER,
    revoked_ms INTEGER
  ) STRICT`,
  `INSERT INTO tokens (token_id, name, sha256, role, producer, created_ms, expires_ms)
     SELECT token_id, name, sha256, role, producer, created_ms, expires_ms FROM tokens_before ORDER BY created_ms, token_id`,
  'DROP TABLE tokens_before',
  `CREATE TABLE sign_ins (
    sign_in_id TEXT PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE,
    token_id TEXT REFERENCES tokens (token_id) ON DELETE CASCADE ON UPDATE CASCADE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  // What the columns of these two mean, and what binds them to one another, is in audit-chain.ts.
  `CREATE TABLE audit_entries (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    entry_id TEXT NOT NULL UNIQUE,
    chain TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    origin TEXT,
    credential TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT,
    request_id TEXT,
    details TEXT,
    hash BLOB NOT NULL
  ) STRICT`,
  `CREATE TABLE audit_pseudonyms (
    pseudonym TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    salt BLOB NOT NULL,
    person TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,
  'CREATE TABLE kept_settings (name TEXT PRIMARY KEY, value TEXT) STRICT, WITHOUT ROWID',
];

// Every index of the audit log ends in the row's position, so each of these also has its entries in the log's order.
const indexes: readonly string[] = [
  'CREATE UNIQUE INDEX tokens_by_name ON tokens (name) WHERE revoked_ms IS NULL',
  'CREATE INDEX sign_ins_by_token ON sign_ins (token_id) WHERE token_id IS NOT NULL',
  'CREATE INDEX sign_ins_by_end ON sign_ins (expires_ms)',
  'CREATE INDEX audit_entries_by_time ON audit_entries (at_ms)',
  'CREATE INDEX audit_entries_by_actor ON audit_entries (actor)',
  'CREATE INDEX audit_entries_by_action ON audit_entries (action)',
  'CREATE INDEX audit_entries_by_target ON audit_entries (target) WHERE target IS NOT NULL',
  `CREATE UNIQUE INDEX audit_pseudonyms_by_name ON audit_pseudonyms (text) WHERE kind = 'name'`,
  'CREATE UNIQUE INDEX audit_pseudonyms_by_person ON audit_pseudonyms (person, kind, text)',
];

const triggers: readonly string[] = ['UPDATE', 'DELETE'].map(
  (change) =>
    `CREATE TRIGGER audit_entries_refuse_${change.toLowerCase()} BEFORE ${change} ON audit_entries
     BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END`,
);

export const accessAndAudit: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of [...tables, ...indexes, ...triggers]) await sql.raw(statement).execute(db);
  },
};
