import { Conflict, Forbidden, InvalidInput, NotFound, SessionEnded } from '../../model/errors.ts';
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

const refusals = [NotFound, Forbidden, InvalidInput, Conflict, SessionEnded] as const;
type Refused = InstanceType<(typeof refusals)[number]>;

const isRefused = (error: unknown): error is Refused => refusals.some((kind) => error instanceof kind);

const told = (refused: Refused) => ({ ...refused, code: refused.code, message: refused.message });

const refusedTypes = {
  NOT_FOUND: NotFoundErrorRef,
  FORBIDDEN: ForbiddenErrorRef,
  BAD_USER_INPUT: ValidationErrorRef,
  CONFLICT: ConflictErrorRef,
  SESSION_ENDED: SessionEndedErrorRef,
} as const satisfies Record<Refused['code'], unknown>;

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
  resolveType: (result) => ('code' in result ? refusedTypes[result.code as Refused['code']] : KillSessionPayloadRef),
});

builder.mutationField('killSession', (t) =>
  t.field({
    type: KillSessionResult,
    description:
      'Cuts a running session. It is KILLING and its producer is told at once; it is KILLED when the producer has cut it, closes it, or falls silent for longer than its lease. What happens until then is recorded, and nothing after it is taken. Safe to repeat: the first request stands.',
    args: { input: t.arg({ type: KillSessionInput, required: true, description: 'Which one, and why.' }) },
    resolve: async (_root, { input }, context) => {
      try {
        const { kills } = context.parts;
        return { session: await kills.request(context.caller, parseSessionId(input.sessionId), input.reason ?? null) };
      } catch (error) {
        if (isRefused(error)) return told(error);
        throw error;
      }
    },
  }),
);
