import { STATS_GROUPS_DEFAULT, STATS_GROUPS_MAX, STATS_TIME_GROUPS_MAX } from '../../model/limits.ts';
import {
  checkStatsRequest,
  isTimeUnit,
  type SessionStatsGroup,
  type SessionStatsGroupCount,
  type sessionStatsGroups,
} from '../../model/session-stats.ts';
import { askerOf } from '../asker.ts';
import { builder } from './builder.ts';
import { visibilityFor } from './context.ts';
import { readSessionFilter, SessionFilterInput } from './session-filter.ts';

const SessionStatsGroupEnum = builder.enumType('SessionStatsGroup', {
  description: 'What sessions are counted by.',
  values: {
    HOUR: { description: 'The hour in which it began.' },
    DAY: { description: 'The day on which it began, from midnight to midnight: 23 or 25 hours where clocks change.' },
    WEEK: { description: 'The week in which it began, from Monday on (ISO 8601).' },
    PROTOCOL: { description: 'How it speaks.' },
    UPSTREAM: { description: 'What stands behind the protocol.' },
    STATUS: { description: 'Where it is in its life.' },
    USER: { description: 'Who, by identity without regard to case.' },
    SOCKET: { description: 'What it went to, by the id that stays when the name changes.' },
    COUNTRY: { description: "Where from: the country of the client's address." },
  } satisfies Record<(typeof sessionStatsGroups)[number], object>,
});

const SessionStatsGroupCountRef = builder.objectRef<SessionStatsGroupCount>('SessionStatsGroupCount').implement({
  description: 'Sessions that share a value, or began in the same hour, day or week.',
  fields: (t) => ({
    key: t.exposeString('key', {
      description:
        "What they share: a value that a filter takes (USER: the identity in lower case; SOCKET: the socket's id; COUNTRY: two letters, empty when it is not known), or the time at which their group begins, RFC 3339 with the offset of its time zone.",
    }),
    label: t.exposeString('label', {
      description:
        "The same for people: a user's name, or identity where there is none; a socket's name, as the newest session has it; a country's name in English, or unknown; 2026-03-29 14:00, 2026-03-29, 2026-W13.",
    }),
    count: t.exposeInt('count', { description: 'How many sessions.' }),
    killedCount: t.exposeInt('killedCount', {
      description: 'Of how many of them the cut was asked for, confirmed or not.',
    }),
    deniedCount: t.exposeInt('deniedCount', { description: 'How many of them were refused.' }),
    totalDuration: t.float({
      description: 'Seconds that they lasted, all together; of running ones, until their last sign of life.',
      resolve: ({ totalDurationMs }) => totalDurationMs / 1000,
    }),
  }),
});

/** Counting may look at the whole log, on another core. */
const STATS_COST = 1_000;

const defaultTimeZone = 'UTC';

builder.queryField('sessionStats', (t) =>
  t.field({
    type: [SessionStatsGroupCountRef],
    nullable: true,
    description: `Counts for charts and facets. Only groups that hold a session are told. Groups by value come the largest first, of the same size by key, and at most limit of them. Groups by time come all, oldest first: at most ${STATS_TIME_GROUPS_MAX}, and more are refused with BAD_USER_INPUT. Null and BUDGET_EXCEEDED when counting takes too long: narrow the filter then. Null and FORBIDDEN for who may see no sessions.`,
    complexity: ({ limit, groupBy }) => ({
      field: STATS_COST,
      multiplier: isTimeUnit(groupBy as SessionStatsGroup)
        ? STATS_TIME_GROUPS_MAX
        : Math.min(Math.max(limit ?? STATS_GROUPS_DEFAULT, 1), STATS_GROUPS_MAX),
    }),
    args: {
      filter: t.arg({ type: SessionFilterInput, description: 'Which sessions are counted; all when absent.' }),
      groupBy: t.arg({ type: SessionStatsGroupEnum, required: true, description: 'What they are counted by.' }),
      limit: t.arg.int({
        defaultValue: STATS_GROUPS_DEFAULT,
        description: `How many groups by value: 1 to ${STATS_GROUPS_MAX}.`,
      }),
      timeZone: t.arg.string({
        defaultValue: defaultTimeZone,
        description:
          'IANA name of the time zone in which hours, days and weeks begin, such as Europe/Berlin; no offset.',
      }),
    },
    resolve: (_root, { filter, groupBy, limit, timeZone }, context) => {
      const visibility = visibilityFor(context, 'read-metadata');
      const request = { groupBy, limit: limit ?? STATS_GROUPS_DEFAULT, timeZone: timeZone ?? defaultTimeZone };
      checkStatsRequest(request);
      return context.parts.catalog.sessionStats(visibility, readSessionFilter(filter), request, askerOf(context));
    },
  }),
);
