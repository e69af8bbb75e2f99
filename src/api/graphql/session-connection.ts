import { PAGE_ITEMS_MAX } from '../../model/limits.ts';
import { readPageArguments, writeCursor, type PageArguments } from '../../model/page.ts';
import type { Revision } from '../../model/revision.ts';
import type { SessionFilter, SessionOrder } from '../../model/session-filter.ts';
import { sessionKey, sessionKeyLength, sessionOrderName } from '../../model/session-order.ts';
import type { Session } from '../../model/session.ts';
import { askerOf } from '../asker.ts';
import { builder } from './builder.ts';
import { ofSourceAlone } from './compiled/of-source-alone.ts';
import { connectionOf, PageInfoRef, type Connection, type Edge } from './connection.ts';
import { visibilityFor, type Context } from './context.ts';
import { pageArguments } from './page-arguments.ts';
import { SessionRef, SocketRef, UserRef } from './refs.ts';
import { readSessionFilter, SessionFilterInput } from './session-filter.ts';
import { defaultSessionOrder, SessionOrderInput } from './session-order.ts';
import { askedOfSessions, type AskedOfSessions } from './session-parts.ts';
import { COUNT_COST, readUpTo, upToArgument } from './total-count.ts';

type SessionConnection = Connection<Session> & {
  readonly filter: SessionFilter;
  /** Null where nobody asks for it. */
  readonly revision: Revision | null;
};

const SessionEdgeRef = builder.objectRef<Edge<Session>>('SessionEdge').implement({
  description: 'A session in a list, and its place there.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Its place in this order, for after and before. Opaque.' }),
    node: t.expose('node', { type: SessionRef, description: 'The session.' }),
  }),
});

const SessionConnectionRef = builder.objectRef<SessionConnection>('SessionConnection').implement({
  description: 'One page of sessions.',
  fields: (t) => ({
    edges: t.expose('edges', { type: [SessionEdgeRef], description: 'The sessions with their cursors.' }),
    nodes: t.field({
      type: [SessionRef],
      description: 'The sessions alone.',
      resolve: (connection) => connection.edges.map((edge) => edge.node),
    }),
    pageInfo: t.expose('pageInfo', { type: PageInfoRef, description: 'Where this page lies in its list.' }),
    totalCount: t.int({
      nullable: true,
      description:
        'How many sessions match, on all pages together. Counting stops at upTo: an answer equal to it means that many or more. Null when it could not be counted in time. Costs nothing when it is not asked for.',
      args: upToArgument(),
      complexity: COUNT_COST,
      resolve: (connection, { upTo }, context) =>
        context.parts.catalog.countSessions(
          visibilityFor(context, 'read-metadata'),
          connection.filter,
          readUpTo(upTo),
          askerOf(context),
        ),
    }),
    revision: t.field({
      type: 'Revision',
      description:
        'The newest change that was in the log before this page was read: the page shows it and all before it.',
      resolve: ofSourceAlone(({ revision }: SessionConnection) => {
        if (revision === null) throw new Error('the revision was asked for, and not read');
        return revision;
      }),
    }),
  }),
});

const page = async (
  context: Context,
  { parts, hasRevision }: AskedOfSessions,
  filter: SessionFilter,
  order: SessionOrder,
  given: PageArguments,
): Promise<SessionConnection> => {
  const visibility = visibilityFor(context, 'read-metadata');
  const orderName = sessionOrderName(order);
  const request = readPageArguments(given, orderName, sessionKeyLength(order), PAGE_ITEMS_MAX);
  const { catalog } = context.parts;
  const revision = hasRevision ? await catalog.revision() : null;
  const sessions = await catalog.sessions(visibility, filter, order, request, parts, askerOf(context));
  const cursorOf = (session: Session): string => writeCursor({ order: orderName, key: sessionKey(session, order) });
  const connection = connectionOf(sessions, cursorOf, request);
  return { ...connection, filter, revision };
};

const filterDescription = 'Which of them; all when absent.';

builder.queryField('sessions', (t) =>
  t.field({
    type: SessionConnectionRef,
    description:
      'The log: sessions in pages, newest first unless ordered otherwise. The cost of a page does not grow with its depth.',
    args: {
      ...pageArguments(),
      filter: t.arg({ type: SessionFilterInput, description: filterDescription }),
      orderBy: t.arg({
        type: SessionOrderInput,
        defaultValue: defaultSessionOrder,
        description: 'Their order. A cursor is good for the order it came from, in both directions.',
      }),
    },
    resolve: (_root, { filter, orderBy, ...given }, context, info) =>
      page(context, askedOfSessions(info), readSessionFilter(filter), orderBy ?? defaultSessionOrder, given),
  }),
);

builder.objectField(UserRef, 'sessions', (t) =>
  t.field({
    type: SessionConnectionRef,
    nullable: true,
    description: "This user's sessions, newest first.",
    args: { ...pageArguments(), filter: t.arg({ type: SessionFilterInput, description: filterDescription }) },
    resolve: (user, { filter, ...given }, context, info) => {
      const wanted = readSessionFilter(filter);
      const asked = wanted.userIdentities;
      const isAsked =
        asked === null || asked.some((identity) => identity.toLowerCase() === user.identity.toLowerCase());
      return page(
        context,
        askedOfSessions(info),
        { ...wanted, userIdentities: isAsked ? [user.identity] : [] },
        defaultSessionOrder,
        given,
      );
    },
  }),
);

builder.objectField(SocketRef, 'sessions', (t) =>
  t.field({
    type: SessionConnectionRef,
    nullable: true,
    description: 'Sessions that went to this socket, newest first.',
    args: { ...pageArguments(), filter: t.arg({ type: SessionFilterInput, description: filterDescription }) },
    resolve: (socket, { filter, ...given }, context, info) => {
      const wanted = readSessionFilter(filter);
      const isAsked = wanted.socketIds === null || wanted.socketIds.includes(socket.socketId);
      return page(
        context,
        askedOfSessions(info),
        { ...wanted, socketIds: isAsked ? [socket.socketId] : [] },
        defaultSessionOrder,
        given,
      );
    },
  }),
);
