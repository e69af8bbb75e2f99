import type { Visibility } from '../../../model/access.ts';
import { InvalidInput } from '../../../model/errors.ts';
import { STATS_TIME_GROUPS_MAX } from '../../../model/limits.ts';
import type { SessionFilter } from '../../../model/session-filter.ts';
import {
  isTimeUnit,
  type SessionStatsGroup,
  type SessionStatsGroupCount,
  type SessionStatsRequest,
  type TimeUnit,
} from '../../../model/session-stats.ts';
import type { Session } from '../../../model/session.ts';
import { QUARTER_HOUR_MS, TimeGroups } from '../../../model/time-groups.ts';
import { groupSessions, largestOf, type SessionGroup } from './session-groups.ts';
import { sessionsByPosition } from './sessions-at.ts';
import { overBudget, type Survey, type SurveyTools } from './survey.ts';

export function* sessionStats(
  tools: SurveyTools,
  visibility: Visibility,
  filter: SessionFilter,
  { groupBy, limit, timeZone }: SessionStatsRequest,
): Survey<readonly SessionStatsGroupCount[]> {
  const wanted = { visibility, filter };
  return isTimeUnit(groupBy)
    ? yield* statsByTime(tools, wanted, new TimeGroups(groupBy, timeZone), groupBy)
    : yield* statsByValue(tools, wanted, groupBy, limit);
}

type Wanted = { readonly visibility: Visibility; readonly filter: SessionFilter };

const tooLong = (tools: SurveyTools): Error =>
  overBudget(tools, 'counting these groups', 'narrow the filter, by startedFrom and startedBefore for example');

function* statsByTime(
  tools: SurveyTools,
  wanted: Wanted,
  times: TimeGroups,
  unit: TimeUnit,
): Survey<readonly SessionStatsGroupCount[]> {
  const groups = new Map<string | number, SessionGroup>();
  const startOf = (quarter: string | number): number => times.startOf(Number(quarter) * QUARTER_HOUR_MS);
  const grouping = groupSessions(tools, { ...wanted, by: 'QUARTER_HOUR' }, groups, startOf);
  for (;;) {
    const { done, value: isWhole } = grouping.next();
    if (groups.size > STATS_TIME_GROUPS_MAX) {
      const message = `at most ${STATS_TIME_GROUPS_MAX} groups by ${unit} are counted: narrow the time by startedFrom and startedBefore, or group by a longer one`;
      throw new InvalidInput('groupBy', message);
    }
    if (done === true && isWhole === false) throw tooLong(tools);
    if (done === true) break;
    yield;
  }
  return [...groups.values()]
    .map((group) => ({ ...group, startMs: Number(group.key) }))
    .toSorted((one, other) => one.startMs - other.startMs)
    .map((group) => countOf(group, times.keyOf(group.startMs), times.labelOf(group.startMs)));
}

function* statsByValue(
  tools: SurveyTools,
  wanted: Wanted,
  groupBy: Exclude<SessionStatsGroup, TimeUnit>,
  limit: number,
): Survey<readonly SessionStatsGroupCount[]> {
  const groups = new Map<string | number, SessionGroup>();
  if (!(yield* groupSessions(tools, { ...wanted, by: groupBy }, groups))) throw tooLong(tools);
  const largest = largestOf(groups, limit);
  const newest = sessionsByPosition(
    tools,
    largest.map((group) => group.newest),
  );
  return largest.map((group) => {
    const session = newest.get(group.newest);
    const label = session === undefined ? String(group.key) : labelOf(groupBy, session);
    return countOf(group, String(group.key), label);
  });
}

const countOf = (group: SessionGroup, key: string, label: string): SessionStatsGroupCount => ({
  key,
  label,
  count: group.count,
  killedCount: group.killed,
  deniedCount: group.denied,
  totalDurationMs: group.durationMs,
});

/** As the newest session of the group has it. */
const labelOf = (groupBy: Exclude<SessionStatsGroup, TimeUnit>, session: Session): string => {
  switch (groupBy) {
    case 'PROTOCOL':
      return session.protocol;
    case 'UPSTREAM':
      return session.upstream;
    case 'STATUS':
      return session.status;
    case 'USER':
      return session.user.name ?? session.user.identity;
    case 'SOCKET':
      return session.socket.name;
    case 'COUNTRY':
      return countryName(session.client.location?.countryCode ?? null);
  }
};

const countryNames = new Intl.DisplayNames('en', { type: 'region' });

const countryName = (code: string | null): string => {
  if (code === null) return 'unknown';
  return /^[a-z]{2}$/i.test(code) ? (countryNames.of(code.toUpperCase()) ?? code) : code;
};
