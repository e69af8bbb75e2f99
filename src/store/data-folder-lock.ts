import Database from 'better-sqlite3';

/** Somebody else writes to this data folder. */
export class DataFolderInUse extends Error {
  constructor(folder: string, options?: ErrorOptions) {
    super(`another reeltime writes to the data folder ${folder}: only one may`, options);
  }
}

/**
 * Holds a data folder for one writer. Node has no flock, and a file with a process id outlives a kill -9; SQLite's own lock
 * on a file of its own is let go by the kernel the moment its holder is gone.
 */
export class DataFolderLock implements Disposable {
  readonly #database: Database.Database;

  private constructor(database: Database.Database) {
    this.#database = database;
  }

  /** @param path the lock's file, within the folder. @throws DataFolderInUse */
  static take(folder: string, path: string, nativeBinding: string | null): DataFolderLock {
    const database = new Database(path, { timeout: 0, ...(nativeBinding === null ? {} : { nativeBinding }) });
    try {
      database.pragma('locking_mode = EXCLUSIVE');
      database.exec('BEGIN EXCLUSIVE');
      return new DataFolderLock(database);
    } catch (error) {
      database.close();
      if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
        throw new DataFolderInUse(folder, { cause: error });
      }
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
