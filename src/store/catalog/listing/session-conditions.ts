import { type RawBuilder, sql, type SqlBool } from 'kysely';
import type { Visibility } from '../../../model/access.ts';
import { disjointRanges, isOneAddress, parseIpRange } from '../../../model/ip-range.ts';
import type { SessionFilter } from '../../../model/session-filter.ts';
import { foldCase } from '../fold-case.ts';
import { wordColumns } from '../has-words.ts';
import { POSITIONS_PER_MS, SPILL_MS_MAX } from '../session-position.ts';
import { padded } from './padded.ts';

/** What a condition is about: a field of the filter, or whose sessions are visible. */
export type ConditionField = keyof SessionFilter | 'producer';

/** One thing that is asked of a session. */
export type SessionCondition = {
  readonly field: ConditionField;
  readonly holds: RawBuilder<SqlBool>;
  /** Whether it can never change about a session. */
  readonly lasts: boolean;
  /** A column that must have one of some values, each once (null: padding); null where it is another kind of condition. */
  readonly oneOf: { readonly column: string; readonly values: readonly unknown[] } | null;
};

/** Runs, and its last sign of life and duration move. */
export const isRunning = `status IN ('ACTIVE', 'KILLING')`;
export const isStill = `status NOT IN ('ACTIVE', 'KILLING')`;

export const countryCode = `upper(client_location ->> 'countryCode')`;

/** All that the visibility and the filter ask of a session, each of which must hold; what takes longest to say comes last. */
export const sessionConditions = (visibility: Visibility, filter: SessionFilter): readonly SessionCondition[] => [
  ...among('producer', 'producer', visibility.scope === 'all' ? null : [visibility.producer]),
  ...among('protocols', 'protocol', filter.protocols),
  ...among('upstreams', 'lower(upstream)', filter.upstreams?.map(asciiLower)),
  ...among('userIdentities', 'user_identity_key', filter.userIdentities?.map(foldCase)),
  ...among('userEmails', 'user_email_key', filter.userEmails?.map(foldCase)),
  ...among('socketIds', 'socket_id', filter.socketIds),
  ...among('socketNames', 'socket_name', filter.socketNames),
  ...among(
    'countryCodes',
    countryCode,
    filter.countryCodes?.map((code) => code.toUpperCase()),
  ),
  ...amongAddresses(filter.clientIps),
  ...startedWithin(filter),
  ...among('statuses', 'status', filter.statuses, false),
  ...among('recordingStates', 'recording_state', filter.recordingStates, false),
  ...lasting(filter.minDurationMs),
  ...killed(filter.killed),
  ...withWords(filter.text),
];

/** As SQLite's lower() does it. */
const asciiLower = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

const among = (
  field: ConditionField,
  column: string,
  asked: readonly unknown[] | null | undefined,
  lasts = true,
): readonly SessionCondition[] => {
  if (asked == null) return [];
  const values = padded([...new Set(asked)], null);
  return [{ field, lasts, oneOf: { column, values }, holds: sql`${sql.raw(column)} IN (${sql.join(values)})` }];
};

const amongAddresses = (clientIps: SessionFilter['clientIps']): readonly SessionCondition[] => {
  if (clientIps === null) return [];
  const ranges = addressRanges(clientIps);
  if (ranges.every(({ isOne }) => isOne)) {
    return among(
      'clientIps',
      'client_ip_key',
      ranges.map(({ from }) => from),
    );
  }
  const within = ranges.map(({ from, to }) => sql<SqlBool>`client_ip_key BETWEEN ${from} AND ${to}`);
  return [{ field: 'clientIps', lasts: true, oneOf: null, holds: sql`(${sql.join(within, sql` OR `)})` }];
};

type AddressRange = { readonly from: Buffer | null; readonly to: Buffer | null; readonly isOne: boolean };
const nowhere: AddressRange = { from: null, to: null, isOne: true };

/** The blocks that are asked about, none in another. */
export const addressRanges = (clientIps: readonly string[]): readonly AddressRange[] => {
  const ranges = disjointRanges(clientIps.flatMap((text) => parseIpRange(text, 'clientIps'))).map((range) => ({
    from: Buffer.from(range.from),
    to: Buffer.from(range.to),
    isOne: isOneAddress(range),
  }));
  return padded(ranges, nowhere);
};

/** Bounds the row numbers too, so that the table is entered where the time range begins. A row may have spilled upwards. */
const startedWithin = ({ startedFromMs, startedBeforeMs }: SessionFilter): readonly SessionCondition[] => {
  const conditions: SessionCondition[] = [];
  if (startedFromMs !== null) {
    const holds = sql<SqlBool>`(position >= ${startedFromMs * POSITIONS_PER_MS} AND started_ms >= ${startedFromMs})`;
    conditions.push({ field: 'startedFromMs', lasts: true, oneOf: null, holds });
  }
  if (startedBeforeMs !== null) {
    const positionEnd = (startedBeforeMs + SPILL_MS_MAX) * POSITIONS_PER_MS;
    const holds = sql<SqlBool>`(position < ${positionEnd} AND started_ms < ${startedBeforeMs})`;
    conditions.push({ field: 'startedBeforeMs', lasts: true, oneOf: null, holds });
  }
  return conditions;
};

const withWords = (text: string | null): readonly SessionCondition[] => {
  if (text === null) return [];
  // Each session is asked: see wordsWalks for all that have them.
  const holds: RawBuilder<SqlBool> = sql`(SELECT has_words(${text}, ${sql.raw(wordColumns)})
    FROM session_texts WHERE session_texts.position = sessions.position)`;
  return [{ field: 'text', lasts: true, oneOf: null, holds }];
};

const lasting = (minDurationMs: number | null): readonly SessionCondition[] =>
  minDurationMs === null
    ? []
    : [{ field: 'minDurationMs', lasts: false, oneOf: null, holds: sql`duration_ms >= ${minDurationMs}` }];

const killed = (isAsked: boolean | null): readonly SessionCondition[] => {
  if (isAsked === null) return [];
  const holds: RawBuilder<SqlBool> = isAsked ? sql`kill_requested_ms IS NOT NULL` : sql`kill_requested_ms IS NULL`;
  return [{ field: 'killed', lasts: false, oneOf: null, holds }];
};
