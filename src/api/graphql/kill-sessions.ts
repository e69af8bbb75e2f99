import { KILLED_AT_ONCE_MAX, TEXT_LENGTH_MAX } from '../../model/limits.ts';
import { builder } from './builder.ts';
import { orRefused, refusedMembers, refusedTypeOf, type RefusedCode } from './refused.ts';
import { readSessionFilter, SessionFilterInput } from './session-filter.ts';

const KillSessionsInput = builder.inputType('KillSessionsInput', {
  description: 'Which sessions to cut, and why.',
  fields: (t) => ({
    filter: t.field({
      type: SessionFilterInput,
      required: true,
      description: `Which ones; of those that match, the ones that run. At most ${KILLED_AT_ONCE_MAX}.`,
    }),
    reason: t.string({
      description: `Stands in each session's story for whoever reads it; at most ${TEXT_LENGTH_MAX} characters.`,
    }),
    all: t.boolean({
      defaultValue: false,
      description: 'Must be true for a filter that asks for nothing: it matches every session.',
    }),
    dryRun: t.boolean({ defaultValue: false, description: 'Only count, and cut nothing.' }),
  }),
});

type KillSessionsPayload = { readonly killedCount: number };

const KillSessionsPayloadRef = builder.objectRef<KillSessionsPayload>('KillSessionsPayload').implement({
  description: 'The cuts were asked for.',
  fields: (t) => ({
    killedCount: t.exposeInt('killedCount', {
      description: 'How many; in a dry run, how many it would be. Those that were asked for before are not counted.',
    }),
  }),
});

const refusals: readonly RefusedCode[] = ['FORBIDDEN', 'BAD_USER_INPUT', 'CONFLICT'];

const KillSessionsResult = builder.unionType('KillSessionsResult', {
  description: 'What came of asking for cuts.',
  types: [KillSessionsPayloadRef, ...refusedMembers(refusals)],
  resolveType: (result) => refusedTypeOf(result) ?? KillSessionsPayloadRef,
});

builder.mutationField('killSessions', (t) =>
  t.field({
    type: KillSessionsResult,
    description:
      'Cuts every running session that the filter matches, all at once: what to do when an account is stolen. Each then goes the way of killSession. One entry in the audit log holds the filter.',
    args: { input: t.arg({ type: KillSessionsInput, required: true, description: 'Which ones, and why.' }) },
    resolve: (_root, { input }, { parts, caller }) =>
      orRefused(refusals, async () => ({
        killedCount: await parts.kills.requestAll(caller, {
          filter: readSessionFilter(input.filter),
          reason: input.reason ?? null,
          all: input.all ?? false,
          isDryRun: input.dryRun ?? false,
        }),
      })),
  }),
);
