import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements: readonly string[] = [
  // NOTE AUTOINCREMENT: a position that was given is not given again, also when what had it is gone.
  `CREATE TABLE closings (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    recording_key INTEGER NOT NULL,
    first_event INTEGER NOT NULL,
    FOREIGN KEY (recording_key, first_event) REFERENCES chunks (recording_key, first_event) ON DELETE CASCADE
  ) STRICT`,
  'CREATE UNIQUE INDEX closings_of_chunks ON closings (recording_key, first_event)',
  // Nobody knows any more in which order chunks of before were closed.
  'INSERT INTO closings (recording_key, first_event) SELECT recording_key, first_event FROM chunks ORDER BY 1, 2',
];

/** Closed chunks by a position that grows in the order of commits: what exporters of events follow. */
export const closedInOrder: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
