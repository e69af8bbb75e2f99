import type Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { sessionsAndRecordings } from './migrations/0001-sessions-and-recordings.ts';
import { accessAndAudit } from './migrations/0002-access-and-audit.ts';
import { addressKey } from '../../model/ip-range.ts';
import { whileItHappens } from './migrations/0003-while-it-happens.ts';
import { everyFilter } from './migrations/0004-every-filter.ts';
import { usersAndSocketsInOrder } from './migrations/0005-users-and-sockets-in-order.ts';
import { closedInOrder } from './migrations/0006-closed-in-order.ts';

/** All migrations by name, in order. A name is for good once it was released. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-sessions-and-recordings': sessionsAndRecordings,
  '0002-access-and-audit': accessAndAudit,
  '0003-while-it-happens': whileItHappens,
  '0004-every-filter': everyFilter,
  '0005-users-and-sockets-in-order': usersAndSocketsInOrder,
  '0006-closed-in-order': closedInOrder,
};

/** The data folder was written by a newer program. */
export class NewerDataFolder extends Error {
  constructor(version: string, newest: string) {
    super(
      `the data folder is of version ${version}, and this program knows versions up to ${newest}: use a newer reeltime`,
    );
  }
}

/** The data folder was written by an older program, and this verb only reads. */
export class OlderDataFolder extends Error {
  constructor(version: string, newest: string) {
    super(
      `the data folder is of version ${version}, and needs ${newest}: start the server once, it upgrades the folder`,
    );
  }
}

const versionsOf = (database: Database.Database): readonly string[] => {
  const table = database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'kysely_migration'`).get();
  if (table === undefined) return [];
  return database
    .prepare<[], { name: string }>('SELECT name FROM kysely_migration ORDER BY name')
    .all()
    .map((row) => row.name);
};

const newestVersion = (): string => Object.keys(migrations).at(-1) ?? 'none';

/** @throws NewerDataFolder, OlderDataFolder */
export const checkVersion = (database: Database.Database): void => {
  const versions = versionsOf(database);
  refuseNewer(versions);
  if (versions.length < Object.keys(migrations).length)
    throw new OlderDataFolder(versions.at(-1) ?? 'none', newestVersion());
};

const refuseNewer = (versions: readonly string[]): void => {
  const unknown = versions.findLast((version) => !(version in migrations));
  if (unknown !== undefined) throw new NewerDataFolder(unknown, newestVersion());
};

const addressKeyOf = (ip: unknown): Buffer | null => {
  const key = addressKey(String(ip));
  return key === null ? null : Buffer.from(key);
};

/** Brings the catalog to this program's version, whole or not at all. @throws NewerDataFolder */
export const migrate = async (database: Database.Database): Promise<void> => {
  refuseNewer(versionsOf(database));
  // NOTE the dialect closes the database when Kysely is destroyed, so Kysely is not destroyed: the caller owns it.
  const kysely = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  database.function('address_key', { deterministic: true }, addressKeyOf);
  const migrator = new Migrator({ db: kysely, provider: { getMigrations: async () => migrations } });
  // Kysely begins no transaction of its own on SQLite.
  database.exec('BEGIN IMMEDIATE');
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) database.exec('COMMIT');
  else {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw new Error('the catalog could not be upgraded', { cause: error });
  }
};
