import Database from 'better-sqlite3';

/** As session_texts and session_words call them: see 0004-every-filter.ts. */
export const wordColumns = 'email, identity, name, socket_name, server_name, client_software, city, country, ssh_user';

/**
 * Lets a connection ask whether one session has words: `has_words(match, …wordColumns)`, 1 or 0, for an expression of
 * matchExpression. It says what session_words would, at a cost that knows nothing of the log: FTS5 itself, asked for one row,
 * walks the whole index for words that never meet, since it looks where it is only when it has found something.
 * The index in memory that it asks goes with the connection.
 */
export const provideHasWords = (database: Database.Database, given: Database.Options = {}): void => {
  let ask: ReturnType<typeof askerOf> | null = null;
  database.function('has_words', { deterministic: true, varargs: true }, (...parameters: readonly unknown[]) => {
    ask ??= askerOf(new Database(':memory:', given));
    return ask(parameters[0], parameters.slice(1));
  });
};

/** NOTE what is rolled back was never written: it is asked where FTS5 collects what it will write. */
const askerOf = (database: Database.Database): ((match: unknown, texts: readonly unknown[]) => 0 | 1) => {
  database.exec(`CREATE VIRTUAL TABLE words USING fts5 (${wordColumns},
    content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2')`);
  const places = wordColumns.replaceAll(/\w+/g, '?');
  const insert = database.prepare<unknown[]>(`INSERT INTO words (rowid, ${wordColumns}) VALUES (1, ${places})`);
  const find = database.prepare<unknown[]>('SELECT 1 FROM words WHERE words MATCH ?');
  const begin = database.prepare('BEGIN');
  const rollback = database.prepare('ROLLBACK');
  return (match, texts) => {
    begin.run();
    try {
      insert.run(...texts);
      return find.get(match) === undefined ? 0 : 1;
    } finally {
      rollback.run();
    }
  };
};
