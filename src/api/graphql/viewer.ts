import { may, producerOf } from '../../model/access.ts';
import type { roles, Viewer } from '../../model/viewer.ts';
import { builder } from './builder.ts';

/** What a token may do. */
export const RoleEnum = builder.enumType('Role', {
  description: 'What somebody may do.',
  values: {
    ADMIN: { description: 'May do everything.' },
    AUDITOR: { description: 'Sees sessions, watches and downloads recordings, kills sessions.' },
    VIEWER: { description: 'Sees that sessions were, and what is about them; not what happened in them.' },
    PRODUCER: {
      description: 'Feeds sessions of its own producer name, sees those and no others, and reads no recording.',
    },
    METRICS: { description: 'Reads /metrics, and nothing else.' },
  } satisfies Record<(typeof roles)[number], object>,
});

const ViewerRef = builder.objectRef<Viewer>('Viewer').implement({
  description: 'Who is asking: the holder of a token, or a person who signed in.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name of the token, or of the person.' }),
    role: t.expose('role', { type: RoleEnum, description: 'What it may do.' }),
    producer: t.string({
      nullable: true,
      description: 'The producer whose sessions it opens and feeds; null when it may not.',
      resolve: (viewer) => (may(viewer, 'feed') ? producerOf(viewer).producer : null),
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When this access ends: that of the token, or of the sign-in. Null when it does not end by itself.',
      resolve: (viewer) => viewer.expiresAtMs,
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    description: 'Who is asking, and with which role. Every role may ask this.',
    resolve: (_root, _arguments, context) => context.viewer,
  }),
);
