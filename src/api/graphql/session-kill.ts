import { SessionKillRef } from './refs.ts';

SessionKillRef.implement({
  description: 'That somebody had a session cut.',
  fields: (t) => ({
    requestedAt: t.field({
      type: 'DateTime',
      description: 'When it was asked for. The first request stands.',
      resolve: (kill) => kill.requestedAtMs,
    }),
    requestedBy: t.exposeString('requestedBy', { description: 'Name of the user or token that asked.' }),
    reason: t.exposeString('reason', { nullable: true, description: 'In their words; null when they gave none.' }),
    confirmedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When the producer told that the connection is cut. Null until then, and for good when it fell silent instead.',
      resolve: (kill) => kill.confirmedAtMs,
    }),
  }),
});
