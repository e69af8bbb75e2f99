import Database from 'better-sqlite3';
import { WAL_BYTES_MAX } from '../../model/limits.ts';
import { provideHasWords } from './has-words.ts';

export type OpenDatabase = {
  readonly path: string;
  /** better-sqlite3's addon; null: the one in its package. */
  readonly nativeBinding: string | null;
};

const withBinding = (binding: string | null): Database.Options => (binding === null ? {} : { nativeBinding: binding });

/**
 * The one connection that writes.
 * NOTE synchronous must be set on every connection: better-sqlite3 falls to NORMAL on a WAL file, and a power cut would
 * take acknowledged commits.
 */
export const openForWriting = ({ path, nativeBinding }: OpenDatabase): Database.Database => {
  const database = new Database(path, withBinding(nativeBinding));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('secure_delete = ON');
  database.pragma('foreign_keys = ON');
  database.pragma('cache_size = -65536');
  // Pages: 32 MiB. Pending batches mostly go before they would be copied into the file.
  database.pragma('wal_autocheckpoint = 8192');
  database.pragma(`journal_size_limit = ${WAL_BYTES_MAX}`);
  provideHasWords(database, withBinding(nativeBinding));
  return database;
};

/** A connection that only reads, beside the writer. @throws when there is no such file */
export const openForReading = ({ path, nativeBinding }: OpenDatabase): Database.Database => {
  const database = new Database(path, { readonly: true, fileMustExist: true, ...withBinding(nativeBinding) });
  database.pragma('synchronous = FULL');
  database.pragma('query_only = ON');
  database.pragma('cache_size = -65536');
  provideHasWords(database, withBinding(nativeBinding));
  return database;
};
