import { type RawBuilder, sql } from 'kysely';
import type { Visibility } from '../../../model/access.ts';
import { STATS_VALUES_MAX } from '../../../model/limits.ts';
import type { SessionFilter } from '../../../model/session-filter.ts';
import { QUARTER_HOUR_MS } from '../../../model/time-groups.ts';
import { countryCode } from '../listing/session-conditions.ts';
import { driveOf, rowsIn, slicesOf, statementOf } from './session-drive.ts';
import { overBudget, type Survey, type SurveyTools } from './survey.ts';

/** What sessions share, by which they can be grouped. */
export const groupKeys = {
  QUARTER_HOUR: sql<number>`started_ms / ${sql.lit(QUARTER_HOUR_MS)}`,
  PROTOCOL: sql<string>`protocol`,
  UPSTREAM: sql<string>`lower(upstream)`,
  STATUS: sql<string>`status`,
  USER: sql<string>`user_identity_key`,
  SOCKET: sql<string>`socket_id`,
  COUNTRY: sql<string>`coalesce(${sql.raw(countryCode)}, '')`,
  ADDRESS: sql<string>`client_ip`,
} as const satisfies Readonly<Record<string, RawBuilder<string | number>>>;
export type GroupKey = keyof typeof groupKeys;

export type SessionGroup = {
  readonly key: string | number;
  count: number;
  killed: number;
  denied: number;
  durationMs: number;
  /** Position of the newest session. */
  newest: number;
};
export type SessionGroups = ReadonlyMap<string | number, SessionGroup>;

/**
 * Groups the sessions that match, the newest ones first.
 * @param groups where they go; whoever hands it in may look at them between two slices
 * @param keyOf under which key groups of the query go together
 * @returns whether all sessions were looked at in time
 * @throws BudgetExceeded beyond STATS_VALUES_MAX groups
 */
export function* groupSessions(
  tools: SurveyTools,
  {
    visibility,
    filter,
    by,
  }: { readonly visibility: Visibility; readonly filter: SessionFilter; readonly by: GroupKey },
  groups: Map<string | number, SessionGroup>,
  keyOf: (key: string | number) => string | number = (key) => key,
): Survey<boolean> {
  const drive = driveOf(tools, visibility, filter);
  const select = sql`${groupKeys[by]} AS key, count(*) AS count, count(kill_requested_ms) AS killed,
    sum(status = 'DENIED') AS denied, sum(duration_ms) AS duration_ms, max(position) AS newest`;
  for (const slice of slicesOf(tools, drive, tools.sliceRows)) {
    if (tools.isOver()) return false;
    const grouped = statementOf<GroupRow>(rowsIn(drive, slice, select, sql`GROUP BY 1`));
    for (const row of tools.statements.all(grouped)) addGroup(groups, keyOf(row.key), row);
    if (groups.size > STATS_VALUES_MAX) {
      throw overBudget(tools, `telling more than ${STATS_VALUES_MAX} values apart`, 'narrow the filter');
    }
    yield;
  }
  return true;
}

type GroupRow = Omit<SessionGroup, 'durationMs'> & { readonly duration_ms: number };

const addGroup = (groups: Map<string | number, SessionGroup>, key: string | number, row: GroupRow): void => {
  const group = groups.get(key);
  if (group === undefined) {
    const { count, killed, denied, duration_ms: durationMs, newest } = row;
    groups.set(key, { key, count, killed, denied, durationMs, newest });
    return;
  }
  group.count += row.count;
  group.killed += row.killed;
  group.denied += row.denied;
  group.durationMs += row.duration_ms;
  group.newest = Math.max(group.newest, row.newest);
};

/** The largest so many, those of the same size by key. */
export const largestOf = (groups: SessionGroups, limit: number): readonly SessionGroup[] =>
  [...groups.values()]
    .toSorted((one, other) => other.count - one.count || (one.key < other.key ? -1 : 1))
    .slice(0, limit);
