import { TEXT_LENGTH_MAX } from '../../model/limits.ts';
import { parseSessionId } from '../../model/parse-id.ts';
import type { Session } from '../../model/session.ts';
import { builder } from './builder.ts';
import { feederFor } from './context.ts';
import { SessionRef } from './refs.ts';
import { orRefused, refusedMembers, refusedTypeOf, type RefusedCode } from './refused.ts';

const CloseSessionInput = builder.inputType('CloseSessionInput', {
  description: 'Which session ended, when and why.',
  fields: (t) => ({
    sessionId: t.field({ type: 'UUID', required: true, description: "The session's sessionId." }),
    epoch: t.int({ description: 'Of the newest open of the session; not checked when absent.' }),
    endedAt: t.field({ type: 'DateTime', description: 'Now when absent.' }),
    reason: t.string({
      description: `Why, in one line: closed by the client, exit status …; at most ${TEXT_LENGTH_MAX} characters.`,
    }),
  }),
});

type CloseSessionPayload = { readonly session: Session };

const CloseSessionPayloadRef = builder.objectRef<CloseSessionPayload>('CloseSessionPayload').implement({
  description: 'The session is over, now or since before.',
  fields: (t) => ({ session: t.expose('session', { type: SessionRef, description: 'The session as it is now.' }) }),
});

const refusals: readonly RefusedCode[] = ['NOT_FOUND', 'FORBIDDEN', 'BAD_USER_INPUT', 'CONFLICT', 'FENCED'];

const CloseSessionResult = builder.unionType('CloseSessionResult', {
  description: 'What came of closing a session.',
  types: [CloseSessionPayloadRef, ...refusedMembers(refusals)],
  resolveType: (result) => refusedTypeOf(result) ?? CloseSessionPayloadRef,
});

builder.mutationField('closeSession', (t) =>
  t.field({
    type: CloseSessionResult,
    description:
      'For producers: the session ended. It is ENDED, or KILLED when a cut was asked for; its recordings are sealed soon after, and take nothing more.',
    args: { input: t.arg({ type: CloseSessionInput, required: true, description: 'Which one, when and why.' }) },
    resolve: (_root, { input }, context) =>
      orRefused(refusals, async () => ({
        session: await context.parts.intake.closeSession(feederFor(context), {
          sessionId: parseSessionId(input.sessionId),
          epoch: input.epoch ?? null,
          endedAtMs: input.endedAt ?? null,
          reason: input.reason ?? null,
        }),
      })),
  }),
);
