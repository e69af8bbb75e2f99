import { tailKillRequests } from '../../live/tail-kills.ts';
import { builder } from './builder.ts';
import { feederFor } from './context.ts';
import { following } from './following.ts';
import { KillRequestRef } from './refs.ts';

builder.subscriptionField('killRequests', (t) =>
  t.field({
    type: KillRequestRef,
    description:
      'For producers: its own sessions that must be cut now. First those that wait already, then each as it is asked for, once; after a break, those that still wait come again. Goes on until the client leaves.',
    subscribe: (_root, _arguments, context) => {
      const { producer } = feederFor(context);
      return following(context, (stopped) => tailKillRequests(context.parts, producer, stopped));
    },
    resolve: (request) => request,
  }),
);
