import { readPageArguments, writeCursor } from '../../model/page.ts';
import type { Token } from '../../model/token.ts';
import { builder } from './builder.ts';
import { connectionOf, PageInfoRef, type Connection, type Edge } from './connection.ts';
import { NodeRef, writeGlobalId } from './node.ts';
import { pageArguments } from './page-arguments.ts';
import { TokenRef } from './refs.ts';
import { RoleEnum } from './viewer.ts';

TokenRef.implement({
  description: 'Access for a program or a person, by a secret that only its holder has.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({
      description: 'Global id, for node and revokeToken. Opaque.',
      resolve: (token) => writeGlobalId('Token', token.tokenId),
    }),
    name: t.exposeString('name', { description: 'Its name. No two tokens that are not revoked have the same.' }),
    role: t.expose('role', { type: RoleEnum, description: 'What its holder may do.' }),
    producer: t.exposeString('producer', {
      nullable: true,
      description:
        'Owner of the sessions that it opens: tokens of one producer share them, so a token can be replaced while sessions run. Null for all roles but PRODUCER.',
    }),
    createdAt: t.field({ type: 'DateTime', description: 'When it was made.', resolve: (token) => token.createdAtMs }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it stops working; null when it does not.',
      resolve: (token) => token.expiresAtMs,
    }),
    lastUsedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was used last, to the minute; null when it never was.',
      resolve: (token) => token.lastUsedAtMs,
    }),
    revokedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked; null while it is not.',
      resolve: (token) => token.revokedAtMs,
    }),
  }),
});

const TokenEdgeRef = builder.objectRef<Edge<Token>>('TokenEdge').implement({
  description: 'A token in a list, and its place there.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Its place, for after and before. Opaque.' }),
    node: t.expose('node', { type: TokenRef, description: 'The token.' }),
  }),
});

const TokenConnectionRef = builder.objectRef<Connection<Token>>('TokenConnection').implement({
  description: 'One page of tokens.',
  fields: (t) => ({
    edges: t.expose('edges', { type: [TokenEdgeRef], description: 'The tokens with their cursors.' }),
    nodes: t.field({
      type: [TokenRef],
      description: 'The tokens alone.',
      resolve: (connection) => connection.edges.map((edge) => edge.node),
    }),
    pageInfo: t.expose('pageInfo', { type: PageInfoRef, description: 'Where this page lies in its list.' }),
  }),
});

const orderName = 'token';

builder.queryField('tokens', (t) =>
  t.field({
    type: TokenConnectionRef,
    nullable: true,
    description: 'Tokens, newest first, those that were revoked with them. For ADMIN; null and FORBIDDEN for others.',
    args: pageArguments(),
    resolve: async (_root, given, { parts, caller }) => {
      parts.audit.checkAllowed(caller, 'manage-tokens');
      const page = await parts.catalog.tokens(readPageArguments(given, orderName, 1));
      return connectionOf(page, (token) => writeCursor({ order: orderName, key: [token.position] }));
    },
  }),
);
