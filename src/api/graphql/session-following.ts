import { noSuchSession } from '../../model/access.ts';
import { parseSessionId } from '../../model/parse-id.ts';
import { tailSession } from '../../live/tail.ts';
import { builder } from './builder.ts';
import { visibilityFor } from './context.ts';
import { following } from './following.ts';
import { SessionRef } from './refs.ts';

builder.subscriptionField('session', (t) =>
  t.field({
    type: SessionRef,
    description:
      'One session: as it is now, then at each change. Completes when it has ended and its recordings are sealed. Whoever reads slowly is told the newest state and none between.',
    args: { sessionId: t.arg({ type: 'UUID', required: true, description: "The session's sessionId." }) },
    subscribe: async (_root, given, context) => {
      const visibility = visibilityFor(context, 'read-metadata');
      const sessionId = parseSessionId(given.sessionId);
      if ((await context.parts.catalog.session(visibility, sessionId)) === null) noSuchSession();
      return following(context, (stopped) => tailSession(context.parts, visibility, sessionId, stopped));
    },
    resolve: (session) => session,
  }),
);
