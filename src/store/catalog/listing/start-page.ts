import { type RawBuilder, sql } from 'kysely';
import type { Page } from '../../../model/page.ts';
import type { SessionRow } from '../session-row.ts';
import { addressWalks } from './address-walk.ts';
import { meetingPage } from './meeting-page.ts';
import {
  pageOfRows,
  type PageQuery,
  type PageReading,
  placeOf,
  readRows,
  restOf,
  smallestWalk,
  walkedRows,
} from './page-reading.ts';
import {
  hasRows,
  inStartOrder,
  type Interval,
  orderedWalks,
  type PositionWalk,
  rowsInStartOrder,
  unorderedWalks,
} from './position-walk.ts';
import { ROWS_A_TEXT } from '../has-words.ts';
import { positionAlone } from '../session-columns.ts';
import { startedInterval } from './started-interval.ts';

/** Entries of each index that are looked ahead, to find out where what is wanted lies furthest apart. */
const PROBED = 200;
/** The same where each is asked for its words then. */
const PROBED_FOR_TEXT = PROBED / ROWS_A_TEXT;

type Place = { readonly at: number };

/** A page in the order of their starts, which is that of their rows. */
export const pageByStart = (reading: PageReading): Page<SessionRow> => {
  const within = intervalOf(reading);
  // NOTE one statement is of one moment without BEGIN and COMMIT, which take as long as a third of its rows.
  return (
    wholePage(reading, orderedWalks(reading.conditions, reading.filter, termsOf(reading)), within) ??
    reading.statements.ofOneMoment(() => soughtPage(reading, within))
  );
};

const termsOf = ({ words }: PageReading): readonly PositionWalk[] => words?.terms ?? [];

type Walks = readonly [PositionWalk, ...PositionWalk[]];

/** The page of a walk that has all that is wanted and nothing else; null where there is none. */
const wholePage = (reading: PageReading, walks: Walks, within: Interval): Page<SessionRow> | null => {
  const whole = walks.find(({ covers }) => restOf(reading, covers).length === 0);
  return whole === undefined ? null : pageOfRows(reading, wholeRows(reading, whole, within), () => null);
};

/** The page where it takes looks into the catalog to find a way, or at sessions that may not be wanted. */
const soughtPage = (reading: PageReading, within: Interval): Page<SessionRow> => {
  const addresses = addressWalks(reading.statements, reading.filter.clientIps, reading.stretchesMax);
  const walks = orderedWalks(reading.conditions, reading.filter, [...addresses, ...termsOf(reading)]);
  const whole = addresses.length === 0 ? null : wholePage(reading, walks, within);
  if (whole !== null) return whole;
  const walk = walkFor(reading, walks, within);
  const { words } = reading;
  if (words !== null && words.terms.length > 1 && words.terms.includes(walk))
    return meetingPage(reading, words, within);
  const limited = (limit: RawBuilder<unknown>): RawBuilder<unknown> =>
    inStartOrder(walk, within, reading.direction, limit);
  const rows = walkedRows(reading, limited(sql`${reading.lookedAtMax}`), restOf(reading, walk.covers));
  return pageOfRows(reading, rows, () => {
    const stop = placeOf<Place>(reading, limited, reading.lookedAtMax);
    return stop === null || stop.isLast ? null : [stop.place.at];
  });
};

/** All that the walk has is wanted. NOTE entering the table once, where that can be, saves a third. */
const wholeRows = (reading: PageReading, walk: PositionWalk, within: Interval): readonly SessionRow[] => {
  const { columns, direction, page } = reading;
  const limit = page.limit + 1;
  if (columns === positionAlone) {
    return readRows<SessionRow>(
      reading,
      sql`SELECT at AS position FROM (${inStartOrder(walk, within, direction, sql`${limit}`)})`,
    );
  }
  if (hasRows(walk)) return readRows<SessionRow>(reading, rowsInStartOrder(walk, columns, within, direction, limit));
  return walkedRows(reading, inStartOrder(walk, within, direction, sql`${limit}`), []);
};

const intervalOf = ({ filter, page, order }: PageQuery): Interval => {
  const { above, below } = startedInterval(filter);
  const [lower, upper] = order.direction === 'ASC' ? [page.after, page.before] : [page.before, page.after];
  return {
    above: Math.max(above, lower?.key[0] ?? above),
    below: Math.min(below, upper?.key[0] ?? below),
  };
};

/**
 * The walk whose next entries reach furthest; or one in another order, of which only row numbers are sorted, where it has no
 * more than may be looked at.
 */
const walkFor = (reading: PageReading, walks: Walks, within: Interval): PositionWalk => {
  const unordered = unorderedWalks(reading.filter, walks);
  let [furthest] = walks;
  if (walks.length <= Math.max(1, termsOf(reading).length) && unordered.length === 0) return furthest;
  let reach = -Infinity;
  for (const walk of walks) {
    const probed = reading.filter.text === null || walk.covers.includes('text') ? PROBED : PROBED_FOR_TEXT;
    const probe = placeOf<Place>(reading, (limit) => inStartOrder(walk, within, reading.direction, limit), probed);
    if (probe === null) return walk;
    const place = reading.direction === 'ASC' ? probe.place.at : -probe.place.at;
    if (place <= reach) continue;
    reach = place;
    furthest = walk;
  }
  return smallestWalk(reading, unordered, within, reading.lookedAtMax) ?? furthest;
};
