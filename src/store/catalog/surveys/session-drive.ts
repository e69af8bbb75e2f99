import { type Compilable, CompiledQuery, type SelectQueryBuilder } from 'kysely';
import type { Visibility } from '../../../model/access.ts';
import { SLICE_ROWS_MAX } from '../../../model/limits.ts';
import type { SessionFilter } from '../../../model/session-filter.ts';
import { foldCase } from '../fold-case.ts';
import type { Statements } from '../statements.ts';
import type { Tables } from '../tables.ts';

/**
 * What a survey of sessions walks along: one index, or the table. All of them have the sessions of one value in start order.
 */
export type SessionDrive = {
  /** Null: the table. */
  readonly index: string | null;
  /** What of the index is walked, as SQL with one place for a value; null: all of it. */
  readonly where: string | null;
  /** The index is walked for each of them. One null when `where` is null. */
  readonly values: readonly (string | number | null)[];
  /** Whether the index says all that is asked, so that nothing but it is read. */
  readonly isAlone: boolean;
};

type Candidate = Omit<SessionDrive, 'isAlone'> & { readonly fields: readonly (keyof SessionFilter | 'producer')[] };

const along = (
  index: string,
  column: string,
  field: Candidate['fields'][number],
  values: readonly (string | number)[] | null,
): readonly Candidate[] =>
  values === null ? [] : [{ index, where: `${column} = ?`, values: [...new Set(values)], fields: [field] }];

const candidatesOf = (visibility: Visibility, filter: SessionFilter): readonly Candidate[] => {
  const users = filter.userIdentities?.map(foldCase) ?? null;
  const killed: readonly Candidate[] =
    filter.killed !== true
      ? []
      : users === null
        ? [{ index: 'sessions_killed', where: 'kill_requested_ms IS NOT NULL', values: [null], fields: ['killed'] }]
        : along(
            'sessions_killed_by_user',
            'kill_requested_ms IS NOT NULL AND user_identity_key',
            'userIdentities',
            users,
          ).map((each) => ({ ...each, fields: ['userIdentities', 'killed'] }));
  return [
    ...killed,
    ...along('sessions_by_user', 'user_identity_key', 'userIdentities', users),
    ...along('sessions_by_email', 'user_email_key', 'userEmails', filter.userEmails?.map(foldCase) ?? null),
    ...along('sessions_by_socket', 'socket_id', 'socketIds', filter.socketIds),
    ...along('sessions_by_socket_name', 'socket_name', 'socketNames', filter.socketNames),
    ...along('sessions_by_status', 'status', 'statuses', filter.statuses),
    ...along('sessions_by_protocol', 'protocol', 'protocols', filter.protocols),
    ...along('sessions_by_producer', 'producer', 'producer', visibility.scope === 'all' ? null : [visibility.producer]),
  ];
};

/** Whether nothing is asked for, or may be seen, but these. */
const areAll = (fields: Candidate['fields'], visibility: Visibility, filter: SessionFilter): boolean =>
  (visibility.scope === 'all' || fields.includes('producer')) &&
  Object.entries(filter).every(([field, asked]) => asked === null || fields.includes(field as keyof SessionFilter));

/** The index that has the fewest sessions, found by counting in each no further than a slice; the table where none helps. */
export const driveOf = (statements: Statements, visibility: Visibility, filter: SessionFilter): SessionDrive => {
  const candidates = candidatesOf(visibility, filter);
  let best: Candidate = { index: null, where: null, values: [null], fields: [] };
  let fewest = SLICE_ROWS_MAX + 1;
  for (const candidate of candidates) {
    const count = candidates.length === 1 ? 0 : countUpTo(statements, candidate, fewest);
    if (count >= fewest) continue;
    best = candidate;
    fewest = count;
  }
  return { ...best, isAlone: areAll(best.fields, visibility, filter) };
};

const countUpTo = (statements: Statements, { index, where, values }: Candidate, upTo: number): number => {
  let count = 0;
  for (const value of values) {
    const text = `SELECT count(*) AS count FROM (SELECT 1 FROM sessions INDEXED BY ${index} WHERE ${where} LIMIT ?)`;
    const query = plainSql<{ count: number }>(text, [...valued(value), upTo - count]);
    count += statements.get(query)?.count ?? 0;
    if (count >= upTo) break;
  }
  return count;
};

const valued = (value: string | number | null): readonly (string | number)[] => (value === null ? [] : [value]);

/** SQL of our own, with its parameters. */
export const plainSql = <Row>(text: string, parameters: readonly unknown[]): Compilable<Row> => ({
  compile: () => CompiledQuery.raw(text, [...parameters]) as CompiledQuery<Row>,
});

/** Positions of sessions. */
export type Positions = { /** Inclusive. */ readonly from: number; /** Exclusive. */ readonly before: number };

/**
 * The same positions in slices, newest first, each with at most so many sessions to look at (one a value at least). What
 * comes in while the slices are walked is in them where it lies beyond the walk.
 */
export function* slicesOf(
  statements: Statements,
  drive: SessionDrive,
  positions: Positions,
  rowsMax: number,
): Generator<Positions, void, void> {
  let { before } = positions;
  const rows = Math.max(Math.floor(rowsMax / Math.max(drive.values.length, 1)), 1);
  while (drive.values.length > 0 && before > positions.from) {
    const starts = drive.values.map((value) =>
      startOf(statements, drive, value, { from: positions.from, before }, rows),
    );
    const from = Math.max(...starts);
    yield { from, before };
    before = from;
  }
}

/** The position of the last of so many sessions with this value; the first position when there are fewer. */
const startOf = (
  statements: Statements,
  { index, where }: SessionDrive,
  value: string | number | null,
  { from, before }: Positions,
  rows: number,
): number => {
  const text = `SELECT position FROM sessions ${index === null ? 'NOT INDEXED' : `INDEXED BY ${index}`}
    WHERE ${where ?? '1'} AND position >= ? AND position < ? ORDER BY position DESC LIMIT 1 OFFSET ?`;
  const query = plainSql<{ position: number }>(text, [...valued(value), from, before, rows - 1]);
  return statements.get(query)?.position ?? from;
};

/** Of a query of sessions, what lies in these positions, found along the drive and by no other way. */
export const driven = <Row>(
  query: SelectQueryBuilder<Tables, 'sessions', Row>,
  drive: SessionDrive,
  { from, before }: Positions,
): Compilable<Row> => {
  const { sql, parameters } = query.where('position', '>=', from).where('position', '<', before).compile();
  // NOTE Kysely cannot say it. The query's own table is the first that it names.
  const text = sql.replace(
    'from "sessions"',
    `from "sessions" ${drive.index === null ? 'not indexed' : `indexed by ${drive.index}`}`,
  );
  return plainSql(text, parameters);
};
