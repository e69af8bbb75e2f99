import { type RawBuilder, sql } from 'kysely';
import type { Keyset, Page } from '../../../model/page.ts';
import type { SessionRow } from '../session-row.ts';
import { inKeyOrder, type KeyedInterval, type KeyedOrder, type KeyedPlace, withinKeys } from './keyed-walk.ts';
import {
  pageOfRows,
  type PageQuery,
  type PageReading,
  placeOf,
  restOf,
  smallestWalk,
  sortedRows,
  walkedRows,
} from './page-reading.ts';
import { inAnyOrder, orderedWalks, unorderedWalks } from './position-walk.ts';
import { startedInterval } from './started-interval.ts';

/** Rows that are read from all over the table to be sorted. More are found faster by a walk in order. */
const SORTED_MAX = 2_000;

type Place = { readonly key: number; readonly at: number };

/** A page in the order of another key: what an index has is sorted where it can all be looked at. */
export const pageByKey = (reading: PageReading, order: KeyedOrder): Page<SessionRow> => {
  const within = intervalOf(reading);
  const started = startedInterval(reading.filter);
  const ordered = orderedWalks(reading.conditions, reading.filter);
  const walks = [...ordered, ...unorderedWalks(reading.filter, ordered)];
  const partial = [...walks.filter(({ covers }) => covers.length > 0), ...(reading.words?.terms ?? [])];
  const set = smallestWalk(reading, partial, started, Math.min(SORTED_MAX, reading.lookedAtMax));
  if (set !== null) {
    const all = inAnyOrder(set, started, reading.lookedAtMax);
    const rest = [...restOf(reading, set.covers), ...withinKeys(order, within)];
    const rows = sortedRows(reading, all, rest, [order.column, 'sessions.position']);
    return pageOfRows(reading, rows, () => null);
  }
  const isWhole = reading.conditions.length === 0;
  const lookedAtMax = isWhole ? reading.page.limit + 1 : reading.lookedAtMax;
  const limited = (limit: RawBuilder<unknown>): RawBuilder<unknown> =>
    inKeyOrder(order, within, reading.direction, limit);
  const rows = walkedRows(reading, limited(sql`${lookedAtMax}`), restOf(reading, []));
  return pageOfRows(reading, rows, () => {
    const stop = isWhole ? null : placeOf<Place>(reading, limited, lookedAtMax);
    return stop === null || stop.isLast ? null : [stop.place.key, stop.place.at];
  });
};

const intervalOf = ({ page, order }: PageQuery): KeyedInterval => {
  const [lower, upper] = order.direction === 'ASC' ? [page.after, page.before] : [page.before, page.after];
  return { above: placeOfCursor(lower), below: placeOfCursor(upper) };
};

const placeOfCursor = (cursor: Keyset | null): KeyedPlace | null =>
  cursor === null ? null : [cursor.key[0] ?? 0, cursor.key[1] ?? 0];
