import { type Compilable, type RawBuilder, sql } from 'kysely';
import type { Visibility } from '../../../model/access.ts';
import type { SessionFilter } from '../../../model/session-filter.ts';
import {
  hasRows,
  inAnyOrder,
  inStartOrder,
  type Interval,
  orderedWalks,
  type PositionWalk,
  stretchesOf,
  unorderedWalks,
} from '../listing/position-walk.ts';
import { type SessionCondition, sessionConditions } from '../listing/session-conditions.ts';
import { startedInterval } from '../listing/started-interval.ts';
import { build } from '../statements.ts';
import type { SurveyTools } from './survey.ts';

/** How a survey finds the sessions of a filter: along one walk, which may be the whole table, looking at the rest of each. */
export type SessionDrive = {
  readonly walk: PositionWalk;
  /** What the walk does not say. */
  readonly rest: readonly SessionCondition[];
  /** Whether the walk says all that is asked, so that no session is looked at. */
  readonly isAlone: boolean;
  /** Where they may lie. */
  readonly within: Interval;
  /** How many there are to look at, where these are few. Null: more than a slice. */
  readonly fewRows: number | null;
};

/** SQL that Statements can run. */
export const statementOf = <Row>(query: RawBuilder<unknown>): Compilable<Row> => ({
  compile: () => (query as RawBuilder<Row>).compile(build),
});

/** The walk with the fewest sessions, found by counting along each no further than a slice. */
export const driveOf = (
  { statements, sliceRows }: SurveyTools,
  visibility: Visibility,
  filter: SessionFilter,
): SessionDrive => {
  const conditions = sessionConditions(visibility, filter);
  const within = startedInterval(filter);
  const ordered = orderedWalks(conditions, filter);
  let [walk] = ordered;
  // An empty list matches nothing.
  if (conditions.some(({ oneOf }) => oneOf?.values.length === 0)) {
    return { walk, rest: conditions, isAlone: false, within, fewRows: 0 };
  }
  let fewest = sliceRows + 1;
  for (const other of [...ordered, ...unorderedWalks(filter)]) {
    const rows = sql`SELECT count(*) AS count FROM (${inAnyOrder(other, within, fewest)})`;
    const count = statements.get(statementOf<{ count: number }>(rows))?.count ?? 0;
    if (count >= fewest) continue;
    walk = other;
    fewest = count;
  }
  const rest = conditions.filter(({ field }) => !walk.covers.includes(field));
  return {
    walk,
    rest,
    isAlone: walk.covers.length > 0 && rest.length === 0,
    within,
    fewRows: fewest > sliceRows ? null : fewest,
  };
};

/**
 * Where the sessions may lie in slices, newest first, each with at most so many to look at. What comes in meanwhile is in
 * them where it lies beyond the walk.
 */
export function* slicesOf(
  { statements }: SurveyTools,
  { walk, within, fewRows }: SessionDrive,
  rowsMax: number,
): Generator<Interval, void, void> {
  if (fewRows !== null) {
    if (fewRows > 0) yield within;
    return;
  }
  let { below } = within;
  for (;;) {
    const rest = { above: within.above, below };
    // The first one after so many.
    const nth = inStartOrder(walk, rest, 'DESC', sql`1 OFFSET ${rowsMax}`);
    const next = statements.get(statementOf<{ at: number }>(nth));
    if (next === undefined) return yield rest;
    yield { above: next.at, below };
    below = next.at + 1;
  }
}

const holdsOf = (conditions: readonly SessionCondition[]): readonly RawBuilder<unknown>[] =>
  conditions.map(({ holds }) => holds);

const allHold = (conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> =>
  sql.join([sql`TRUE`, ...conditions], sql` AND `);

/**
 * The sessions of a slice.
 * @param select what of their rows is wanted
 * @param tail GROUP BY, ORDER BY, LIMIT
 */
export const rowsIn = (
  { walk, rest }: SessionDrive,
  slice: Interval,
  select: RawBuilder<unknown>,
  tail: RawBuilder<unknown> = sql``,
): RawBuilder<unknown> => {
  const [entered] = walk.branches;
  if (entered !== undefined && hasRows(walk)) {
    return sql`SELECT ${select} FROM ${sql.raw(entered.from)} WHERE position > ${slice.above}
      AND position < ${slice.below} AND ${allHold([...entered.where, ...holdsOf(rest)])} ${tail}`;
  }
  // NOTE a CROSS JOIN keeps SQLite from any other way than this walk.
  return sql`SELECT ${select} FROM (${stretchesOf(walk, slice)}) CROSS JOIN sessions ON sessions.position = at
    WHERE ${allHold(holdsOf(rest))} ${tail}`;
};

/** Their row numbers, as `position`; by the index alone where that says all. */
export const positionsIn = (
  drive: SessionDrive,
  slice: Interval,
  tail: RawBuilder<unknown> = sql``,
): RawBuilder<unknown> =>
  drive.isAlone
    ? sql`SELECT at AS position FROM (${stretchesOf(drive.walk, slice)}) ${tail}`
    : rowsIn(drive, slice, sql`position`, tail);
