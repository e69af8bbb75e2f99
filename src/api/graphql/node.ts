import type { Visibility } from '../../model/access.ts';
import { InvalidInput } from '../../model/errors.ts';
import { isUuid, parseRecordingId, parseSessionId, parseSocketId } from '../../model/parse-id.ts';
import { NODES_MAX } from '../../model/limits.ts';
import type { Recording } from '../../model/recording.ts';
import type { SessionEvent } from '../../model/session-event.ts';
import type { Session, Socket, User } from '../../model/session.ts';
import type { CatalogReader } from '../../store/catalog/catalog.ts';
import { builder } from './builder.ts';
import { visibilityFor } from './context.ts';

type NodeShape = Session | Recording | SessionEvent | Socket | User;

/** The types that have a global id. */
export type NodeType = 'Session' | 'Recording' | 'SessionEvent' | 'Socket' | 'User';

/** Each is known by a field that no other has. */
const typeOf = (node: NodeShape): NodeType => {
  if ('epoch' in node) return 'Session';
  if ('chunkCount' in node) return 'Recording';
  if ('eventId' in node) return 'SessionEvent';
  return 'socketId' in node ? 'Socket' : 'User';
};

/** A global id longer than this is none of ours: a user's identity has at most NAME_LENGTH_MAX characters. */
const GLOBAL_ID_LENGTH_MAX = 4096;

/** Opaque to clients: the base64 of `Type:key`. */
export const writeGlobalId = (type: NodeType, key: string): string =>
  Buffer.from(`${type}:${key}`, 'utf8').toString('base64');

const globalIdPattern = /^(Session|Recording|SessionEvent|Socket|User):(.+)$/su;

/** @throws InvalidInput naming the argument when text is no global id of ours */
const readGlobalId = (text: string, argument: string): { readonly type: NodeType; readonly key: string } => {
  const plain = text.length > GLOBAL_ID_LENGTH_MAX ? '' : Buffer.from(text, 'base64').toString('utf8');
  const match = globalIdPattern.exec(plain);
  const type = match?.[1] as NodeType | undefined;
  const key = match?.[2];
  if (
    type === undefined ||
    key === undefined ||
    (type !== 'User' && !isUuid(key)) ||
    writeGlobalId(type, key) !== text
  ) {
    throw new InvalidInput(argument, `${argument} is not an id that this server gave`);
  }
  return { type, key };
};

const loaders: Readonly<
  Record<NodeType, (catalog: CatalogReader, visibility: Visibility, key: string) => Promise<NodeShape | null>>
> = {
  Session: (catalog, visibility, key) => catalog.session(visibility, parseSessionId(key)),
  Recording: (catalog, visibility, key) => catalog.recording(visibility, parseRecordingId(key)),
  SessionEvent: (catalog, visibility, key) => catalog.sessionEvent(visibility, key),
  Socket: (catalog, visibility, key) => catalog.socket(visibility, parseSocketId(key)),
  User: (catalog, visibility, key) => catalog.user(visibility, key),
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
      const visibility = visibilityFor(context, 'read-metadata');
      const { type, key } = readGlobalId(id, 'id');
      return loaders[type](context.parts.catalog, visibility, key);
    },
  }),
  nodes: t.field({
    type: [NodeRef],
    nullable: { list: false, items: true },
    description: 'Whatever has these ids, in their order; null in the place of each that is not there.',
    args: { ids: t.arg.idList({ required: true, description: `At most ${NODES_MAX} ids.` }) },
    resolve: (_root, { ids }, context) => {
      const visibility = visibilityFor(context, 'read-metadata');
      if (ids.length > NODES_MAX) {
        throw new InvalidInput('ids', `ids must be at most ${NODES_MAX}, got ${ids.length}`);
      }
      const wanted = ids.map((id) => readGlobalId(id, 'ids'));
      return wanted.map(({ type, key }) => loaders[type](context.parts.catalog, visibility, key));
    },
  }),
}));
