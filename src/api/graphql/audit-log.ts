import { auditActions, type AuditEntry, type AuditFilter } from '../../model/audit.ts';
import { InvalidInput } from '../../model/errors.ts';
import { NAME_LENGTH_MAX } from '../../model/limits.ts';
import { readPageArguments, writeCursor } from '../../model/page.ts';
import { builder } from './builder.ts';
import { connectionOf, PageInfoRef, type Connection, type Edge } from './connection.ts';
import { pageArguments } from './page-arguments.ts';
import { AuditEntryRef } from './refs.ts';

const AuditEntryEdgeRef = builder.objectRef<Edge<AuditEntry>>('AuditEntryEdge').implement({
  description: 'An entry in a list, and its place there.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Its place, for after and before. Opaque.' }),
    node: t.expose('node', { type: AuditEntryRef, description: 'The entry.' }),
  }),
});

const AuditEntryConnectionRef = builder.objectRef<Connection<AuditEntry>>('AuditEntryConnection').implement({
  description: 'One page of the audit log.',
  fields: (t) => ({
    edges: t.expose('edges', { type: [AuditEntryEdgeRef], description: 'The entries with their cursors.' }),
    nodes: t.field({
      type: [AuditEntryRef],
      description: 'The entries alone.',
      resolve: (connection) => connection.edges.map((edge) => edge.node),
    }),
    pageInfo: t.expose('pageInfo', { type: PageInfoRef, description: 'Where this page lies in its list.' }),
  }),
});

const AuditFilterInput = builder.inputType('AuditFilter', {
  description: 'Which entries are wanted. Every field given must hold. What is absent or null does not matter.',
  fields: (t) => ({
    actor: t.string({ description: `Who, by the whole name: at most ${NAME_LENGTH_MAX} characters.` }),
    actions: t.stringList({
      description: `What they did, one of: ${auditActions.join(', ')}. An empty list matches nothing.`,
    }),
    target: t.string({ description: `What it was done to, whole: at most ${NAME_LENGTH_MAX} characters.` }),
    from: t.field({ type: 'DateTime', description: 'At this moment or later.' }),
    before: t.field({ type: 'DateTime', description: 'Before this moment.' }),
  }),
});

const mustBeShort = (text: string, field: string): void => {
  if (text.length > NAME_LENGTH_MAX) {
    throw new InvalidInput(field, `${field} must have at most ${NAME_LENGTH_MAX} characters, got ${text.length}`);
  }
};

const known: ReadonlySet<string> = new Set(auditActions);

const checkActions = (actions: readonly string[]): void => {
  if (actions.length > auditActions.length) {
    const message = `filter.actions must have at most ${auditActions.length} values, got ${actions.length}`;
    throw new InvalidInput('filter.actions', message);
  }
  if (!actions.every((action) => known.has(action))) {
    throw new InvalidInput('filter.actions', `filter.actions must be of: ${auditActions.join(', ')}`);
  }
};

/** @throws InvalidInput naming the field */
const readFilter = (given: typeof AuditFilterInput.$inferInput | null | undefined): AuditFilter => {
  const { actor, actions, target, from, before } = given ?? {};
  if (actor != null) mustBeShort(actor, 'filter.actor');
  if (target != null) mustBeShort(target, 'filter.target');
  if (actions != null) checkActions(actions);
  return {
    actor: actor ?? null,
    actions: actions ?? null,
    target: target ?? null,
    fromMs: from ?? null,
    beforeMs: before ?? null,
  };
};

const orderName = 'audit';

builder.queryField('auditLog', (t) =>
  t.field({
    type: AuditEntryConnectionRef,
    nullable: true,
    description:
      'What people and tokens did here, newest first: who signed in, watched, exported, killed, made a token, was refused. For ADMIN; null and FORBIDDEN for others.',
    args: {
      ...pageArguments(),
      filter: t.arg({ type: AuditFilterInput, description: 'Which entries; all of them when absent.' }),
    },
    resolve: async (_root, { filter, ...given }, { parts, caller }) => {
      parts.audit.checkAllowed(caller, 'read-audit');
      const page = await parts.catalog.auditEntries(readFilter(filter), readPageArguments(given, orderName, 1));
      return connectionOf(page, (entry) => writeCursor({ order: orderName, key: [entry.position] }));
    },
  }),
);
