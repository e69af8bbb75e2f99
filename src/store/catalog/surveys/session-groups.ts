import { type RawBuilder, sql } from 'kysely';
import type { Visibility } from '../../../model/access.ts';
import { BudgetExceeded } from '../../../model/errors.ts';
import type { SessionFilter } from '../../../model/session-filter.ts';
import { QUARTER_HOUR_MS } from '../../../model/time-groups.ts';
import { countryCode } from '../listing/session-conditions.ts';
import { driveOf, rowsIn, slicesOf, statementOf } from './session-drive.ts';
import type { Survey, SurveyTools } from './survey.ts';

/** What sessions share, by which they can be grouped. */
export const groupKeys = {
  QUARTER_HOUR: sql<number>`started_ms / ${sql.lit(QUARTER_HOUR_MS)}`,
  PROTOCOL: sql<string>`protocol`,
  UPSTREAM: sql<string>`lower(upstream)`,
  STATUS: sql<string>`status`,
  USER: sql<string>`user_identity_key`,
  SOCKET: sql<string>`socket_id`,
  COUNTRY: sql<string>`coalesce(${sql.raw(countryCode)}, '')`,
  /** Nothing for what is no address. */
  ADDRESS: sql<string>`hex(client_ip_key)`,
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

type Grouping = {
  readonly visibility: Visibility;
  readonly filter: SessionFilter;
  readonly by: GroupKey;
  /** What to ask for where there are too many values: by default, a narrower filter. */
  readonly instead?: string;
};

/**
 * Groups the sessions that match, the newest ones first.
 * @param groups where they go; whoever hands it in may look at them between two slices
 * @param keyOf under which key groups of the query go together
 * @returns whether all sessions were looked at in time
 * @throws BudgetExceeded beyond so many groups as may be told apart
 */
export function* groupSessions(
  tools: SurveyTools,
  { visibility, filter, by, instead }: Grouping,
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
    checkGroups(tools, groups, instead);
    yield;
  }
  return true;
}

/** All are kept in memory until the last one is counted. @throws BudgetExceeded beyond the limit */
export const checkGroups = ({ valuesMax }: SurveyTools, groups: SessionGroups, instead = 'narrow the filter'): void => {
  if (groups.size <= valuesMax) return;
  throw new BudgetExceeded(`more than ${valuesMax} values are not told apart: ${instead}`);
};

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
