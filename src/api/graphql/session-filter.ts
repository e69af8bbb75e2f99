import { checkFilterText } from '../../model/filter-text.ts';
import { checkCountryCodes, checkIpRanges, checkTexts, checkValues, durationMsOf } from '../../model/filter-values.ts';
import { parseSocketId } from '../../model/parse-id.ts';
import {
  FILTER_TEXT_LENGTH_MAX,
  FILTER_TEXT_WORDS_MAX,
  FILTER_VALUES_MAX,
  NAME_LENGTH_MAX,
} from '../../model/limits.ts';
import { everySession, type SessionFilter } from '../../model/session-filter.ts';
import { builder } from './builder.ts';
import { RecordingStateEnum } from './recording-enums.ts';
import { SessionProtocolEnum, SessionStatusEnum } from './session-enums.ts';

const listLimit = `At most ${FILTER_VALUES_MAX} values; an empty list matches nothing.`;
const textLimit = `At most ${FILTER_VALUES_MAX} values of at most ${NAME_LENGTH_MAX} characters; an empty list matches nothing.`;

export const SessionFilterInput = builder.inputType('SessionFilter', {
  description:
    'Which sessions are wanted. Every field given must hold; within a list one value is enough. What is absent or null does not matter.',
  fields: (t) => ({
    protocols: t.field({ type: [SessionProtocolEnum], description: `How it speaks. ${listLimit}` }),
    statuses: t.field({ type: [SessionStatusEnum], description: `Where it is in its life. ${listLimit}` }),
    upstreams: t.stringList({
      description: `What stands behind the socket, such as ssh or mysql, without regard to case. ${textLimit}`,
    }),
    userIdentities: t.stringList({
      description: `Who, by SessionUser.identity, without regard to case. ${textLimit}`,
    }),
    userEmails: t.stringList({ description: `Who, by email, without regard to case. ${textLimit}` }),
    socketIds: t.field({ type: ['UUID'], description: `What it went to. ${listLimit}` }),
    socketNames: t.stringList({ description: `What it went to, by the name of that time, exactly. ${textLimit}` }),
    clientIps: t.stringList({
      description: `Where from: IPv4 and IPv6 addresses, and CIDR blocks such as 192.0.2.0/24. IPv6 blocks wider than ::ffff:0:0/96 have no IPv4 addresses. ${listLimit}`,
    }),
    countryCodes: t.stringList({
      description: `Where from, by ISO 3166 codes of two letters, without regard to case. ${listLimit}`,
    }),
    recordingStates: t.field({ type: [RecordingStateEnum], description: `How its recordings are. ${listLimit}` }),
    startedFrom: t.field({ type: 'DateTime', description: 'It began at this moment or later.' }),
    startedBefore: t.field({ type: 'DateTime', description: 'It began before this moment.' }),
    minDuration: t.float({
      description: 'It lasted this many seconds or longer; one that runs, until its last sign of life. 0 or more.',
    }),
    killed: t.boolean({ description: 'Whether a cut was asked for, confirmed or not.' }),
    text: t.string({
      description: `Words that must all occur in who, what and where: email, identity, name, socket, server, client software, city, country, SSH user. Whole words, without regard to case, accents and punctuation. At most ${FILTER_TEXT_WORDS_MAX} words, each run of letters and digits being one, and ${FILTER_TEXT_LENGTH_MAX} characters; blank text asks for nothing.`,
    }),
  }),
});

type Given = typeof SessionFilterInput.$inferInput;

const checked = <Asked, Value>(
  given: Asked | null | undefined,
  argument: string,
  check: (given: Asked, argument: string) => Value,
): Value | null => (given == null ? null : check(given, argument));

/** @throws InvalidInput naming the field and the limit */
export const readSessionFilter = (given: Given | null | undefined, argument = 'filter'): SessionFilter => {
  if (given == null) return everySession;
  const socketIds = checked(given.socketIds, `${argument}.socketIds`, checkValues);
  return {
    protocols: checked(given.protocols, `${argument}.protocols`, checkValues),
    statuses: checked(given.statuses, `${argument}.statuses`, checkValues),
    upstreams: checked(given.upstreams, `${argument}.upstreams`, checkTexts),
    userIdentities: checked(given.userIdentities, `${argument}.userIdentities`, checkTexts),
    userEmails: checked(given.userEmails, `${argument}.userEmails`, checkTexts),
    socketIds: socketIds === null ? null : socketIds.map((id) => parseSocketId(id)),
    socketNames: checked(given.socketNames, `${argument}.socketNames`, checkTexts),
    clientIps: checked(given.clientIps, `${argument}.clientIps`, checkIpRanges),
    countryCodes: checked(given.countryCodes, `${argument}.countryCodes`, checkCountryCodes),
    recordingStates: checked(given.recordingStates, `${argument}.recordingStates`, checkValues),
    startedFromMs: given.startedFrom ?? null,
    startedBeforeMs: given.startedBefore ?? null,
    minDurationMs: checked(given.minDuration, `${argument}.minDuration`, durationMsOf),
    killed: given.killed ?? null,
    text: checked(given.text, `${argument}.text`, checkFilterText),
  };
};
