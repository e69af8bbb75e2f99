import type { Recording } from '../../model/recording.ts';
import { readPageArguments, writeCursor } from '../../model/page.ts';
import { builder } from './builder.ts';
import { connectionOf, PageInfoRef, type Connection, type Edge } from './connection.ts';
import { visibilityFor } from './context.ts';
import { NodeRef, writeGlobalId } from './node.ts';
import { pageArguments } from './page-arguments.ts';
import { RecordingKindEnum, RecordingStateEnum } from './recording-enums.ts';
import { RecordingRef, SessionRef } from './refs.ts';
import { noSuchSession } from '../../model/access.ts';
import { reads } from './session-parts.ts';

RecordingRef.implement({
  description:
    'What happened in a session, as a stream of events. A session has one for each shell, channel or stream.',
  interfaces: [NodeRef],
  fields: (t) => ({
    id: t.id({
      description: 'Global id, for node. Opaque.',
      resolve: (recording) => writeGlobalId('Recording', recording.recordingId),
    }),
    recordingId: t.expose('recordingId', {
      type: 'UUID',
      description: 'Its own id, as it stands in download addresses.',
    }),
    session: t.field({
      type: SessionRef,
      description: 'The session that it is of.',
      resolve: async (recording, _arguments, context) =>
        (await context.parts.catalog.session(visibilityFor(context, 'read-metadata'), recording.sessionId)) ??
        noSuchSession(),
    }),
    continues: t.expose('continues', {
      type: 'UUID',
      nullable: true,
      description: 'The recording that this one goes on from, as long ones are cut; null for a first one.',
    }),
    kind: t.expose('kind', { type: RecordingKindEnum, description: 'What it is made of.' }),
    state: t.expose('state', { type: RecordingStateEnum, description: 'How it is.' }),
    stateReason: t.exposeString('stateReason', {
      nullable: true,
      description: 'Why it is so, in one line; null when COMPLETE or LIVE.',
    }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'The moment from which its times count.',
      resolve: (recording) => recording.startedAtMs,
    }),
    duration: t.float({
      description: 'Seconds from the start to the last event.',
      resolve: (recording) => recording.durationMs / 1000,
    }),
    eventCount: t.exposeInt('eventCount', { description: 'Events taken in so far.' }),
    chunkCount: t.exposeInt('chunkCount', {
      description: 'Stored pieces that are closed; the newest events of a LIVE recording are in none yet.',
    }),
    storedSize: t.expose('storedSize', { type: 'SafeInt', description: 'Bytes on disk, compressed.' }),
    rawSize: t.expose('rawSize', { type: 'SafeInt', description: 'Bytes of its events as msgpack, not compressed.' }),
    columns: t.exposeInt('columns', {
      nullable: true,
      description: 'Width of the terminal at the start, in cells; null where there is no terminal.',
    }),
    rows: t.exposeInt('rows', {
      nullable: true,
      description: 'Height of the terminal at the start, in cells; null where there is no terminal.',
    }),
  }),
});

const RecordingEdgeRef = builder.objectRef<Edge<Recording>>('RecordingEdge').implement({
  description: 'A recording in a list, and its place there.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Its place, for after and before. Opaque.' }),
    node: t.expose('node', { type: RecordingRef, description: 'The recording.' }),
  }),
});

const RecordingConnectionRef = builder.objectRef<Connection<Recording>>('RecordingConnection').implement({
  description: "One page of a session's recordings.",
  fields: (t) => ({
    edges: t.expose('edges', { type: [RecordingEdgeRef], description: 'The recordings with their cursors.' }),
    nodes: t.field({
      type: [RecordingRef],
      description: 'The recordings alone.',
      resolve: (connection) => connection.edges.map((edge) => edge.node),
    }),
    pageInfo: t.expose('pageInfo', { type: PageInfoRef, description: 'Where this page lies in its list.' }),
  }),
});

const orderName = 'recording';

builder.objectField(SessionRef, 'recordings', (t) =>
  t.field({
    type: RecordingConnectionRef,
    nullable: true,
    description: 'All its recordings, oldest first.',
    args: pageArguments(),
    ...reads('sessionId'),
    resolve: async (session, given, context) => {
      const visibility = visibilityFor(context, 'read-metadata');
      const request = readPageArguments(given, orderName, 1);
      const page = await context.parts.catalog.recordings(visibility, session.sessionId, request);
      return connectionOf(page, (recording) => writeCursor({ order: orderName, key: [recording.position] }));
    },
  }),
);
