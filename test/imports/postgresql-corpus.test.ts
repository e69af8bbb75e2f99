import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { readDecompressed } from '../../src/cli/decompressed-file.ts';
import { corpusDir, corpusTest } from '../require.ts';
import { readLog } from './postgresql-steps.ts';

const folders = ['db-postgres/darold__pgbadger', 'db-postgres/pgaudit__pgaudit', 'db-mixed/crowdsecurity__hub'];

const onlyTheServer = 'there is no session in the log: its 3544 messages are all of the server itself';
const pgBouncer =
  'it is a log of PgBouncer, which has no statements: take in the log of the PostgreSQL server behind it';
const toldToClients =
  'its messages have neither time nor process: they are what a client was told, and not the log of the server';

type Row = readonly [
  format: 'csv' | 'json' | 'text' | null,
  counts: { readonly sessions: number; readonly denied: number; readonly statements: number; readonly errors: number },
  skipped: number,
  refusal?: string,
];

const counts = (sessions: number, denied = 0, statements = 0, errors = 0): Row[1] => ({
  sessions,
  denied,
  statements,
  errors,
});

/** Every file of these folders: what is taken in of it, or why it is refused. Null: no PostgreSQL log. */
const expected: Readonly<Record<string, Row>> = {
  'anonymize.log': ['csv', counts(3, 0, 5), 0],
  'begin_end.log': ['text', counts(8), 0],
  'cloudsql.log.gz': ['json', counts(401, 1, 1), 69],
  'cnpg.log.gz': ['json', counts(386, 1, 405, 4), 72],
  'csv_statement_without_duration.log': ['csv', counts(2, 0, 2), 0],
  'light.postgres.log.bz2': ['text', counts(175, 0, 629), 1],
  'multiline_param.log': ['text', counts(1, 0, 5), 0],
  'pg-syslog.1.bz2': ['text', counts(6, 0, 59_871), 10],
  'pg-timezones.log': ['text', counts(2, 0, 2), 0],
  'pg_rawcsv.log': ['text', counts(1, 0, 2, 2), 9],
  'pg_vacuums.json.gz': ['json', counts(0), 3544, onlyTheServer],
  'pg_vacuums.log.gz': ['text', counts(0), 3544, onlyTheServer],
  'pgbouncer.1.21.log.gz': ['text', counts(0), 0, pgBouncer],
  'postgresql_param_range.log': ['text', counts(3, 0, 3), 0],
  'queryid.log.gz': ['text', counts(5, 0, 23, 3), 0],
  'rds.log.bz2': ['text', counts(119, 2, 114_594), 8],
  'stmt_type.log': ['text', counts(12, 0, 12), 0],
  'tempfile_only.log.gz': ['text', counts(9, 0, 65), 101],
  'weeknumber.log': ['csv', counts(1, 0, 6), 0],
  'pgaudit-records.txt': ['text', counts(0), 0, toldToClients],
  'pgsql-logs__pgsql-logs.log': ['text', counts(0, 6), 0],
  'pgsql-user-enum__pgsql-user-enum.log': ['text', counts(0, 6), 0],
  'supabase-docker-pgsql-logs__supabase-docker-pgsql-logs.log': ['text', counts(0, 3), 0],
  ...Object.fromEntries(
    [
      'couchdb-logs__couchdb-logs.log',
      'mariadb-bf__mariadb-bf.log',
      'mariadb-logs__mariadb-logs.log',
      'mongodb-bf__mongodb-bf.log',
      'mongodb-logs__mongodb-logs.log',
      'mssql-text-logs__mssql-text-logs.log',
      'mysql-bf__mysql-bf.log',
      'mysql-logs__mysql-logs.log',
    ].map((name) => [name, [null, counts(0), 0] as const]),
  ),
};

const formatNames = { csv: 'postgresql-csv', json: 'postgresql-json', text: 'postgresql' };

const contentOf = async (name: string): Promise<Buffer> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of readDecompressed(path.join(corpusDir ?? '', name), () => {})) pieces.push(piece);
  return Buffer.concat(pieces);
};

/** Statements that a log has, counted without reading it as a log: lines that say that one ran, and how long. */
const countStatements = (text: string): number =>
  text.match(/(?:LOG: |"message":")\s*duration: [\d.]+ ms\s+(?:statement|execute[^:]*): ?/g)?.length ?? 0;

/** Logs in which every statement is logged with its duration and none fails. */
const plainLogs = new Set([
  'light.postgres.log.bz2',
  'multiline_param.log',
  'pg-syslog.1.bz2',
  'pg-timezones.log',
  'postgresql_param_range.log',
  'rds.log.bz2',
  'stmt_type.log',
  'tempfile_only.log.gz',
]);

corpusTest(
  'every file of the corpus is taken in as it is counted, or refused for its reason',
  { timeout: 60_000 },
  async () => {
    const seen: string[] = [];
    for (const folder of folders) {
      for (const name of readdirSync(path.join(corpusDir ?? '', folder))) {
        seen.push(name);
        const content = await contentOf(path.join(folder, name));
        const { format, sessions, skips, refusal } = await readLog(content);
        const queries = sessions.flatMap((session) => session.queries);
        const found = {
          sessions: sessions.filter(({ session }) => session.denyReason === null).length,
          denied: sessions.filter(({ session }) => session.denyReason !== null).length,
          statements: queries.length,
          errors: queries.filter(({ error }) => error !== null).length,
        };
        const [wanted, wantedCounts, skipped, reason = null] = expected[name] ?? [];
        const wantedFormat = wanted === null || wanted === undefined ? null : formatNames[wanted];
        const all = { name, format, ...found, skipped: skips.length, refusal };
        expect(all).toEqual({ name, format: wantedFormat, ...wantedCounts, skipped, refusal: reason });
        if (plainLogs.has(name))
          expect({ name, statements: countStatements(content.toString()) }).toEqual({
            name,
            statements: queries.length,
          });
        const ends = sessions.filter(({ session, end }) => session.denyReason === null && end === null);
        expect(ends).toEqual([]);
      }
    }
    expect(seen.toSorted()).toEqual(Object.keys(expected).toSorted());
  },
);
