import Database from 'better-sqlite3';

/** Columns that differ from session to session; all others are those of the session that is copied. */
const drawn: Readonly<Record<string, string>> = {
  position: 'model.position - n * 1024000',
  session_id: `printf('%08x-0000-4000-8000-%012x', n, n * 7919)`,
  user_identity: `printf('user%d@example.com', n * 7919 % 500)`,
  user_identity_key: `printf('user%d@example.com', n * 7919 % 500)`,
  user_email: `printf('user%d@example.com', n * 7919 % 500)`,
  user_email_key: `printf('user%d@example.com', n * 7919 % 500)`,
  user_name: `printf('User %d', n * 7919 % 500)`,
  socket_name: `printf('server-%d', n * 104729 % 200)`,
  client_ip: `printf('198.51.100.%d', n % 254 + 1)`,
  started_ms: 'model.started_ms - n * 1000',
  last_seen_ms: 'model.last_seen_ms - n * 1000',
  ended_ms: 'model.ended_ms - n * 1000',
  duration_ms: 'n * 31 % 3600000',
  revision: 'model.revision + n',
};

/**
 * Copies the only session of a catalog that nobody has open until there are `count`, one a second backwards in time.
 * They have no recordings of their own: lists do not look at them.
 */
export function fillCatalog(path: string, count: number): void {
  const database = new Database(path);
  try {
    const columns = database.pragma('table_info(sessions)') as { readonly name: string }[];
    const values = columns.map(({ name }) => drawn[name] ?? `model.${name}`);
    database.transaction(() => {
      database.exec(`
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count - 1})
        INSERT INTO sessions (${columns.map(({ name }) => name).join(', ')})
        SELECT ${values.join(', ')} FROM numbers, (SELECT * FROM sessions LIMIT 1) AS model;
        UPDATE log SET position = (SELECT max(revision) FROM sessions);
      `);
    })();
    database.exec('ANALYZE');
  } finally {
    database.close();
  }
}

/** A copy that is whole whatever happens to the original, as SQLite makes it. */
export function copyCatalog(from: string, to: string): void {
  const database = new Database(from);
  try {
    database.prepare('VACUUM INTO ?').run(to);
  } finally {
    database.close();
  }
}
