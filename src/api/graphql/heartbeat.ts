import type { Heartbeat } from '../../model/intake.ts';
import { HEARTBEAT_SESSIONS_MAX } from '../../model/limits.ts';
import { parseSessionId } from '../../model/parse-id.ts';
import { builder } from './builder.ts';
import { feederFor } from './context.ts';
import { KillRequestRef } from './refs.ts';
import { orRefused, refusedMembers, refusedTypeOf, type RefusedCode } from './refused.ts';

const HeartbeatInput = builder.inputType('HeartbeatInput', {
  description: 'Sessions that run.',
  fields: (t) => ({
    sessionIds: t.field({
      type: ['UUID'],
      required: true,
      description: `At most ${HEARTBEAT_SESSIONS_MAX}; more go in several heartbeats.`,
    }),
  }),
});

const HeartbeatPayloadRef = builder.objectRef<Heartbeat>('HeartbeatPayload').implement({
  description: 'The server heard of them.',
  fields: (t) => ({
    kills: t.expose('kills', { type: [KillRequestRef], description: 'Those of them that must be cut now.' }),
    unknown: t.expose('unknown', {
      type: ['UUID'],
      description: 'Those of them that this server does not have of this producer, or that are over.',
    }),
  }),
});

const refusals: readonly RefusedCode[] = ['FORBIDDEN', 'BAD_USER_INPUT'];

const HeartbeatResult = builder.unionType('HeartbeatResult', {
  description: 'What came of a heartbeat.',
  types: [HeartbeatPayloadRef, ...refusedMembers(refusals)],
  resolveType: (result) => refusedTypeOf(result) ?? HeartbeatPayloadRef,
});

builder.mutationField('heartbeat', (t) =>
  t.field({
    type: HeartbeatResult,
    description:
      'For producers: these sessions run, though nothing happens in them. Without events or a heartbeat for the length of the lease a session is LOST. Also tells which of them must be cut.',
    args: { input: t.arg({ type: HeartbeatInput, required: true, description: 'Which sessions.' }) },
    resolve: (_root, { input }, context) =>
      orRefused(refusals, async () =>
        context.parts.intake.heartbeat(
          feederFor(context),
          input.sessionIds.map((id) => parseSessionId(id)),
        ),
      ),
  }),
);
