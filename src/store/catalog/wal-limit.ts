import Database from 'better-sqlite3';

/** What has grown beyond its limit waits for readers to let go at most this long … */
const WAIT_MS = 50;
/** … and no more often than this: one that reads for long (a copy of the catalog) must not slow each commit. */
const RETRY_MS = 1_000;

type Checkpoint = { readonly busy: number; /** Pages in the log. */ readonly log: number };
const notDone: Checkpoint = { busy: 1, log: 0 };

/**
 * Keeps the write-ahead log of the writing connection from growing without end. SQLite begins it anew by itself only in a
 * moment without readers, and under many short ones there is none. Beyond the limit this waits for those that read now:
 * whoever begins meanwhile reads past the log.
 */
export class WalLimit {
  readonly #database: Database.Database;
  readonly #pagesMax: number;
  #notBeforeMs = 0;

  constructor(database: Database.Database, bytesMax: number) {
    this.#database = database;
    this.#pagesMax = Math.floor(bytesMax / Number(database.pragma('page_size', { simple: true })));
  }

  /**
   * To be called after a commit, outside of transactions: the log is looked at, which costs next to nothing. Where SQLite
   * cannot (a full disk has no room for the database's growth) it is tried again later: what was committed is in the log.
   */
  afterCommit(nowMs: number): void {
    if (this.#checkpoint('NOOP').log <= this.#pagesMax || nowMs < this.#notBeforeMs) return;
    const usualWaitMs = Number(this.#database.pragma('busy_timeout', { simple: true }));
    try {
      this.#database.pragma(`busy_timeout = ${WAIT_MS}`);
      if (this.#checkpoint('RESTART').busy !== 0) this.#notBeforeMs = nowMs + RETRY_MS;
    } finally {
      this.#database.pragma(`busy_timeout = ${usualWaitMs}`);
    }
  }

  #checkpoint(mode: 'NOOP' | 'RESTART'): Checkpoint {
    // NOTE never by the file itself: whoever opens and closes it in this process drops SQLite's locks.
    try {
      const [result] = this.#database.pragma(`wal_checkpoint(${mode})`) as readonly Checkpoint[];
      return result ?? notDone;
    } catch (error) {
      if (error instanceof Database.SqliteError) return notDone;
      throw error;
    }
  }
}
