import Database from 'better-sqlite3';

/** As session_texts and session_words call them: see 0004-every-filter.ts. */
export const wordColumns = 'email, identity, name, socket_name, server_name, client_software, city, country, ssh_user';

/** Rows that are looked at in the time in which one is asked for its words. */
export const ROWS_A_TEXT = 10;

/**
 * Lets a connection ask of one text what the index of words would say of it, at a cost that knows nothing of the log: FTS5
 * itself, asked for one row, walks the whole index for words that never meet. The index in memory that is asked goes with the
 * connection.
 * - has_words(match, …wordColumns): whether a session with these texts has what an expression of matchExpression asks, 1 or 0
 * - terms_of(text): the terms that it is looked up by, in its order, as JSON
 */
export const provideHasWords = (database: Database.Database, given: Database.Options = {}): void => {
  let asked: TextIndex | null = null;
  const index = (): TextIndex => (asked ??= new TextIndex(new Database(':memory:', given)));
  database.function('has_words', { deterministic: true, varargs: true }, (...[match, ...texts]: readonly unknown[]) =>
    index().has(match, texts) ? 1 : 0,
  );
  database.function('terms_of', { deterministic: true }, (text: unknown) => JSON.stringify(index().termsOf(text)));
};

/** Has one text at a time. NOTE what is rolled back was never written: it is asked where FTS5 collects what it will write. */
class TextIndex {
  readonly #begin: Database.Statement;
  readonly #rollback: Database.Statement;
  readonly #insert: Database.Statement<unknown[]>;
  readonly #find: Database.Statement<unknown[]>;
  readonly #terms: Database.Statement;

  constructor(database: Database.Database) {
    database.exec(`CREATE VIRTUAL TABLE words USING fts5 (${wordColumns},
      content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2')`);
    database.exec(`CREATE VIRTUAL TABLE terms USING fts5vocab ('words', 'instance')`);
    const places = wordColumns.replaceAll(/\w+/g, '?');
    this.#begin = database.prepare('BEGIN');
    this.#rollback = database.prepare('ROLLBACK');
    this.#insert = database.prepare(`INSERT INTO words (rowid, ${wordColumns}) VALUES (1, ${places})`);
    this.#find = database.prepare('SELECT 1 FROM words WHERE words MATCH ?');
    this.#terms = database.prepare('SELECT term FROM terms ORDER BY offset').pluck();
  }

  has(match: unknown, texts: readonly unknown[]): boolean {
    return this.#holding(texts, () => this.#find.get(match) !== undefined);
  }

  termsOf(text: unknown): unknown[] {
    const [, ...others] = wordColumns.split(',');
    return this.#holding([text, ...others.map(() => null)], () => this.#terms.all());
  }

  #holding<Result>(texts: readonly unknown[], ask: () => Result): Result {
    this.#begin.run();
    try {
      this.#insert.run(...texts);
      return ask();
    } finally {
      this.#rollback.run();
    }
  }
}
