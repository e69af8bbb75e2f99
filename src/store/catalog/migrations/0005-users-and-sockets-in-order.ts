import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

// NOTE a list goes on from a place that is two numbers, so users and sockets get one beside their names.
const changes: readonly string[] = [
  'ALTER TABLE users RENAME TO users_before',
  `CREATE TABLE users (
    user_key INTEGER PRIMARY KEY,
    identity_key TEXT NOT NULL UNIQUE,
    identity TEXT NOT NULL,
    email TEXT,
    name TEXT,
    picture TEXT,
    sub TEXT,
    nickname TEXT,
    is_service_account INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL
  ) STRICT`,
  `INSERT INTO users (identity_key, identity, email, name, picture, sub, nickname, is_service_account, last_seen_ms)
     SELECT identity_key, identity, email, name, picture, sub, nickname, is_service_account, last_seen_ms
     FROM users_before ORDER BY last_seen_ms, identity_key`,
  'DROP TABLE users_before',
  'ALTER TABLE sockets RENAME TO sockets_before',
  `CREATE TABLE sockets (
    socket_key INTEGER PRIMARY KEY,
    socket_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    protocol TEXT NOT NULL,
    last_used_ms INTEGER NOT NULL
  ) STRICT`,
  `INSERT INTO sockets (socket_id, name, protocol, last_used_ms)
     SELECT socket_id, name, protocol, last_used_ms FROM sockets_before ORDER BY last_used_ms, socket_id`,
  'DROP TABLE sockets_before',
  // Both end in the row's key.
  'CREATE INDEX users_by_last_seen ON users (last_seen_ms)',
  'CREATE INDEX sockets_by_last_used ON sockets (last_used_ms)',
];

export const usersAndSocketsInOrder: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of changes) await sql.raw(statement).execute(db);
  },
};
