import { InvalidInput } from '../../model/errors.ts';
import { readPageArguments, writeCursor } from '../../model/page.ts';
import type { SessionEvent } from '../../model/session-event.ts';
import { sessionEventKinds } from '../../model/session.ts';
import { builder } from './builder.ts';
import { connectionOf, PageInfoRef, type Connection, type Edge } from './connection.ts';
import { visibilityFor } from './context.ts';
import { NodeRef, writeGlobalId } from './node.ts';
import { pageArguments } from './page-arguments.ts';
import { RecordingRef, SessionEventRef, SessionRef } from './refs.ts';
import { SessionEventKindEnum } from './session-enums.ts';
import { reads } from './session-parts.ts';

SessionEventRef.implement({
  description: "An entry in a session's story: what happened to it, beside what is in its recordings.",
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({
      description: 'Global id, for node. Opaque.',
      resolve: (event) => writeGlobalId('SessionEvent', event.eventId),
    }),
    at: t.field({ type: 'DateTime', description: 'When.', resolve: (event) => event.atMs }),
    kind: t.expose('kind', { type: SessionEventKindEnum, description: 'What it is about.' }),
    message: t.exposeString('message', { description: 'One line for people.' }),
    actor: t.exposeString('actor', {
      nullable: true,
      description: 'The user or token that did it; null for the server itself.',
    }),
    recording: t.field({
      type: RecordingRef,
      nullable: true,
      description: 'The recording that it is about; null when it is about the session as a whole.',
      resolve: (event, _arguments, context) =>
        event.recordingId === null
          ? null
          : context.parts.catalog.recording(visibilityFor(context, 'read-metadata'), event.recordingId),
    }),
    time: t.float({
      nullable: true,
      description: "Seconds from that recording's start; null when it is about no moment of one.",
      resolve: (event) => (event.timeMs === null ? null : event.timeMs / 1000),
    }),
    details: t.expose('details', {
      type: 'JSON',
      nullable: true,
      description: 'More, for programs; null when there is none.',
    }),
  }),
});

const SessionEventEdgeRef = builder.objectRef<Edge<SessionEvent>>('SessionEventEdge').implement({
  description: 'An entry in a list, and its place there.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Its place, for after and before. Opaque.' }),
    node: t.expose('node', { type: SessionEventRef, description: 'The entry.' }),
  }),
});

const SessionEventConnectionRef = builder.objectRef<Connection<SessionEvent>>('SessionEventConnection').implement({
  description: "One page of a session's story.",
  fields: (t) => ({
    edges: t.expose('edges', { type: [SessionEventEdgeRef], description: 'The entries with their cursors.' }),
    nodes: t.field({
      type: [SessionEventRef],
      description: 'The entries alone.',
      resolve: (connection) => connection.edges.map((edge) => edge.node),
    }),
    pageInfo: t.expose('pageInfo', { type: PageInfoRef, description: 'Where this page lies in its list.' }),
  }),
});

const orderName = 'session-event';

builder.objectField(SessionRef, 'events', (t) =>
  t.field({
    type: SessionEventConnectionRef,
    nullable: true,
    description: 'Its story, oldest first: authorised, denied, client software, killed, watched, ended.',
    args: {
      ...pageArguments(),
      kinds: t.arg({
        type: [SessionEventKindEnum],
        description: 'Only entries of these kinds; of all when absent. An empty list matches nothing.',
      }),
    },
    ...reads('sessionId'),
    resolve: async (session, { kinds, ...given }, context) => {
      const visibility = visibilityFor(context, 'read-metadata');
      if (kinds != null && kinds.length > sessionEventKinds.length) {
        throw new InvalidInput(
          'kinds',
          `kinds must have at most ${sessionEventKinds.length} values, got ${kinds.length}`,
        );
      }
      const request = readPageArguments(given, orderName, 1);
      const page = await context.parts.catalog.sessionEvents(visibility, session.sessionId, kinds ?? null, request);
      return connectionOf(page, (event) => writeCursor({ order: orderName, key: [event.position] }));
    },
  }),
);
