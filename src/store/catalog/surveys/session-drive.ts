import { type Compilable, type RawBuilder, sql } from 'kysely';
import type { Visibility } from '../../../model/access.ts';
import type { SessionFilter } from '../../../model/session-filter.ts';
import { addressWalks } from '../listing/address-walk.ts';
import {
  eachOf,
  hasRows,
  inAnyOrder,
  inStartOrder,
  type Interval,
  orderedWalks,
  type PositionWalk,
  stretchesOf,
  unorderedWalks,
} from '../listing/position-walk.ts';
import { ROWS_A_TEXT } from '../has-words.ts';
import { type SessionCondition, sessionConditions } from '../listing/session-conditions.ts';
import { startedInterval } from '../listing/started-interval.ts';
import { type WordsWalks, wordsWalks } from '../listing/words-walk.ts';
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

/** Blocks of addresses that are walked together. Of more, the table is gone through row by row in less time. */
const STRETCHES_MAX = 16;
/** Branches, with their padding, of which each has its share of a slice. */
const SHARING_MAX = 2 * STRETCHES_MAX;

/** SQL that Statements can run. */
export const statementOf = <Row>(query: RawBuilder<unknown>): Compilable<Row> => ({
  compile: () => (query as RawBuilder<Row>).compile(build),
});

/** The walk with the fewest sessions, of those that have no more than `rowsMax`: found by counting along each no further. */
const fewestOf = (
  { statements }: SurveyTools,
  walks: readonly PositionWalk[],
  within: Interval,
  rowsMax: number,
): { readonly walk: PositionWalk; readonly rows: number } | null => {
  let fewest: { readonly walk: PositionWalk; readonly rows: number } | null = null;
  for (const walk of walks) {
    const atMost: number = fewest?.rows ?? rowsMax + 1;
    const rows = sql`SELECT count(*) AS count FROM (${inAnyOrder(walk, within, atMost)})`;
    const count = statements.get(statementOf<{ count: number }>(rows))?.count ?? 0;
    if (count < atMost) fewest = { walk, rows: count };
  }
  return fewest;
};

/** The walk with the fewest sessions; where the filter has words and no other is small, that of the words. */
export const driveOf = (tools: SurveyTools, visibility: Visibility, filter: SessionFilter): SessionDrive => {
  const conditions = sessionConditions(visibility, filter);
  const within = startedInterval(filter);
  const addresses = addressWalks(tools.statements, filter.clientIps, STRETCHES_MAX);
  const ordered = orderedWalks(conditions, filter, addresses);
  const words = wordsWalks(tools.statements, filter.text);
  // An empty list matches nothing, and neither do words without a letter.
  if (conditions.some(({ oneOf }) => oneOf?.values.length === 0) || words?.terms.length === 0) {
    return { walk: ordered[0], rest: conditions, isAlone: false, within, fewRows: 0 };
  }
  const few = fewestOf(tools, [...ordered, ...unorderedWalks(filter, ordered)], within, tools.sliceRows);
  const { walk, rows: fewRows } = (words === null ? few : fewestWithWords(tools, words, few, within)) ?? {
    walk: words?.common ?? ordered[0],
    rows: null,
  };
  const rest = conditions.filter(({ field }) => !walk.covers.includes(field));
  return { walk, rest, isAlone: walk.covers.length > 0 && rest.length === 0, within, fewRows };
};

/** Each session of another walk is asked for its words: those of a term that has few are found sooner. */
const fewestWithWords = (
  tools: SurveyTools,
  words: WordsWalks,
  few: ReturnType<typeof fewestOf>,
  within: Interval,
): ReturnType<typeof fewestOf> => {
  if (few !== null && few.rows * ROWS_A_TEXT <= tools.sliceRows) return few;
  const term = fewestOf(tools, words.terms, within, tools.sliceRows);
  return term === null ? few : { walk: words.all, rows: term.rows };
};

/**
 * Where the sessions may lie in slices, newest first, each with at most so many to look at. What comes in meanwhile is in
 * them where it lies beyond the walk.
 */
export function* slicesOf(
  { statements }: SurveyTools,
  { walk, rest: conditions, within, fewRows }: SessionDrive,
  rowsMax: number,
): Generator<Interval, void, void> {
  if (fewRows === 0) return;
  const each = eachOf(walk);
  const isAsked = conditions.some(({ field }) => field === 'text');
  const eachMax = Math.ceil(rowsMax / each.length / (isAsked ? ROWS_A_TEXT : 1));
  if (fewRows !== null && fewRows <= eachMax) return yield within;
  let { below } = within;
  for (;;) {
    const rest = { above: within.above, below };
    // The first one after so many.
    const next = each.flatMap((one) => {
      const nth = placeAhead(one, rest, eachMax);
      return statements.get(statementOf<{ at: number | null }>(nth))?.at ?? [];
    });
    if (next.length === 0) return yield rest;
    const above = Math.max(...next);
    yield { above, below };
    below = above + 1;
  }
}

/**
 * A place that has at most so many of the walk's before it, counted from the newest: where it is of few branches, the first at
 * which one of them has had its share.
 * NOTE that of all together is found by merging them, at ten times the cost of an entry; with shares of many branches, one of
 * which has nearly all, there would be as many slices more.
 */
const placeAhead = (walk: PositionWalk, within: Interval, countMax: number): RawBuilder<unknown> => {
  const { branches } = walk;
  const nthOf = (part: PositionWalk, count: number): RawBuilder<unknown> =>
    inStartOrder(part, within, 'DESC', sql`1 OFFSET ${count}`);
  if (branches.length === 1 || branches.length > SHARING_MAX) return nthOf(walk, countMax);
  const share = Math.ceil(countMax / branches.length);
  const places = branches.map((branch) => sql`SELECT at FROM (${nthOf({ ...walk, branches: [branch] }, share)})`);
  return sql`SELECT max(at) AS at FROM (${sql.join(places, sql` UNION ALL `)})`;
};

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
