import { type Expression, expressionBuilder, type SelectQueryBuilder, sql, type SqlBool } from 'kysely';
import type { Visibility } from '../../model/access.ts';
import { KILLED_AT_ONCE_MAX } from '../../model/limits.ts';
import type { Keyset, PageRequest } from '../../model/page.ts';
import type { SessionFilter, SessionOrder } from '../../model/session-filter.ts';
import { foldCase } from './fold-case.ts';
import { POSITIONS_PER_MS, SPILL_MS_MAX } from './session-position.ts';
import { visibleSessions } from './row-queries.ts';
import type { SessionsTable, Tables } from './tables.ts';
import type { MatchingSql } from './writing/request-kill.ts';

type SessionQuery = SelectQueryBuilder<Tables, 'sessions', SessionsTable>;

type Condition = Expression<SqlBool>;

const on = expressionBuilder<Tables, 'sessions'>();

/** Sessions that this visibility includes and this filter matches, in no order. */
export const matchingSessions = (visibility: Visibility, filter: SessionFilter): SessionQuery =>
  [...lasting(filter), ...passing(filter)].reduce(
    (query, condition) => query.where(condition),
    visibleSessions(visibility),
  );

/** What the filter asks of a session that can never change about it: all of this must hold. */
const lasting = (filter: SessionFilter): readonly Condition[] => {
  const conditions: Condition[] = [];
  if (filter.protocols !== null) conditions.push(on('protocol', 'in', filter.protocols));
  if (filter.userIdentities !== null)
    conditions.push(on('user_identity_key', 'in', filter.userIdentities.map(foldCase)));
  if (filter.userEmails !== null) conditions.push(on('user_email_key', 'in', filter.userEmails.map(foldCase)));
  if (filter.socketIds !== null) conditions.push(on('socket_id', 'in', filter.socketIds));
  if (filter.socketNames !== null) conditions.push(on('socket_name', 'in', filter.socketNames));
  return [...conditions, ...startedWithin(filter)];
};

/** Bounds the row numbers too, so that the table is entered where the time range begins. A row may have spilled upwards. */
const startedWithin = ({ startedFromMs, startedBeforeMs }: SessionFilter): readonly Condition[] => {
  const conditions: Condition[] = [];
  if (startedFromMs !== null) {
    conditions.push(on('position', '>=', startedFromMs * POSITIONS_PER_MS), on('started_ms', '>=', startedFromMs));
  }
  if (startedBeforeMs !== null) {
    const positionEnd = (startedBeforeMs + SPILL_MS_MAX) * POSITIONS_PER_MS;
    conditions.push(on('position', '<', positionEnd), on('started_ms', '<', startedBeforeMs));
  }
  return conditions;
};

/** What the filter asks of a session that its life changes. */
const passing = ({ statuses, killed }: SessionFilter): readonly Condition[] => {
  const conditions: Condition[] = [];
  if (statuses !== null) conditions.push(on('status', 'in', statuses));
  if (killed !== null) conditions.push(on('kill_requested_ms', killed ? 'is not' : 'is', null));
  return conditions;
};

/** NOTE each is 0, 1, or null where a column is null that the filter asks about. */
type Matching = { readonly matches: number | null; readonly may_have_matched: number | null };

/** Visible sessions that changed after this position of the log, in the log's order, and whether the filter matches them. */
export const changedSince = (
  visibility: Visibility,
  filter: SessionFilter,
  position: number,
  limit: number,
): SelectQueryBuilder<Tables, 'sessions', SessionsTable & Matching> => {
  const before = lasting(filter);
  return visibleSessions(visibility)
    .select([
      sql<number | null>`${on.and([...before, ...passing(filter)])}`.as('matches'),
      sql<number | null>`${on.and([...before])}`.as('may_have_matched'),
    ])
    .where('revision', '>', position)
    .orderBy('revision')
    .limit(limit);
};

/** Running sessions that were seen after a time and no later than another, by that time. */
export const seenWithin = (query: SessionQuery, afterMs: number, untilMs: number, limit: number): SessionQuery =>
  query
    .where(sql<boolean>`status IN ('ACTIVE', 'KILLING')`)
    .where('last_seen_ms', '>', afterMs)
    .where('last_seen_ms', '<=', untilMs)
    .orderBy('last_seen_ms')
    .limit(limit);

/** What requestKills may cut, one more than it may: for whoever executes it on another connection. LOST ones may come back. */
export const killable = (visibility: Visibility, filter: SessionFilter): MatchingSql =>
  matchingSessions(visibility, filter)
    .where(sql<boolean>`status IN ('ACTIVE', 'LOST')`)
    .clearSelect()
    .select(['position', 'producer', 'status', 'lost_ms'])
    .orderBy('position')
    .limit(KILLED_AT_ONCE_MAX + 1)
    .compile();

const keyColumns = {
  STARTED_AT: ['position'],
  LAST_SEEN_AT: ['last_seen_ms', 'position'],
  DURATION: ['duration_ms', 'position'],
} as const;

/** One row more than the page holds, in the direction of reading: the caller turns a backward page around. */
export const sessionPage = (query: SessionQuery, order: SessionOrder, page: PageRequest): SessionQuery => {
  const ascending = (order.direction === 'ASC') !== page.backward;
  let paged = query;
  if (page.after !== null) paged = beyond(paged, order, page.after, order.direction === 'ASC' ? '>' : '<');
  if (page.before !== null) paged = beyond(paged, order, page.before, order.direction === 'ASC' ? '<' : '>');
  for (const column of keyColumns[order.field]) paged = paged.orderBy(column, ascending ? 'asc' : 'desc');
  return paged.limit(page.limit + 1);
};

const beyond = (query: SessionQuery, order: SessionOrder, { key }: Keyset, sign: '<' | '>'): SessionQuery => {
  const columns = keyColumns[order.field];
  if (columns.length === 1) return query.where(columns[0], sign, key[0] ?? 0);
  return query.where(sql<boolean>`(${sql.ref(columns[0])}, position) ${sql.raw(sign)} (${key[0]}, ${key[1]})`);
};
