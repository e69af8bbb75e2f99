import { KillRequestRef } from './refs.ts';

KillRequestRef.implement({
  description: 'Told to a producer: cut this session now, send what happened until then, and call confirmKill.',
  fields: (t) => ({
    sessionId: t.expose('sessionId', { type: 'UUID', description: 'Which session.' }),
    requestedAt: t.field({
      type: 'DateTime',
      description: 'When it was asked for.',
      resolve: (request) => request.requestedAtMs,
    }),
    requestedBy: t.exposeString('requestedBy', { description: 'Name of the user or token that asked.' }),
    reason: t.exposeString('reason', { nullable: true, description: 'In their words; null when they gave none.' }),
  }),
});
