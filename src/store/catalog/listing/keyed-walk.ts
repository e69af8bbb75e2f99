import { type RawBuilder, sql, type SqlBool } from 'kysely';
import type { SessionOrderField } from '../../../model/session-filter.ts';
import type { Direction } from './position-walk.ts';
import { isRunning, isStill } from './session-conditions.ts';

/** A place in an order by another key than the start: [key, position]. */
export type KeyedPlace = readonly [key: number, position: number];

/** Places, both excluded; null: to the end. */
export type KeyedInterval = { readonly above: KeyedPlace | null; readonly below: KeyedPlace | null };

export type KeyedOrder = {
  readonly column: 'last_seen_ms' | 'duration_ms';
  /** NOTE two indexes, since of those that run the key moves all the time: the other one is large and stays as it is. */
  readonly indexes: readonly (readonly [name: string, part: string])[];
};

export const keyedOrders: Readonly<Record<Exclude<SessionOrderField, 'STARTED_AT'>, KeyedOrder>> = {
  LAST_SEEN_AT: {
    column: 'last_seen_ms',
    indexes: [
      ['sessions_by_last_seen', isStill],
      ['sessions_running_by_last_seen', isRunning],
    ],
  },
  DURATION: {
    column: 'duration_ms',
    indexes: [
      ['sessions_by_duration', isStill],
      ['sessions_running_by_duration', isRunning],
    ],
  },
};

/** The first `limit` places within the interval: `key` and `at` of each. */
export const inKeyOrder = (
  order: KeyedOrder,
  within: KeyedInterval,
  direction: Direction,
  limit: RawBuilder<unknown>,
): RawBuilder<unknown> => {
  const column = sql.raw(order.column);
  const branches = order.indexes.flatMap(([name, part]) =>
    stretches(order.column, within).map(
      (stretch) => sql`SELECT ${column} AS key, position AS at FROM sessions INDEXED BY ${sql.raw(name)}
        WHERE ${sql.raw(part)} AND ${stretch}`,
    ),
  );
  return sql`${sql.join(branches, sql` UNION ALL `)}
    ORDER BY key ${sql.raw(direction)}, at ${sql.raw(direction)} LIMIT ${limit}`;
};

/**
 * The interval as stretches that an index enters where they begin.
 * NOTE SQLite compares (key, position) by the key alone in an index, and walks over all that have the cursor's key: a
 * hundred thousand refused attempts have the duration 0.
 */
const stretches = (column: string, { above, below }: KeyedInterval): readonly RawBuilder<SqlBool>[] => {
  const key = sql.raw(column);
  if (above === null && below === null) return [sql`TRUE`];
  if (above !== null && below !== null && above[0] >= below[0]) {
    if (above[0] > below[0]) return [sql`FALSE`];
    return [sql`${key} = ${above[0]} AND position > ${above[1]} AND position < ${below[1]}`];
  }
  const between = [
    ...(above === null ? [] : [sql`${key} > ${above[0]}`]),
    ...(below === null ? [] : [sql`${key} < ${below[0]}`]),
  ];
  return [
    ...(above === null ? [] : [sql<SqlBool>`${key} = ${above[0]} AND position > ${above[1]}`]),
    sql`${sql.join(between, sql` AND `)}`,
    ...(below === null ? [] : [sql<SqlBool>`${key} = ${below[0]} AND position < ${below[1]}`]),
  ];
};

/** The same interval for rows of any walk. */
export const withinKeys = ({ column }: KeyedOrder, { above, below }: KeyedInterval): readonly RawBuilder<SqlBool>[] => {
  const place = sql`(${sql.raw(column)}, sessions.position)`;
  return [
    ...(above === null ? [] : [sql<SqlBool>`${place} > (${above[0]}, ${above[1]})`]),
    ...(below === null ? [] : [sql<SqlBool>`${place} < (${below[0]}, ${below[1]})`]),
  ];
};
