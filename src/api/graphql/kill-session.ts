import { parseSessionId } from '../../model/parse-id.ts';
import { TEXT_LENGTH_MAX } from '../../model/limits.ts';
import type { Session } from '../../model/session.ts';
import { builder } from './builder.ts';
import {
  ConflictErrorRef,
  ForbiddenErrorRef,
  NotFoundErrorRef,
  SessionEndedErrorRef,
  ValidationErrorRef,
} from './error.ts';
import { SessionRef } from './refs.ts';
import { orRefused, refusedTypeOf, type RefusedCode } from './refused.ts';

const KillSessionInput = builder.inputType('KillSessionInput', {
  description: 'Which session to cut, and why.',
  fields: (t) => ({
    sessionId: t.field({ type: 'UUID', required: true, description: "The session's sessionId." }),
    reason: t.string({
      description: `Stands in the session's story for whoever reads it; at most ${TEXT_LENGTH_MAX} characters.`,
    }),
  }),
});

type KillSessionPayload = { readonly session: Session };

const KillSessionPayloadRef = builder.objectRef<KillSessionPayload>('KillSessionPayload').implement({
  description: 'The cut was asked for, now or before.',
  fields: (t) => ({ session: t.expose('session', { type: SessionRef, description: 'The session as it is now.' }) }),
});

const refusals: readonly RefusedCode[] = ['NOT_FOUND', 'FORBIDDEN', 'BAD_USER_INPUT', 'CONFLICT', 'SESSION_ENDED'];

const KillSessionResult = builder.unionType('KillSessionResult', {
  description: 'What came of asking for a cut.',
  types: [
    KillSessionPayloadRef,
    NotFoundErrorRef,
    ForbiddenErrorRef,
    ValidationErrorRef,
    ConflictErrorRef,
    SessionEndedErrorRef,
  ],
  resolveType: (result) => refusedTypeOf(result) ?? KillSessionPayloadRef,
});

builder.mutationField('killSession', (t) =>
  t.field({
    type: KillSessionResult,
    description:
      'Cuts a running session. It is KILLING and its producer is told at once; it is KILLED when the producer has cut it, closes it, or falls silent for longer than its lease. What happens until then is recorded, and nothing after it is taken. Safe to repeat: the first request stands.',
    args: { input: t.arg({ type: KillSessionInput, required: true, description: 'Which one, and why.' }) },
    resolve: (_root, { input }, { parts, caller }) =>
      orRefused(refusals, async () => ({
        session: await parts.kills.request(caller, parseSessionId(input.sessionId), input.reason ?? null),
      })),
  }),
);
