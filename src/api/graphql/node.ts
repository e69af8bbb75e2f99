import { may, visibilityOf } from '../../model/access.ts';
import type { AuditEntry } from '../../model/audit.ts';
import { InvalidInput } from '../../model/errors.ts';
import { isUuid, parseRecordingId, parseSessionId, parseSocketId } from '../../model/parse-id.ts';
import { NODES_MAX } from '../../model/limits.ts';
import type { Recording } from '../../model/recording.ts';
import type { SessionEvent } from '../../model/session-event.ts';
import type { Session, Socket, User } from '../../model/session.ts';
import type { Token } from '../../model/token.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';

type NodeShape = Session | Recording | SessionEvent | Socket | User | Token | AuditEntry;

/** The types that have a global id. */
export type NodeType = 'Session' | 'Recording' | 'SessionEvent' | 'Socket' | 'User' | 'Token' | 'AuditEntry';

/** Each is known by a field that no other has. */
const typeOf = (node: NodeShape): NodeType => {
  if ('epoch' in node) return 'Session';
  if ('chunkCount' in node) return 'Recording';
  if ('eventId' in node) return 'SessionEvent';
  if ('entryId' in node) return 'AuditEntry';
  if ('revokedAtMs' in node) return 'Token';
  return 'socketId' in node ? 'Socket' : 'User';
};

/** A global id longer than this is none of ours: a user's identity has at most NAME_LENGTH_MAX characters. */
const GLOBAL_ID_LENGTH_MAX = 4096;

/** Opaque to clients: the base64 of `Type:key`. */
export const writeGlobalId = (type: NodeType, key: string): string =>
  Buffer.from(`${type}:${key}`, 'utf8').toString('base64');

const globalIdPattern = /^(Session|Recording|SessionEvent|Socket|User|Token|AuditEntry):(.+)$/su;

type GlobalId = { readonly type: NodeType; readonly key: string };

/** Null when text is no global id of ours. */
const parseGlobalId = (text: string): GlobalId | null => {
  const plain = text.length > GLOBAL_ID_LENGTH_MAX ? '' : Buffer.from(text, 'base64').toString('utf8');
  const match = globalIdPattern.exec(plain);
  const type = match?.[1] as NodeType | undefined;
  const key = match?.[2];
  if (type === undefined || key === undefined || writeGlobalId(type, key) !== text) return null;
  return type === 'User' || type === 'Token' || isUuid(key) ? { type, key } : null;
};

/** @throws InvalidInput naming the argument when text is no global id of ours */
const readGlobalId = (text: string, argument: string): GlobalId => {
  const id = parseGlobalId(text);
  if (id === null) throw new InvalidInput(argument, `${argument} is not an id that this server gave`);
  return id;
};

/** The id of the token that this global id names; null when it names none. */
export const tokenIdOfNode = (id: string): string | null => {
  const read = parseGlobalId(id);
  return read?.type === 'Token' ? read.key : null;
};

const loaders: Readonly<Record<NodeType, (context: Context, key: string) => Promise<NodeShape | null>>> = {
  Session: ({ parts, viewer }, key) => parts.catalog.session(visibilityOf(viewer), parseSessionId(key)),
  Recording: ({ parts, viewer }, key) => parts.catalog.recording(visibilityOf(viewer), parseRecordingId(key)),
  SessionEvent: ({ parts, viewer }, key) => parts.catalog.sessionEvent(visibilityOf(viewer), key),
  Socket: ({ parts, viewer }, key) => parts.catalog.socket(visibilityOf(viewer), parseSocketId(key)),
  User: ({ parts, viewer }, key) => parts.catalog.user(visibilityOf(viewer), key),
  Token: async ({ parts, viewer }, key) =>
    may(viewer, 'manage-tokens') ? ((await parts.catalog.token(key))?.token ?? null) : null,
  AuditEntry: async ({ parts, viewer }, key) => (may(viewer, 'read-audit') ? parts.catalog.auditEntry(key) : null),
};

export const NodeRef = builder.interfaceRef<NodeShape>('Node').implement({
  description: 'Something that has an id of its own, by which it can be asked for again.',
  resolveType: (node) => typeOf(node),
  fields: (t) => ({ id: t.id({ description: 'Its id in the whole of this log. Opaque.' }) }),
});

builder.queryFields((t) => ({
  node: t.field({
    type: NodeRef,
    nullable: true,
    description: 'Whatever has this id; null when there is none, or the viewer may not see it.',
    args: { id: t.arg.id({ required: true, description: 'The id field of something that was answered before.' }) },
    resolve: (_root, { id }, context) => {
      context.parts.audit.checkAllowed(context.caller, 'read-metadata');
      const { type, key } = readGlobalId(id, 'id');
      return loaders[type](context, key);
    },
  }),
  nodes: t.field({
    type: [NodeRef],
    nullable: { list: false, items: true },
    description: 'Whatever has these ids, in their order; null in the place of each that is not there.',
    args: { ids: t.arg.idList({ required: true, description: `At most ${NODES_MAX} ids.` }) },
    resolve: (_root, { ids }, context) => {
      context.parts.audit.checkAllowed(context.caller, 'read-metadata');
      if (ids.length > NODES_MAX) {
        throw new InvalidInput('ids', `ids must be at most ${NODES_MAX}, got ${ids.length}`);
      }
      const wanted = ids.map((id) => readGlobalId(id, 'ids'));
      return wanted.map(({ type, key }) => loaders[type](context, key));
    },
  }),
}));
