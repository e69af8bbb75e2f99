import { type SelectQueryBuilder, sql } from 'kysely';
import type { Visibility } from '../../model/access.ts';
import type { Keyset, PageRequest } from '../../model/page.ts';
import type { SessionFilter, SessionOrder } from '../../model/session-filter.ts';
import { foldCase } from './fold-case.ts';
import { POSITIONS_PER_MS, SPILL_MS_MAX } from './session-position.ts';
import { build } from './statements.ts';
import type { SessionsTable, Tables } from './tables.ts';

type SessionQuery = SelectQueryBuilder<Tables, 'sessions', SessionsTable>;

/** Sessions that this visibility includes and this filter matches, in no order. */
export const matchingSessions = (visibility: Visibility, filter: SessionFilter): SessionQuery => {
  let query: SessionQuery = build.selectFrom('sessions').selectAll();
  if (visibility.scope === 'producer') query = query.where('producer', '=', visibility.producer);
  if (filter.protocols !== null) query = query.where('protocol', 'in', filter.protocols);
  if (filter.statuses !== null) query = query.where('status', 'in', filter.statuses);
  if (filter.userIdentities !== null)
    query = query.where('user_identity_key', 'in', filter.userIdentities.map(foldCase));
  if (filter.userEmails !== null) query = query.where('user_email_key', 'in', filter.userEmails.map(foldCase));
  if (filter.socketIds !== null) query = query.where('socket_id', 'in', filter.socketIds);
  if (filter.socketNames !== null) query = query.where('socket_name', 'in', filter.socketNames);
  if (filter.killed !== null) query = query.where('kill_requested_ms', filter.killed ? 'is not' : 'is', null);
  return startedWithin(query, filter);
};

/** Bounds the row numbers too, so that the table is entered where the time range begins. A row may have spilled upwards. */
const startedWithin = (query: SessionQuery, { startedFromMs, startedBeforeMs }: SessionFilter): SessionQuery => {
  let bounded = query;
  if (startedFromMs !== null) {
    bounded = bounded
      .where('position', '>=', startedFromMs * POSITIONS_PER_MS)
      .where('started_ms', '>=', startedFromMs);
  }
  if (startedBeforeMs !== null) {
    bounded = bounded
      .where('position', '<', (startedBeforeMs + SPILL_MS_MAX) * POSITIONS_PER_MS)
      .where('started_ms', '<', startedBeforeMs);
  }
  return bounded;
};

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
