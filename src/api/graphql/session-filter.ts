import { InvalidInput } from '../../model/errors.ts';
import { parseSocketId } from '../../model/parse-id.ts';
import { FILTER_VALUES_MAX, NAME_LENGTH_MAX } from '../../model/limits.ts';
import { everySession, type SessionFilter } from '../../model/session-filter.ts';
import { builder } from './builder.ts';
import { SessionProtocolEnum, SessionStatusEnum } from './session-enums.ts';

const listLimit = `At most ${FILTER_VALUES_MAX} values; an empty list matches nothing.`;
const textLimit = `At most ${FILTER_VALUES_MAX} values of at most ${NAME_LENGTH_MAX} characters; an empty list matches nothing.`;

export const SessionFilterInput = builder.inputType('SessionFilter', {
  description:
    'Which sessions are wanted. Every field given must hold; within a list one value is enough. What is absent or null does not matter.',
  fields: (t) => ({
    protocols: t.field({ type: [SessionProtocolEnum], description: `How it speaks. ${listLimit}` }),
    statuses: t.field({ type: [SessionStatusEnum], description: `Where it is in its life. ${listLimit}` }),
    userIdentities: t.stringList({
      description: `Who, by SessionUser.identity, without regard to case. ${textLimit}`,
    }),
    userEmails: t.stringList({ description: `Who, by email, without regard to case. ${textLimit}` }),
    socketIds: t.field({ type: ['UUID'], description: `What it went to. ${listLimit}` }),
    socketNames: t.stringList({ description: `What it went to, by the name of that time, exactly. ${textLimit}` }),
    startedFrom: t.field({ type: 'DateTime', description: 'It began at this moment or later.' }),
    startedBefore: t.field({ type: 'DateTime', description: 'It began before this moment.' }),
    killed: t.boolean({ description: 'Whether a cut was asked for, confirmed or not.' }),
  }),
});

type Given = typeof SessionFilterInput.$inferInput;

/** @throws InvalidInput naming the field when a list has more values than FILTER_VALUES_MAX */
const listOf = <Value>(given: readonly Value[] | null | undefined, field: string): readonly Value[] | null => {
  if (given == null) return null;
  if (given.length > FILTER_VALUES_MAX) {
    throw new InvalidInput(field, `${field} must have at most ${FILTER_VALUES_MAX} values, got ${given.length}`);
  }
  return given;
};

const textsOf = (given: readonly string[] | null | undefined, field: string): readonly string[] | null => {
  const texts = listOf(given, field);
  const long = texts?.find((text) => text.length > NAME_LENGTH_MAX);
  if (long !== undefined) {
    throw new InvalidInput(
      field,
      `each of ${field} must have at most ${NAME_LENGTH_MAX} characters, got ${long.length}`,
    );
  }
  return texts;
};

/** @throws InvalidInput naming the field and the limit */
export const readSessionFilter = (given: Given | null | undefined, argument = 'filter'): SessionFilter => {
  if (given == null) return everySession;
  const socketIds = listOf(given.socketIds, `${argument}.socketIds`);
  return {
    ...everySession,
    protocols: listOf(given.protocols, `${argument}.protocols`),
    statuses: listOf(given.statuses, `${argument}.statuses`),
    userIdentities: textsOf(given.userIdentities, `${argument}.userIdentities`),
    userEmails: textsOf(given.userEmails, `${argument}.userEmails`),
    socketIds: socketIds === null ? null : socketIds.map((id) => parseSocketId(id)),
    socketNames: textsOf(given.socketNames, `${argument}.socketNames`),
    startedFromMs: given.startedFrom ?? null,
    startedBeforeMs: given.startedBefore ?? null,
    killed: given.killed ?? null,
  };
};
