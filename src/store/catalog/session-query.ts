import { type Compilable, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import { seesAll, type Visibility } from '../../model/access.ts';
import { KILLED_AT_ONCE_MAX } from '../../model/limits.ts';
import type { SessionFilter } from '../../model/session-filter.ts';
import { isRunning, type SessionCondition, sessionConditions } from './listing/session-conditions.ts';
import { build } from './statements.ts';
import type { SessionsTable, Tables } from './tables.ts';
import type { MatchingSql } from './writing/request-kill.ts';

/** Of what the filter asks: whether all holds that never changes about a session, and all else. Null is no, of a column that is null. */
type Matching = { readonly lasting_holds: number | null; readonly changing_holds: number | null };
/** Whether it has the filter's words. */
type Seen = { readonly has_words: number };

const allOf = (conditions: readonly SessionCondition[]): RawBuilder<number | null> =>
  conditions.length === 0
    ? sql`1`
    : sql`(${sql.join(
        conditions.map(({ holds }) => holds),
        sql` AND `,
      )})`;

/** Visible sessions that changed after this position of the log, in the log's order, and whether the filter matches them. */
export const changedSince = (
  visibility: Visibility,
  filter: SessionFilter,
  position: number,
  limit: number,
): SelectQueryBuilder<Tables, 'sessions', SessionsTable & Matching> => {
  const conditions = sessionConditions(seesAll, filter);
  const visible = build.selectFrom('sessions').selectAll();
  // NOTE the plus keeps SQLite from reading and sorting all of a producer's sessions.
  return (visibility.scope === 'all' ? visible : visible.where(sql<boolean>`+producer = ${visibility.producer}`))
    .select([
      allOf(conditions.filter(({ lasts }) => lasts)).as('lasting_holds'),
      allOf(conditions.filter(({ lasts }) => !lasts)).as('changing_holds'),
    ])
    .where('revision', '>', position)
    .orderBy('revision')
    .limit(limit);
};

/** A place among running sessions by when they were seen. */
export type SeenPlace = { readonly seenMs: number; readonly position: number };

/**
 * Running sessions that match but for their words, which lie after a place and were seen no later than a time, in that order.
 * NOTE with the words among the conditions, a limit that is not reached would have all that run asked for them.
 */
export const seenWithin = (
  visibility: Visibility,
  filter: SessionFilter,
  { seenMs, position }: SeenPlace,
  untilMs: number,
  limit: number,
): Compilable<SessionsTable & Seen> => {
  const conditions = sessionConditions(visibility, filter);
  const words = conditions.filter(({ field }) => field === 'text');
  const others = conditions.filter(({ field }) => field !== 'text').map(({ holds }) => holds);
  const query = sql<SessionsTable & Seen>`SELECT *, ${allOf(words)} AS has_words
    FROM sessions INDEXED BY sessions_running_by_last_seen
    WHERE ${sql.join([sql.raw(isRunning), ...others], sql` AND `)}
      AND last_seen_ms >= ${seenMs} AND last_seen_ms <= ${untilMs} AND (last_seen_ms > ${seenMs} OR position > ${position})
    ORDER BY last_seen_ms, position LIMIT ${limit}`;
  return { compile: () => query.compile(build) };
};

/**
 * What requestKills may cut, one more than it may: for whoever executes it on another connection. LOST ones may come back.
 * NOTE of these there are few, whatever the filter has in the whole log.
 */
export const killable = (visibility: Visibility, filter: SessionFilter): MatchingSql => {
  const conditions = sessionConditions(visibility, filter).map(({ holds }) => holds);
  return sql`SELECT position, producer, status, lost_ms FROM sessions INDEXED BY sessions_by_status
    WHERE ${sql.join([sql`status IN ('ACTIVE', 'LOST')`, ...conditions], sql` AND `)}
    ORDER BY position LIMIT ${KILLED_AT_ONCE_MAX + 1}`.compile(build);
};
