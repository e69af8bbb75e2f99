import { sql } from 'kysely';
import type { Page } from '../../../model/page.ts';
import type { SessionRow } from '../session-row.ts';
import { build } from '../statements.ts';
import { pageOfRows, type PageReading, restOf, walkedRows } from './page-reading.ts';
import { type Direction, inStartOrder, type Interval, type PositionWalk } from './position-walk.ts';

/** Entries of each term that are read first for each row that is wanted: then twice as many each time. */
const ENTRIES_A_ROW = 5;
/** A term that has more times as many sessions as the rarest is not read: those of the rarest are asked for it. */
const DENSER_MAX = 8;

/** Terms are read as far as one of them goes. */
type Stretch = {
  /** Of those that were read, each one's sessions in the order of reading. */
  readonly entries: readonly (readonly number[])[];
  /** The last place that it has; null: there is nothing after it. */
  readonly end: number | null;
};

/**
 * A page in start order of the sessions that have several terms: each term's next entries are read, and what is in all of
 * them is looked at. That takes as long as the entries and no session: where terms are that do not meet, a hundredth of asking
 * each.
 */
export const meetingPage = (reading: PageReading, within: Interval): Page<SessionRow> => {
  const rows: SessionRow[] = [];
  let { terms } = reading;
  let rest = within;
  let left = reading.lookedAtMax;
  for (let length = ENTRIES_A_ROW * (reading.page.limit + 1); ; length *= 2) {
    const count = Math.min(length, left);
    const read = terms.map((term) => ({ term, entries: entriesOf(reading, term, rest, count) }));
    if (rest === within) terms = sparseOf(read, count).map(({ term }) => term);
    const stretch = stretchOf(
      read.filter(({ term }) => terms.includes(term)).map(({ entries }) => entries),
      count,
      reading.direction,
    );
    rows.push(...rowsOf(reading, meetingsIn(stretch, reading.direction), terms, rows.length));
    left -= count;
    const { end } = stretch;
    if (end === null || rows.length > reading.page.limit) return pageOfRows(reading, rows, () => null);
    if (left === 0) return pageOfRows(reading, rows, () => [end]);
    rest = reading.direction === 'ASC' ? { ...rest, above: end } : { ...rest, below: end };
  }
};

const entriesOf = (
  { statements, direction }: PageReading,
  term: PositionWalk,
  within: Interval,
  count: number,
): readonly number[] =>
  statements.column<number>({ compile: () => inStartOrder(term, within, direction, sql`${count}`).compile(build) });

type TermRead = { readonly term: PositionWalk; readonly entries: readonly number[] };

/** Those whose entries reach not much less far than the furthest. */
const sparseOf = (read: readonly TermRead[], count: number): readonly TermRead[] => {
  const starts = read.flatMap(({ entries }) => entries[0] ?? []);
  const reachOf = ({ entries }: TermRead): number => {
    const last = entries[count - 1];
    return last === undefined ? Infinity : Math.max(...starts.map((start) => Math.abs(last - start)));
  };
  const least = Math.max(...read.map(reachOf)) / DENSER_MAX;
  return read.filter((each) => reachOf(each) >= least);
};

const stretchOf = (entries: Stretch['entries'], count: number, direction: Direction): Stretch => {
  const ends = entries.flatMap((ofTerm) => ofTerm[count - 1] ?? []);
  if (ends.length === 0) return { entries, end: null };
  return { entries, end: direction === 'ASC' ? Math.min(...ends) : Math.max(...ends) };
};

/** What is in all of them. NOTE what lies beyond the stretch's end is not in the one that ends there. */
const meetingsIn = ({ entries }: Stretch, direction: Direction): readonly number[] => {
  const [first = [], ...others] = entries.toSorted((one, other) => one.length - other.length);
  const sign = direction === 'ASC' ? 1 : -1;
  return others.reduce((meeting, ofTerm) => {
    let at = 0;
    return meeting.filter((place) => {
      while (((ofTerm[at] ?? place) - place) * sign < 0) at += 1;
      return ofTerm[at] === place;
    });
  }, first);
};

/** Of the sessions that have these terms, in this order, those that meet the rest. */
const rowsOf = (
  reading: PageReading,
  places: readonly number[],
  terms: readonly PositionWalk[],
  foundCount: number,
): readonly SessionRow[] => {
  const page = { ...reading.page, limit: reading.page.limit - foundCount };
  const rest = restOf(reading, terms.length === reading.terms.length ? reading.termsCover : []);
  const asked = rest.length === 0 ? places.slice(0, page.limit + 1) : places;
  if (asked.length === 0) return [];
  return walkedRows({ ...reading, page }, sql`SELECT value AS at FROM json_each(${JSON.stringify(asked)})`, rest);
};
