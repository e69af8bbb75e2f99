import { type CompiledQuery, type RawBuilder, sql, type SqlBool } from 'kysely';
import type { Visibility } from '../../../model/access.ts';
import type { Page, PageRequest } from '../../../model/page.ts';
import type { SessionFilter, SessionOrder } from '../../../model/session-filter.ts';
import { sessionOrderName } from '../../../model/session-order.ts';
import { pageOf } from '../row-queries.ts';
import type { SessionRow } from '../session-row.ts';
import { build, type Statements } from '../statements.ts';
import { type Direction, inAnyOrder, type Interval, type PositionWalk } from './position-walk.ts';
import type { ConditionField, SessionCondition } from './session-conditions.ts';
import type { WordsWalks } from './words-walk.ts';

/** What a page is read from. */
export type PageQuery = {
  readonly visibility: Visibility;
  readonly filter: SessionFilter;
  readonly order: SessionOrder;
  readonly page: PageRequest;
  /** What of its sessions is read: see sessionColumns. */
  readonly columns: string;
  /** Sessions that the page may look at: see SESSIONS_LOOKED_AT_MAX. */
  readonly lookedAtMax: number;
  /** Blocks and addresses that it may be merged from, where these had to be looked for: see addressWalks. */
  readonly stretchesMax: number;
};

/** A page that is being read. */
export type PageReading = PageQuery & {
  readonly statements: Statements;
  readonly conditions: readonly SessionCondition[];
  /** Of the filter's words; null where it asks for none. */
  readonly words: WordsWalks | null;
  /** Of reading: a backward page is read from its end. */
  readonly direction: Direction;
};

/** Conditions that a walk leaves to be looked at. */
export const restOf = (
  { conditions }: PageReading,
  covers: readonly ConditionField[],
): readonly RawBuilder<SqlBool>[] =>
  conditions.filter(({ field }) => !covers.includes(field)).map(({ holds }) => holds);

export const readRows = <Row>({ statements }: PageReading, query: RawBuilder<unknown>): readonly Row[] =>
  statements.all<Row>({ compile: () => query.compile(build) as CompiledQuery<Row> });

const allOf = (conditions: readonly RawBuilder<SqlBool>[]): RawBuilder<SqlBool> =>
  conditions.length === 0 ? sql`TRUE` : sql.join(conditions, sql` AND `);

/**
 * Rows of a walk in its order that meet the rest, one more than the page holds.
 * NOTE the walk's LIMIT keeps its order: SQLite runs it as a co-routine, row by row. NOT INDEXED leaves it the row number.
 */
export const walkedRows = (
  reading: PageReading,
  walk: RawBuilder<unknown>,
  rest: readonly RawBuilder<SqlBool>[],
): readonly SessionRow[] =>
  readRows(
    reading,
    sql<SessionRow>`SELECT ${sql.raw(reading.columns)} FROM (${walk}) AS walked
      CROSS JOIN sessions NOT INDEXED ON sessions.position = walked.at
      WHERE ${allOf(rest)} LIMIT ${reading.page.limit + 1}`,
  );

/** The same of a walk that is in another order: all rows that it has are sorted. */
export const sortedRows = (
  reading: PageReading,
  walk: RawBuilder<unknown>,
  rest: readonly RawBuilder<SqlBool>[],
  keys: readonly string[],
): readonly SessionRow[] => {
  const order = keys.map((key) => sql`${sql.ref(key)} ${sql.raw(reading.direction)}`);
  return readRows(
    reading,
    sql<SessionRow>`SELECT ${sql.raw(reading.columns)} FROM (${walk}) AS walked
      CROSS JOIN sessions NOT INDEXED ON sessions.position = walked.at
      WHERE ${allOf(rest)} ORDER BY ${sql.join(order)} LIMIT ${reading.page.limit + 1}`,
  );
};

/** Of the walks that have at most so many sessions, the one that has the fewest; null when all have more. */
export const smallestWalk = (
  reading: PageReading,
  walks: readonly PositionWalk[],
  within: Interval,
  countMax: number,
): PositionWalk | null => {
  let smallest: PositionWalk | null = null;
  let atMost = countMax;
  for (const walk of walks) {
    const counted = sql`SELECT count(*) AS count FROM (${inAnyOrder(walk, within, atMost + 1)})`;
    const count = readRows<{ readonly count: number }>(reading, counted)[0]?.count ?? 0;
    if (count > atMost) continue;
    smallest = walk;
    atMost = Math.max(0, count - 1);
  }
  return smallest;
};

/** Where the n-th row of a walk lies, and whether it has more after it; null when it has no n. */
export const placeOf = <Place>(
  reading: PageReading,
  walkLimited: (limit: RawBuilder<unknown>) => RawBuilder<unknown>,
  nth: number,
): { readonly place: Place; readonly isLast: boolean } | null => {
  const [place, next] = readRows<Place>(reading, walkLimited(sql`2 OFFSET ${nth - 1}`));
  return place === undefined ? null : { place, isLast: next === undefined };
};

/**
 * The page of the rows that were found.
 * @param stoppedAt where looking stopped, when there are not more rows than the page holds; null: there are no more
 */
export const pageOfRows = (
  { page, order }: PageReading,
  rows: readonly SessionRow[],
  stoppedAt: () => readonly number[] | null,
): Page<SessionRow> => {
  const found = pageOf(rows, page);
  const key = rows.length > page.limit ? null : stoppedAt();
  if (key === null) return found;
  const stopped = { ...found, stoppedAt: { order: sessionOrderName(order), key } };
  return page.backward ? { ...stopped, hasPreviousPage: true } : { ...stopped, hasNextPage: true };
};
