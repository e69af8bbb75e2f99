import { InvalidInput } from './errors.ts';
import { STATS_GROUPS_MAX, TIME_ZONE_LENGTH_MAX } from './limits.ts';
import type { Session } from './session.ts';

export const timeUnits = ['HOUR', 'DAY', 'WEEK'] as const;
export type TimeUnit = (typeof timeUnits)[number];

/** What sessions may be counted by. */
export const sessionStatsGroups = [
  ...timeUnits,
  'PROTOCOL',
  'UPSTREAM',
  'STATUS',
  'USER',
  'SOCKET',
  'COUNTRY',
] as const;
export type SessionStatsGroup = (typeof sessionStatsGroups)[number];

export type SessionStatsRequest = {
  readonly groupBy: SessionStatsGroup;
  /** Groups by value: the largest so many. Groups by time come all. */
  readonly limit: number;
  /** IANA name of the time zone in which hours, days and weeks begin. */
  readonly timeZone: string;
};

/** Sessions that share a value, or began in the same hour, day or week. */
export type SessionStatsGroupCount = {
  /** The value, or the group's start in its time zone, RFC 3339 with the offset. */
  readonly key: string;
  /** The same for people. */
  readonly label: string;
  readonly count: number;
  readonly killedCount: number;
  readonly deniedCount: number;
  readonly totalDurationMs: number;
};

/** What the sessions of a log have most often in common; `newest`: the newest session that has it. */
export type Frequent = { readonly count: number; readonly newest: Session };
export const frequentThings = ['locations', 'sockets', 'users'] as const;
export type FrequentThing = (typeof frequentThings)[number];

/** How many sessions there are. */
export type SessionTotal = {
  readonly count: number;
  /** There may be more: counting stopped at its limit, or when its time was over. */
  readonly isCapped: boolean;
};

export const isTimeUnit = (group: SessionStatsGroup): group is TimeUnit => timeUnits.some((unit) => unit === group);

/** @throws InvalidInput naming the argument: a limit beyond STATS_GROUPS_MAX, a time zone that nobody knows */
export const checkStatsRequest = ({ limit, timeZone }: SessionStatsRequest): void => {
  if (limit < 1 || limit > STATS_GROUPS_MAX) {
    throw new InvalidInput('limit', `limit must be from 1 to ${STATS_GROUPS_MAX}, got ${limit}`);
  }
  if (timeZone.length > TIME_ZONE_LENGTH_MAX || !isTimeZone(timeZone)) {
    const shown = timeZone.slice(0, TIME_ZONE_LENGTH_MAX);
    throw new InvalidInput('timeZone', `timeZone must be the name of a time zone, such as Europe/Berlin, got ${shown}`);
  }
};

/** NOTE an offset such as +00:07 is none: of names alone it is known that groups by time can be counted in quarters of an hour. */
const isTimeZone = (name: string): boolean => {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};
