import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import type Database from 'better-sqlite3';
import { migrate } from './migrate.ts';
import { type OpenDatabase, openForWriting } from './open-database.ts';

/** The catalog could not be opened for writing: its message is for people. */
export class CatalogNotOpened extends Error {}

/**
 * Makes the catalog, or brings an old one to this program's version, before anybody uses it. Nobody else may have it open.
 * One that is behind what its log of changes is known to have had was put back from a copy: changes after it were others,
 * so that its log gets another name.
 * @throws CatalogNotOpened when it is newer than this program, or is no catalog
 */
export const prepareDatabase = async (
  place: OpenDatabase,
  knownPositions: ReadonlyMap<string, number> = new Map(),
): Promise<void> => {
  try {
    await prepare(place, knownPositions);
  } catch (error) {
    throw new CatalogNotOpened(error instanceof Error ? error.message : String(error), { cause: error });
  }
};

const prepare = async (place: OpenDatabase, knownPositions: ReadonlyMap<string, number>): Promise<void> => {
  const database = openForWriting(place);
  try {
    await migrate(database);
    provide(database);
    renameOldLog(database, knownPositions);
  } finally {
    database.close();
  }
};

/** A new catalog gets its log's name and its signing key; an old one keeps them. */
const provide = (database: Database.Database): void => {
  database.transaction(() => {
    if (database.prepare('SELECT 1 FROM log').get() === undefined) {
      database.prepare('INSERT INTO log (log_id, position) VALUES (?, 0)').run(newLogName());
    }
    if (database.prepare('SELECT 1 FROM signing_keys').get() === undefined) insertSigningKey(database);
  })();
};

const newLogName = (): string => randomUUID().slice(0, 8);

const renameOldLog = (database: Database.Database, knownPositions: ReadonlyMap<string, number>): void => {
  const log = database.prepare<[], { log_id: string; position: number }>('SELECT log_id, position FROM log').get();
  if (log === undefined || log.position >= (knownPositions.get(log.log_id) ?? 0)) return;
  database.prepare('UPDATE log SET log_id = ?').run(newLogName());
};

const insertSigningKey = (database: Database.Database): void => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  // The last 32 bytes of RFC 8410's SubjectPublicKeyInfo are the key of RFC 8032.
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const keyId = createHash('sha256').update(raw).digest('hex').slice(0, 16);
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  database
    .prepare('INSERT INTO signing_keys (key_id, public_key, private_key, created_ms) VALUES (?, ?, ?, ?)')
    .run(keyId, raw, pkcs8, Date.now());
};
