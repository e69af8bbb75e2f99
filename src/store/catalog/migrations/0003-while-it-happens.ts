import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const changes: readonly string[] = [
  // NOTE the first position of the log of changes: sessions of before are new to nobody who has read further.
  'ALTER TABLE sessions ADD COLUMN created_revision INTEGER NOT NULL DEFAULT 1',
  'ALTER TABLE sessions ADD COLUMN ended_revision INTEGER NOT NULL DEFAULT 0',
  'UPDATE sessions SET ended_revision = 1 WHERE ended_ms IS NOT NULL',
  'ALTER TABLE sessions ADD COLUMN lost_ms INTEGER',
  // Nobody knows any more since when: their time to come back begins with the upgrade.
  `UPDATE sessions SET lost_ms = unixepoch() * 1000 WHERE status = 'LOST'`,
  // What a recording that others go on with is fed by is in writing/rotate-recording.ts.
  'ALTER TABLE recordings ADD COLUMN base_event INTEGER NOT NULL DEFAULT 0',
  'ALTER TABLE recordings ADD COLUMN base_ms INTEGER NOT NULL DEFAULT 0',
  'ALTER TABLE recordings ADD COLUMN newest_key INTEGER REFERENCES recordings (recording_key)',
  'ALTER TABLE recordings ADD COLUMN last_columns INTEGER',
  'ALTER TABLE recordings ADD COLUMN last_rows INTEGER',
  // Attempts that were counted in another one's session, so that their retries are not counted again.
  `CREATE TABLE folded_attempts (
    session_id TEXT PRIMARY KEY,
    session_position INTEGER NOT NULL REFERENCES sessions (position),
    attempt INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
];

const indexes: readonly string[] = [
  `CREATE INDEX sessions_killing ON sessions (producer, kill_requested_ms) WHERE status = 'KILLING'`,
  `CREATE INDEX sessions_refused ON sessions (producer, client_ip, user_identity_key, started_ms) WHERE status = 'DENIED'`,
  'CREATE INDEX recordings_by_newest ON recordings (newest_key) WHERE newest_key IS NOT NULL',
  'CREATE INDEX folded_attempts_by_time ON folded_attempts (at_ms)',
  'CREATE UNIQUE INDEX folded_attempts_by_session ON folded_attempts (session_position, attempt)',
];

export const whileItHappens: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of [...changes, ...indexes]) await sql.raw(statement).execute(db);
  },
};
