import { parseDateTime } from '../../model/date-time.ts';
import { InvalidInput } from '../../model/errors.ts';
import { checkFilterText } from '../../model/filter-text.ts';
import { checkCountryCodes, checkIpRanges, durationMsOf } from '../../model/filter-values.ts';
import { parseSocketId } from '../../model/parse-id.ts';
import { recordingStates } from '../../model/recording.ts';
import type { SessionFilter } from '../../model/session-filter.ts';
import { type SessionStatus, sessionProtocols, sessionStatuses } from '../../model/session.ts';
import { oneOf, textList } from './query.ts';

/**
 * The filter that a query's parameters ask for: those of Border0's clients (`socket_names`, `user_emails`, `auth_result`),
 * and the fields of GraphQL's SessionFilter in snake case. @throws InvalidInput naming the parameter and the limit
 */
export const sessionFilterOf = (query: URLSearchParams): SessionFilter => ({
  protocols: wordsOf(query, 'protocols', sessionProtocols),
  statuses: statusesOf(query),
  upstreams: textList(query, 'upstreams'),
  userIdentities: textList(query, 'user_identities'),
  userEmails: textList(query, 'user_emails'),
  socketIds: textList(query, 'socket_ids')?.map((id) => parseSocketId(id, 'socket_ids')) ?? null,
  socketNames: textList(query, 'socket_names'),
  clientIps: checked(textList(query, 'client_ips'), 'client_ips', checkIpRanges),
  countryCodes: checked(textList(query, 'country_codes'), 'country_codes', checkCountryCodes),
  recordingStates: wordsOf(query, 'recording_states', recordingStates),
  startedFromMs: momentOf(query, 'started_from'),
  startedBeforeMs: momentOf(query, 'started_before'),
  minDurationMs: checked(textOf(query, 'min_duration'), 'min_duration', (text, name) =>
    durationMsOf(/^\d{1,15}(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN, name),
  ),
  killed: { true: true, false: false, absent: null }[oneOf(query, 'killed', ['true', 'false']) ?? 'absent'],
  text: checked(textOf(query, 'text'), 'text', checkFilterText),
});

const checked = <Given, Value>(
  given: Given | null,
  name: string,
  check: (given: Given, name: string) => Value,
): Value | null => (given === null ? null : check(given, name));

/** Null where it is absent or empty. */
const textOf = (query: URLSearchParams, name: string): string | null => query.get(name) || null;

/** Words of a closed list, in either case. */
const wordsOf = <Word extends string>(
  query: URLSearchParams,
  name: string,
  words: readonly Word[],
): readonly Word[] | null =>
  textList(query, name)?.map((given) => {
    const word = words.find((known) => known === given.toUpperCase());
    if (word === undefined) throw new InvalidInput(name, `each of ${name} must be one of ${words.join(', ')}`);
    return word;
  }) ?? null;

const statusesOf = (query: URLSearchParams): readonly SessionStatus[] | null => {
  const asked = wordsOf(query, 'statuses', sessionStatuses);
  const result = oneOf(query, 'auth_result', ['success', 'denied']);
  if (result === null) return asked;
  return (asked ?? sessionStatuses).filter((status) => (status === 'DENIED') === (result === 'denied'));
};

const momentOf = (query: URLSearchParams, name: string): number | null =>
  checked(textOf(query, name), name, (text) => {
    const timeMs = parseDateTime(text);
    if (timeMs === null) {
      throw new InvalidInput(name, `${name} must be RFC 3339 with an offset, such as 2022-10-10T04:46:50Z`);
    }
    return timeMs;
  });
