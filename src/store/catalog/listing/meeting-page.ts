import { sql } from 'kysely';
import type { Page } from '../../../model/page.ts';
import { positionAlone } from '../session-columns.ts';
import type { SessionRow } from '../session-row.ts';
import { build } from '../statements.ts';
import { pageOfRows, type PageReading, restOf, walkedRows } from './page-reading.ts';
import { type Direction, inStartOrder, type Interval, type PositionWalk } from './position-walk.ts';
import { type Stretch, upToMatch } from './up-to-match.ts';
import type { WordsWalks } from './words-walk.ts';

/** Entries of a term that are read first for each row that is wanted … */
const ENTRIES_A_ROW = 2;
/** … and how many times as many each time after that. */
const GROWTH = 3;
/** A term that has more times as many sessions as the rarest is not read: those of the rarest are asked for it. */
const DENSER_MAX = 8;

/** A term's next sessions. */
type TermRead = { readonly term: PositionWalk; readonly entries: readonly number[] };

/** Of a text's terms those that are read, the rarest first, once it is known: where they lie otherwise, it takes longer. */
const sparseTerms = new WeakMap<WordsWalks, readonly PositionWalk[]>();

/**
 * A page in start order of the sessions that have several terms. It takes as long as the entries of the rarest ones, and no
 * session, up to the last match that is wanted: where terms are that do not meet, a hundredth of asking each session.
 */
export const meetingPage = (reading: PageReading, words: WordsWalks, within: Interval): Page<SessionRow> => {
  const rows: SessionRow[] = [];
  let rest = within;
  let left = reading.lookedAtMax;
  for (let length = ENTRIES_A_ROW * (reading.page.limit + 1); ; length *= GROWTH) {
    const count = Math.min(length, left);
    const stretch = nextStretch(reading, words, rest, count);
    rows.push(...rowsOf(reading, stretch, rows.length));
    left -= count;
    const { end } = stretch;
    if (end === null || rows.length > reading.page.limit) return pageOfRows(reading, rows, () => null);
    if (left === 0) return pageOfRows(reading, rows, () => [end]);
    rest = reading.direction === 'ASC' ? { ...rest, above: end } : { ...rest, below: end };
  }
};

const nextStretch = (reading: PageReading, words: WordsWalks, within: Interval, count: number): Stretch => {
  const read = (term: PositionWalk): TermRead => ({ term, entries: entriesOf(reading, term, within, count) });
  const known = sparseTerms.get(words);
  if (known === undefined) {
    const all = words.terms.map(read);
    const sparse = sparseOf(all, count);
    // Of few sessions it is not to be seen.
    if (all.some(({ entries }) => entries.length === count)) {
      sparseTerms.set(
        words,
        sparse.map(({ term }) => term),
      );
    }
    const [rarest] = sparse;
    return (
      (rarest && upToMatch(reading, words, within, rarest.entries, count)) ?? meeting(reading, words, sparse, count)
    );
  }
  const [rarest, ...others] = known;
  if (rarest === undefined) return { places: [], covers: [], end: null };
  const first = read(rarest);
  return (
    upToMatch(reading, words, within, first.entries, count) ??
    meeting(reading, words, [first, ...others.map(read)], count)
  );
};

const entriesOf = (
  { statements, direction }: PageReading,
  term: PositionWalk,
  within: Interval,
  count: number,
): readonly number[] =>
  statements.column<number>({ compile: () => inStartOrder(term, within, direction, sql`${count}`).compile(build) });

/** Those whose entries reach not much less far than the furthest, which comes first. */
const sparseOf = (read: readonly TermRead[], count: number): readonly TermRead[] => {
  const starts = read.flatMap(({ entries }) => entries[0] ?? []);
  const reachOf = ({ entries }: TermRead): number => {
    const last = entries[count - 1];
    return last === undefined ? Infinity : Math.max(...starts.map((start) => Math.abs(last - start)));
  };
  const least = Math.max(...read.map(reachOf)) / DENSER_MAX;
  return read
    .filter((each) => reachOf(each) >= least)
    .toSorted((one, other) => one.entries.length - other.entries.length || reachOf(other) - reachOf(one));
};

/** What is in all of these, as far as one of them goes. */
const meeting = ({ direction }: PageReading, words: WordsWalks, read: readonly TermRead[], count: number): Stretch => {
  const ends = read.flatMap(({ entries }) => entries[count - 1] ?? []);
  const nearest = direction === 'ASC' ? Math.min(...ends) : Math.max(...ends);
  return {
    places: meetingsIn(
      read.map(({ entries }) => entries),
      direction,
    ),
    covers: read.length === words.terms.length ? words.common.covers : [],
    end: ends.length === 0 ? null : nearest,
  };
};

/** What is in all of them. NOTE what lies beyond the stretch's end is not in the one that ends there. */
const meetingsIn = (entries: readonly (readonly number[])[], direction: Direction): readonly number[] => {
  const [first = [], ...others] = entries.toSorted((one, other) => one.length - other.length);
  const sign = direction === 'ASC' ? 1 : -1;
  return others.reduce((met, ofTerm) => {
    let at = 0;
    return met.filter((place) => {
      while (((ofTerm[at] ?? place) - place) * sign < 0) at += 1;
      return ofTerm[at] === place;
    });
  }, first);
};

/** Of the sessions at these places, in this order, those that meet the rest. */
const rowsOf = (reading: PageReading, { places, covers }: Stretch, foundCount: number): readonly SessionRow[] => {
  const page = { ...reading.page, limit: reading.page.limit - foundCount };
  const rest = restOf(reading, covers);
  const asked = rest.length === 0 ? places.slice(0, page.limit + 1) : places;
  if (asked.length === 0) return [];
  if (rest.length === 0 && reading.columns === positionAlone) {
    return asked.map((position) => ({ position }) as SessionRow);
  }
  return walkedRows({ ...reading, page }, sql`SELECT value AS at FROM json_each(${JSON.stringify(asked)})`, rest);
};
