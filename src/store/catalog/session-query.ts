import { type Compilable, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import { seesAll, type Visibility } from '../../model/access.ts';
import { KILLED_AT_ONCE_MAX } from '../../model/limits.ts';
import type { SessionFilter } from '../../model/session-filter.ts';
import { isRunning, type SessionCondition, sessionConditions } from './listing/session-conditions.ts';
import { build } from './statements.ts';
import type { SessionsTable, Tables } from './tables.ts';
import type { MatchingSql } from './writing/request-kill.ts';

/** NOTE each is 0, 1, or null where a column is null that the filter asks about. */
type Matching = { readonly matches: number | null; readonly may_have_matched: number | null };

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
    .select([allOf(conditions).as('matches'), allOf(conditions.filter(({ lasts }) => lasts)).as('may_have_matched')])
    .where('revision', '>', position)
    .orderBy('revision')
    .limit(limit);
};

/** Running sessions that match and were seen after a time and no later than another, by that time. */
export const seenWithin = (
  visibility: Visibility,
  filter: SessionFilter,
  afterMs: number,
  untilMs: number,
  limit: number,
): Compilable<SessionsTable> => {
  const conditions = sessionConditions(visibility, filter).map(({ holds }) => holds);
  const query = sql<SessionsTable>`SELECT * FROM sessions INDEXED BY sessions_running_by_last_seen
    WHERE ${sql.join([sql.raw(isRunning), ...conditions], sql` AND `)}
      AND last_seen_ms > ${afterMs} AND last_seen_ms <= ${untilMs}
    ORDER BY last_seen_ms LIMIT ${limit}`;
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
