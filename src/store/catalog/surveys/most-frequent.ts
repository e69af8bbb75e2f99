import { sql } from 'kysely';
import type { Visibility } from '../../../model/access.ts';
import { everySession } from '../../../model/session-filter.ts';
import type { Frequent, FrequentThing } from '../../../model/session-stats.ts';
import { statementOf } from './session-drive.ts';
import { checkGroups, type GroupKey, groupSessions, largestOf, type SessionGroup } from './session-groups.ts';
import { sessionsByPosition } from './sessions-at.ts';
import { overBudget, type Survey, type SurveyTools } from './survey.ts';

/** By what each is told apart, and the index that has its sessions together. */
type Way = { readonly by: GroupKey; readonly column: string; readonly index: string };

const ways: Readonly<Record<FrequentThing, Way>> = {
  locations: { by: 'ADDRESS', column: 'client_ip_key', index: 'sessions_by_address' },
  sockets: { by: 'SOCKET', column: 'socket_id', index: 'sessions_by_socket' },
  users: { by: 'USER', column: 'user_identity_key', index: 'sessions_by_user' },
};

const instead = 'ask for sessionStats of a shorter time';

type Counts = Pick<SessionGroup, 'key' | 'count' | 'newest'>;

/** The most frequent first. @throws BudgetExceeded */
export function* mostFrequent(
  tools: SurveyTools,
  visibility: Visibility,
  thing: FrequentThing,
  limit: number,
): Survey<readonly Frequent[]> {
  const way = ways[thing];
  const groups = new Map<string | number, SessionGroup>();
  const isWhole =
    visibility.scope === 'all'
      ? yield* countEntries(tools, way, groups)
      : yield* groupSessions(tools, { visibility, filter: everySession, by: way.by, instead }, groups);
  if (!isWhole) throw overBudget(tools, `counting all ${thing}`, instead);
  const largest = largestOf(groups, limit);
  const newest = sessionsByPosition(
    tools,
    largest.map((group) => group.newest),
  );
  return largest.flatMap(({ count, newest: position }) => {
    const session = newest.get(position);
    return session === undefined ? [] : [{ count, newest: session }];
  });
}

/** Entries of an index that are looked at in the time of a row. */
const ENTRIES_A_ROW = 5;

/**
 * Counts all sessions by the index alone, in the order of its values: in turns the values that are whole within so many
 * entries, and the one after them, of which there may be any number. NOTE SQLite would enter no place within one value by
 * a range of value and row number.
 * @returns whether it was done in time
 */
function* countEntries(
  tools: SurveyTools,
  { column, index }: Way,
  groups: Map<string | number, SessionGroup>,
): Survey<boolean> {
  const { statements } = tools;
  const [value, from] = [sql.raw(column), sql.raw(`sessions INDEXED BY ${index}`)];
  const rows = tools.sliceRows * ENTRIES_A_ROW;
  if (!(yield* countOne(tools, { column, index }, null, groups))) return false;
  let beyond = sql`${value} IS NOT NULL`;
  for (;;) {
    if (tools.isOver()) return false;
    const nth = sql`SELECT ${value} AS value FROM ${from} WHERE ${beyond} ORDER BY ${value} LIMIT 1 OFFSET ${rows}`;
    const next = statements.get(statementOf<{ value: unknown }>(nth));
    const wholeOnes = next === undefined ? sql`TRUE` : sql`${value} < ${next.value}`;
    const counted = sql`SELECT ${value} AS value, count(*) AS count, max(position) AS newest
      FROM ${from} WHERE ${beyond} AND ${wholeOnes} GROUP BY 1`;
    for (const each of statements.all(statementOf<Omit<Counts, 'key'> & { value: unknown }>(counted))) {
      addCounts(groups, { ...each, key: keyOf(each.value) });
    }
    checkGroups(tools, groups, instead);
    if (next === undefined) return true;
    yield;
    if (!(yield* countOne(tools, { column, index }, next.value, groups))) return false;
    beyond = sql`${value} > ${next.value}`;
  }
}

/** The sessions of one value. */
function* countOne(
  tools: SurveyTools,
  { column, index }: Pick<Way, 'column' | 'index'>,
  value: unknown,
  groups: Map<string | number, SessionGroup>,
): Survey<boolean> {
  const rows = tools.sliceRows * ENTRIES_A_ROW;
  for (let position = -1; ;) {
    if (tools.isOver()) return false;
    const counted = sql`SELECT count(*) AS count, coalesce(max(position), -1) AS newest FROM (
      SELECT position FROM ${sql.raw(`sessions INDEXED BY ${index}`)} WHERE ${sql.raw(column)} IS ${value}
        AND position > ${position} ORDER BY position LIMIT ${rows})`;
    const { count, newest } = tools.statements.get(statementOf<Counts>(counted)) ?? { count: 0, newest: -1 };
    if (count > 0) addCounts(groups, { key: keyOf(value), count, newest });
    if (count < rows) return true;
    position = newest;
    yield;
  }
}

const keyOf = (value: unknown): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value ?? '');

const addCounts = (groups: Map<string | number, SessionGroup>, { key, count, newest }: Counts): void => {
  const before = groups.get(key);
  groups.set(key, {
    key,
    count: (before?.count ?? 0) + count,
    newest: Math.max(before?.newest ?? -1, newest),
    killed: 0,
    denied: 0,
    durationMs: 0,
  });
};
