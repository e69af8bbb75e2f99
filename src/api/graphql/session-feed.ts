import { followSessions, type SessionFeedParts } from '../../live/session-feed.ts';
import type { Visibility } from '../../model/access.ts';
import { readRevision } from '../../model/read-revision.ts';
import type { Revision } from '../../model/revision.ts';
import type { SessionChange, sessionChangeKinds } from '../../model/session-change.ts';
import type { SessionFilter } from '../../model/session-filter.ts';
import { builder } from './builder.ts';
import { visibilityFor } from './context.ts';
import { SessionRef } from './refs.ts';
import { readSessionFilter, SessionFilterInput } from './session-filter.ts';
import type { SharedSource } from './shared-source.ts';
import { watching } from './watching.ts';

const SessionChangeKindEnum = builder.enumType('SessionChangeKind', {
  description: 'What happened to a session, as a follower of a filter sees it.',
  values: {
    STARTED: { description: 'It was opened.' },
    UPDATED: { description: 'Something about it changed, or it was seen again.' },
    ENDED: { description: 'It is over: ended, killed or refused.' },
    LEFT: { description: 'It no longer matches the filter. Also told of one that the follower was never told of.' },
    REMOVED: { description: 'It was deleted.' },
  } satisfies Record<(typeof sessionChangeKinds)[number], object>,
});

const SessionChangeRef = builder.objectRef<SessionChange>('SessionChange').implement({
  description: 'One change of one session.',
  fields: (t) => ({
    kind: t.expose('kind', { type: SessionChangeKindEnum, description: 'What happened.' }),
    revision: t.expose('revision', {
      type: 'Revision',
      description: 'Hand it to sessionFeed as after, and nothing that comes after this is missed.',
    }),
    sessionId: t.expose('sessionId', { type: 'UUID', description: 'Of which session.' }),
    session: t.expose('session', {
      type: SessionRef,
      nullable: true,
      description: 'The session as it is now; null for LEFT and REMOVED.',
    }),
  }),
});

/** NOTE nothing of one viewer's is held by it: a group keeps it for others when that viewer has gone. */
const feedSource = (
  parts: SessionFeedParts,
  visibility: Visibility,
  filter: SessionFilter,
  after: Revision | null,
): SharedSource<SessionChange> => {
  let told = after;
  return {
    name: 'sessions',
    read: (place, stopped, atRest) => {
      // Where it is to go on, some revision of that log was told.
      const from = place === null || told === null ? told : { log: told.log, position: place };
      return followSessions(parts, visibility, filter, from, stopped, (revision) => {
        told = revision;
        return atRest(revision.position);
      });
    },
    placeAfter: ({ revision }) => revision.position,
    cut: null,
  };
};

builder.subscriptionField('sessionFeed', (t) =>
  t.field({
    type: SessionChangeRef,
    description:
      'Every material change of a session that the filter matches, as it happens. With after: first all that changed since, the newest state of each session once, then live, without a gap. Whoever reads slowly is told the newest state of each session and none between. The last sign of life comes along at most every 10 seconds.',
    args: {
      filter: t.arg({ type: SessionFilterInput, description: 'Which sessions; all when absent.' }),
      after: t.arg({
        type: 'Revision',
        description:
          'Only what changed after it: SessionConnection.revision of a page, or the revision of the last change. One of another log (a backup was put back) is refused with REVISION_UNKNOWN: list again. From now on when absent.',
      }),
    },
    subscribe: (_root, { filter, after }, context) => {
      const visibility = visibilityFor(context, 'read-metadata');
      const wanted = readSessionFilter(filter);
      const place = after == null ? null : readRevision(after, 'after');
      return watching(context, feedSource(context.parts, visibility, wanted, place), null);
    },
    resolve: (change) => change,
  }),
);
