import { NAME_LENGTH_MAX } from '../../model/limits.ts';
import { readPageArguments, writeCursor } from '../../model/page.ts';
import type { User } from '../../model/session.ts';
import { askerOf } from '../asker.ts';
import { builder } from './builder.ts';
import { connectionOf, PageInfoRef, type Connection, type Edge } from './connection.ts';
import { visibilityFor } from './context.ts';
import { pageArguments } from './page-arguments.ts';
import { UserRef } from './refs.ts';
import { COUNT_COST, readNameContains, readUpTo, upToArgument } from './total-count.ts';

type UserConnection = Connection<User> & { readonly nameContains: string | null };

const UserEdgeRef = builder.objectRef<Edge<User>>('UserEdge').implement({
  description: 'A user in a list, and its place there.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Its place, for after and before. Opaque.' }),
    node: t.expose('node', { type: UserRef, description: 'The user.' }),
  }),
});

const UserConnectionRef = builder.objectRef<UserConnection>('UserConnection').implement({
  description: 'One page of users.',
  fields: (t) => ({
    edges: t.expose('edges', { type: [UserEdgeRef], description: 'The users with their cursors.' }),
    nodes: t.field({
      type: [UserRef],
      description: 'The users alone.',
      resolve: (connection) => connection.edges.map((edge) => edge.node),
    }),
    pageInfo: t.expose('pageInfo', { type: PageInfoRef, description: 'Where this page lies in its list.' }),
    totalCount: t.int({
      nullable: true,
      complexity: COUNT_COST,
      description:
        'How many users there are with such a name, on all pages together. Counting stops at upTo: an answer equal to it means that many or more. Null when it could not be counted in time.',
      args: upToArgument(),
      resolve: ({ nameContains }, { upTo }, context) =>
        context.parts.catalog.countUsers(
          visibilityFor(context, 'read-metadata'),
          nameContains,
          readUpTo(upTo),
          askerOf(context),
        ),
    }),
  }),
});

/** The name of this list's order in cursors. */
const orderName = 'user';

builder.queryField('users', (t) =>
  t.field({
    type: UserConnectionRef,
    nullable: true,
    description:
      'Identities that opened sessions, most recently seen first. A producer sees those of its own sessions, as these have them. Null and FORBIDDEN for who may see no sessions; null and BUDGET_EXCEEDED when the page could not be found in time.',
    args: {
      ...pageArguments(),
      nameContains: t.arg.string({
        description: `Only those whose identity, email or name contains this, without regard to case: at most ${NAME_LENGTH_MAX} characters.`,
      }),
    },
    resolve: async (_root, { nameContains: given, ...pageGiven }, context) => {
      const visibility = visibilityFor(context, 'read-metadata');
      const nameContains = readNameContains(given);
      const request = readPageArguments(pageGiven, orderName, 2);
      const page = await context.parts.catalog.users(visibility, nameContains, request, askerOf(context));
      const placed = connectionOf(page, ({ key }) => writeCursor({ order: orderName, key }));
      const edges = placed.edges.map(({ cursor, node }) => ({ cursor, node: node.item }));
      return { ...placed, edges, nameContains };
    },
  }),
);
