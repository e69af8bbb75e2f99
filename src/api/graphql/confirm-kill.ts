import { parseSessionId } from '../../model/parse-id.ts';
import type { Session } from '../../model/session.ts';
import { builder } from './builder.ts';
import { feederFor } from './context.ts';
import { SessionRef } from './refs.ts';
import { orRefused, refusedMembers, refusedTypeOf, type RefusedCode } from './refused.ts';

const ConfirmKillInput = builder.inputType('ConfirmKillInput', {
  description: 'Which session was cut.',
  fields: (t) => ({
    sessionId: t.field({ type: 'UUID', required: true, description: "The session's sessionId." }),
  }),
});

type ConfirmKillPayload = { readonly session: Session };

const ConfirmKillPayloadRef = builder.objectRef<ConfirmKillPayload>('ConfirmKillPayload').implement({
  description: 'The session is KILLED, now or since before.',
  fields: (t) => ({ session: t.expose('session', { type: SessionRef, description: 'The session as it is now.' }) }),
});

const refusals: readonly RefusedCode[] = ['NOT_FOUND', 'FORBIDDEN', 'BAD_USER_INPUT', 'CONFLICT'];

const ConfirmKillResult = builder.unionType('ConfirmKillResult', {
  description: 'What came of confirming a cut.',
  types: [ConfirmKillPayloadRef, ...refusedMembers(refusals)],
  resolveType: (result) => refusedTypeOf(result) ?? ConfirmKillPayloadRef,
});

builder.mutationField('confirmKill', (t) =>
  t.field({
    type: ConfirmKillResult,
    description:
      'For producers: the session is cut, as was asked for, and all that happened in it was sent. It takes nothing more. A session that nobody asked to cut is a ConflictError.',
    args: { input: t.arg({ type: ConfirmKillInput, required: true, description: 'Which one.' }) },
    resolve: (_root, { input }, context) =>
      orRefused(refusals, async () => ({
        session: await context.parts.intake.confirmKill(feederFor(context), parseSessionId(input.sessionId)),
      })),
  }),
);
