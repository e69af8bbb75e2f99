import { sql } from 'kysely';
import { build } from '../statements.ts';
import { type PageReading, restOf } from './page-reading.ts';
import { inStartOrder, type Interval } from './position-walk.ts';
import type { ConditionField } from './session-conditions.ts';
import type { WordsWalks } from './words-walk.ts';

/** What lies between two places. */
export type Stretch = {
  /** In the order of reading. */
  readonly places: readonly number[];
  /** What these sessions need not be asked any more. */
  readonly covers: readonly ConditionField[];
  /** The last place that was looked at; null: there is nothing after it. */
  readonly end: number | null;
};

/** Sessions that are asked for the words, to find one that has them: where fewer than one in so many has, others are better ways. */
const ASKED_MAX = 16;

/**
 * All matches up to one of a term's next sessions that is known to be a match.
 * NOTE FTS5 itself finds sessions of several terms several times as fast as anybody who reads its terms, and looks where it is
 * only when it has found one: up to a match, it stops there.
 * @param entries the next sessions of a term in the order of reading: `count`, or all that there are
 * @returns null where the last of them are no matches
 */
export const upToMatch = (
  reading: PageReading,
  words: WordsWalks,
  within: Interval,
  entries: readonly number[],
  count: number,
): Stretch | null => {
  const isAll = entries.length < count;
  const match = lastMatchOf(reading, isAll ? entries : entries.slice(-ASKED_MAX));
  const covers = words.all.covers;
  if (match === null) return isAll ? { places: [], covers, end: null } : null;
  const { statements, direction, page } = reading;
  // Where nothing else is asked of a match, no more of them are sought than the page holds.
  const limit = restOf(reading, covers).length === 0 ? Math.min(count, page.limit + 1) : count;
  const before = direction === 'ASC' ? { ...within, below: match } : { ...within, above: match };
  const places = statements.column<number>({
    compile: () => inStartOrder(words.all, before, direction, sql`${limit}`).compile(build),
  });
  return { places: [...places, match], covers, end: isAll ? null : match };
};

const lastMatchOf = ({ statements, conditions }: PageReading, entries: readonly number[]): number | null => {
  const text = conditions.filter(({ field }) => field === 'text').map(({ holds }) => holds);
  const query = sql`SELECT position FROM json_each(${JSON.stringify(entries.toReversed())}) AS found
    CROSS JOIN sessions NOT INDEXED ON sessions.position = found.value WHERE ${sql.join(text, sql` AND `)} LIMIT 1`;
  return statements.column<number>({ compile: () => query.compile(build) })[0] ?? null;
};
