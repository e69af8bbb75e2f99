import { type RawBuilder, sql, type SqlBool } from 'kysely';
import type { SessionFilter } from '../../../model/session-filter.ts';
import { addressRanges, type ConditionField, isRunning, isStill, type SessionCondition } from './session-conditions.ts';
import { type SessionIndex, sessionIndexes } from './session-indexes.ts';

/** Row numbers, both excluded. */
export type Interval = { readonly above: number; readonly below: number };
export type Direction = 'ASC' | 'DESC';

/** One stretch of an index. */
type Branch = {
  /** The table, and the index that it is entered by. */
  readonly from: string;
  readonly where: readonly RawBuilder<SqlBool>[];
};

/** A way to the sessions that meet some conditions, by indexes alone: their row numbers. */
export type PositionWalk = {
  /** What the row number is there: FTS5's is its negative, since it finds its way to the least of them soonest. */
  readonly position: 'position' | '-rowid';
  /** No session is in two of them. */
  readonly branches: readonly Branch[];
  /** The fields whose conditions it meets. */
  readonly covers: readonly ConditionField[];
  /** What else is asked of its only branch: by itself each has more sessions, and those that are in all are wanted. */
  readonly alsoMeets?: readonly RawBuilder<SqlBool>[];
};

/** Branches that one walk merges: SQLite takes 500. */
export const BRANCHES_MAX = 128;

const wholeTable: PositionWalk = {
  position: 'position',
  covers: [],
  branches: [{ from: 'sessions NOT INDEXED', where: [] }],
};

/**
 * Every way that meets some of the conditions and has its sessions in start order; the whole table where there is none.
 * @param found those that had to be looked for: see addressWalks, wordsWalks
 */
export const orderedWalks = (
  conditions: readonly SessionCondition[],
  filter: SessionFilter,
  found: readonly PositionWalk[] = [],
): readonly [PositionWalk, ...PositionWalk[]] => {
  const walks = [...sessionIndexes.flatMap((index) => indexWalk(index, conditions, filter)), ...found];
  const [first = wholeTable, ...others] = walks;
  return [first, ...others];
};

const indexWalk = (
  { name, fields, part }: SessionIndex,
  conditions: readonly SessionCondition[],
  filter: SessionFilter,
): readonly PositionWalk[] => {
  if (part !== null && !part.has(filter)) return [];
  let stretches: readonly (readonly RawBuilder<SqlBool>[])[] = [part === null ? [] : [sql.raw(part.holds)]];
  for (const field of fields) {
    const asked = conditions.find((condition) => condition.field === field)?.oneOf;
    if (asked == null) return [];
    const column = sql.raw(asked.column);
    stretches = stretches.flatMap((where) =>
      asked.values.map((value) => [...where, sql<SqlBool>`${column} = ${value}`]),
    );
    if (stretches.length > BRANCHES_MAX) return [];
  }
  const covers = part === null || part.covers === null ? fields : [...fields, part.covers];
  const branches = stretches.map((where) => ({ from: `sessions INDEXED BY ${name}`, where }));
  return [{ position: 'position', covers, branches }];
};

/**
 * Ways that meet a condition and have their sessions in another order than that of their starts, in which they must be sorted.
 * @param ordered those of the same filter: what one of them meets in order needs no sorting
 */
export const unorderedWalks = (
  { clientIps, minDurationMs }: SessionFilter,
  ordered: readonly PositionWalk[],
): readonly PositionWalk[] => {
  const walks: PositionWalk[] = [];
  if (clientIps !== null && !ordered.some(({ covers }) => covers.includes('clientIps'))) {
    const branches = addressRanges(clientIps).map(({ from, to }) => ({
      from: 'sessions INDEXED BY sessions_by_address',
      where: [sql<SqlBool>`client_ip_key BETWEEN ${from} AND ${to}`],
    }));
    walks.push({ position: 'position', covers: ['clientIps'], branches });
  }
  if (minDurationMs !== null) {
    const lasted = sql<SqlBool>`duration_ms >= ${minDurationMs}`;
    const branches = [
      { from: 'sessions INDEXED BY sessions_by_duration', where: [sql.raw<SqlBool>(isStill), lasted] },
      { from: 'sessions INDEXED BY sessions_running_by_duration', where: [sql.raw<SqlBool>(isRunning), lasted] },
    ];
    walks.push({ position: 'position', covers: ['minDurationMs'], branches });
  }
  return walks;
};

/** Its branches one after the other, in no order: by default each row number, as `at`. */
export const stretchesOf = (
  { branches, position, alsoMeets = [] }: PositionWalk,
  { above, below }: Interval,
  columns = `${position} AS at`,
): RawBuilder<unknown> => {
  // NOTE a large number is bound as REAL, by which FTS5 does not enter a list of rows: it walks there from its end.
  const [name, from, to] = position === '-rowid' ? ['rowid', -below, -above] : [position, above, below];
  const at = sql.raw(name);
  const within = [sql`${at} > CAST(${from} AS INTEGER)`, sql`${at} < CAST(${to} AS INTEGER)`];
  const selects = branches.map(({ from: table, where }) => {
    const select = sql`SELECT ${sql.raw(columns)} FROM ${sql.raw(table)}`;
    const stretches = [where, ...alsoMeets.map((other) => [other])].map(
      (conditions) => sql`${select} WHERE ${sql.join([...conditions, ...within], sql` AND `)}`,
    );
    return sql.join(stretches, sql` INTERSECT `);
  });
  return sql.join(selects, sql` UNION ALL `);
};

/** Row numbers (`at`) in start order, the first `limit`. SQLite merges ordered branches as it goes, and sorts others. */
export const inStartOrder = (
  walk: PositionWalk,
  within: Interval,
  direction: Direction,
  limit: RawBuilder<unknown>,
): RawBuilder<unknown> =>
  sql`${stretchesOf(walk, within)} ORDER BY ${sql.raw(orderOf(walk, direction))} LIMIT ${limit}`;

const orderOf = ({ position, alsoMeets = [] }: PositionWalk, direction: Direction): string => {
  // What is in several is sorted.
  if (position === 'position' || alsoMeets.length > 0) return `at ${direction}`;
  return `rowid ${direction === 'ASC' ? 'DESC' : 'ASC'}`;
};

/** What a walk's sessions must all be in, each on its own. */
export const eachOf = (walk: PositionWalk): readonly PositionWalk[] => {
  const { alsoMeets = [], ...alone } = walk;
  const others = alsoMeets.map((other) => alone.branches.map(({ from }) => ({ from, where: [other] })));
  return [alone, ...others.map((branches) => ({ ...alone, branches }))];
};

/** The same in no order. */
export const inAnyOrder = (walk: PositionWalk, within: Interval, limit: number): RawBuilder<unknown> =>
  sql`${stretchesOf(walk, within)} LIMIT ${limit}`;

/** These columns of rows in start order, of a walk that enters the table itself, once. */
export const rowsInStartOrder = (
  walk: PositionWalk,
  columns: string,
  within: Interval,
  direction: Direction,
  limit: number,
): RawBuilder<unknown> =>
  sql`${stretchesOf(walk, within, columns)} ORDER BY position ${sql.raw(direction)} LIMIT ${limit}`;

/** Whether rowsInStartOrder reads it. */
export const hasRows = ({ branches, position }: PositionWalk): boolean =>
  branches.length === 1 && position === 'position';
