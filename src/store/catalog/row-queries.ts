import type { SelectQueryBuilder } from 'kysely';
import type { Visibility } from '../../model/access.ts';
import type { Page, PageRequest } from '../../model/page.ts';
import type { RecordingRow, SessionEventRow } from './session-row.ts';
import { build } from './statements.ts';
import type { SessionsTable, Tables } from './tables.ts';

/** Sessions that this visibility includes. */
export const visibleSessions = (visibility: Visibility): SelectQueryBuilder<Tables, 'sessions', SessionsTable> => {
  const query = build.selectFrom('sessions').selectAll();
  return visibility.scope === 'all' ? query : query.where('producer', '=', visibility.producer);
};

/** Recordings of visible sessions. */
export const recordingRows = (
  visibility: Visibility,
): SelectQueryBuilder<Tables, 'recordings' | 'sessions', RecordingRow> => {
  const query = build
    .selectFrom('recordings')
    .innerJoin('sessions', 'sessions.position', 'recordings.session_position')
    .selectAll('recordings')
    .select('sessions.session_id');
  return visibility.scope === 'all' ? query : query.where('sessions.producer', '=', visibility.producer);
};

/** Events of visible sessions. */
export const sessionEventRows = (
  visibility: Visibility,
): SelectQueryBuilder<Tables, 'session_events' | 'sessions', SessionEventRow> => {
  const query = build
    .selectFrom('session_events')
    .innerJoin('sessions', 'sessions.position', 'session_events.session_position')
    .selectAll('session_events')
    .select('sessions.session_id');
  return visibility.scope === 'all' ? query : query.where('sessions.producer', '=', visibility.producer);
};

/** A page of a list in ascending order of one column, one row more than it holds, in the direction of reading. */
export const byPosition = <Joined extends 'recordings' | 'session_events', Row>(
  query: SelectQueryBuilder<Tables, Joined | 'sessions', Row>,
  column: 'recordings.recording_key' | 'session_events.position',
  page: PageRequest,
): SelectQueryBuilder<Tables, Joined | 'sessions', Row> => {
  // NOTE Kysely's types cannot follow a column name through a generic join; both columns are numbers of the joined table.
  type Plain = SelectQueryBuilder<Record<string, Record<string, unknown>>, string, Row>;
  let paged = query as unknown as Plain;
  if (page.after !== null) paged = paged.where(column, '>', page.after.key[0] ?? 0);
  if (page.before !== null) paged = paged.where(column, '<', page.before.key[0] ?? 0);
  paged = paged.orderBy(column, page.backward ? 'desc' : 'asc').limit(page.limit + 1);
  return paged as unknown as SelectQueryBuilder<Tables, Joined | 'sessions', Row>;
};

/** The same of a list in descending order of its table's position. */
export const newestFirst = <Table extends 'tokens' | 'audit_entries', Row>(
  query: SelectQueryBuilder<Tables, Table, Row>,
  column: 'tokens.position' | 'audit_entries.position',
  page: PageRequest,
): SelectQueryBuilder<Tables, Table, Row> => {
  type Plain = SelectQueryBuilder<Record<string, Record<string, unknown>>, string, Row>;
  let paged = query as unknown as Plain;
  if (page.after !== null) paged = paged.where(column, '<', page.after.key[0] ?? 0);
  if (page.before !== null) paged = paged.where(column, '>', page.before.key[0] ?? 0);
  paged = paged.orderBy(column, page.backward ? 'asc' : 'desc').limit(page.limit + 1);
  return paged as unknown as SelectQueryBuilder<Tables, Table, Row>;
};

/** The page of rows that were read with one more than it holds. */
export const pageOf = <Item>(read: readonly Item[], page: PageRequest): Page<Item> => {
  const more = read.length > page.limit;
  const items = more ? read.slice(0, page.limit) : [...read];
  return {
    items: page.backward ? items.toReversed() : items,
    hasNextPage: page.backward ? page.before !== null : more,
    hasPreviousPage: page.backward ? more : page.after !== null,
    stoppedAt: null,
  };
};
