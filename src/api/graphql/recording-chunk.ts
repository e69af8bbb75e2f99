import { eventsOf, typedEvents } from '../../format/run-events.ts';
import { tupleOf } from '../../format/tuples.ts';
import { InvalidInput, NotFound } from '../../model/errors.ts';
import {
  CHUNK_PAGE_BYTES_MAX,
  CHUNK_PAGE_ITEMS_DEFAULT,
  CHUNK_PAGE_ITEMS_MAX,
  RECORDING_MS_MAX,
} from '../../model/limits.ts';
import { readPageArguments, writeCursor } from '../../model/page.ts';
import type { Run } from '../../model/run.ts';
import { builder } from './builder.ts';
import { connectionOf, PageInfoRef, type Connection, type Edge } from './connection.ts';
import { visibilityFor } from './context.ts';
import { RecordingChunkRef, RecordingEventRef, RecordingRef } from './refs.ts';
import { noteWatched } from '../watched.ts';

/** What a run of 256 KiB costs in each form, of GRAPHQL_COST_MAX: 11, 6 and less than 1 ms of one core, and its reading. */
const TYPED_COST = 600;
const TYPED_MULTIPLIER = 10;
const TUPLES_COST = 300;
const MSGPACK_COST = 50;

RecordingChunkRef.implement({
  description: 'A run of consecutive events, in three forms: ask for the one that you want.',
  fields: (t) => ({
    firstEvent: t.exposeInt('firstEvent', {
      description:
        'Ordinal of its first event in the recording, from 0. The next run begins at firstEvent + eventCount.',
    }),
    eventCount: t.exposeInt('eventCount', { description: 'How many events it stands for.' }),
    startTime: t.float({
      description: "Seconds from the recording's start of its first event.",
      resolve: (run) => run.firstMs / 1000,
    }),
    endTime: t.float({
      description: "Seconds from the recording's start of its last event.",
      resolve: (run) => run.lastMs / 1000,
    }),
    rawSize: t.field({
      type: 'SafeInt',
      description: 'Bytes of the msgpack form.',
      resolve: (run) => run.msgpack.length,
    }),
    events: t.field({
      type: [RecordingEventRef],
      nullable: true,
      description: 'The events with types: the form to read. Takes the most work of both sides.',
      complexity: { field: TYPED_COST, multiplier: TYPED_MULTIPLIER },
      resolve: (run) => [...typedEvents(run)],
    }),
    tuples: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'The events as a list of [seconds, code, …]: the form to play. Bytes that are not UTF-8 stand as {"base64": …}.',
      complexity: TUPLES_COST,
      resolve: (run) => Array.from(eventsOf(run.msgpack), tupleOf),
    }),
    msgpack: t.field({
      type: 'Bytes',
      nullable: true,
      description:
        'The events as they are stored: msgpack arrays, first [startMs, "@", firstEvent], then [deltaMs, code, …] each. The form to take many.',
      complexity: MSGPACK_COST,
      resolve: (run) => run.msgpack,
    }),
  }),
});

const RecordingChunkEdgeRef = builder.objectRef<Edge<Run>>('RecordingChunkEdge').implement({
  description: 'A run of events, and its place.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'The place behind it, for after. Opaque.' }),
    node: t.expose('node', { type: RecordingChunkRef, description: 'The run.' }),
  }),
});

const RecordingChunkConnectionRef = builder.objectRef<Connection<Run>>('RecordingChunkConnection').implement({
  description: "One page of a recording's events.",
  fields: (t) => ({
    edges: t.expose('edges', { type: [RecordingChunkEdgeRef], description: 'The runs with their cursors.' }),
    nodes: t.field({
      type: [RecordingChunkRef],
      description: 'The runs alone.',
      resolve: (connection) => connection.edges.map((edge) => edge.node),
    }),
    pageInfo: t.expose('pageInfo', { type: PageInfoRef, description: 'Where this page lies in the recording.' }),
  }),
});

const orderName = 'event';
const secondsMax = RECORDING_MS_MAX / 1000;

/** @throws InvalidInput when seconds are negative, or more than a recording can have */
export const readSeconds = (seconds: number, argument: string): number => {
  if (seconds < 0 || seconds > secondsMax) {
    throw new InvalidInput(argument, `${argument} must be from 0 to ${secondsMax} seconds, got ${seconds}`);
  }
  return Math.floor(seconds * 1000);
};

builder.objectField(RecordingRef, 'chunks', (t) =>
  t.field({
    type: RecordingChunkConnectionRef,
    nullable: true,
    description: `The events, read from disk as they are asked for. A page has at most ${CHUNK_PAGE_BYTES_MAX / 1024 / 1024} MiB of msgpack. What is not in a closed piece yet comes last; where a stored piece is damaged, one RecordingGap stands for its events.`,
    args: {
      first: t.arg.int({
        description: `How many runs: 1 to ${CHUNK_PAGE_ITEMS_MAX}; ${CHUNK_PAGE_ITEMS_DEFAULT} when absent.`,
      }),
      after: t.arg.string({ description: 'Only events after this cursor, which chunks gave.' }),
      from: t.arg.float({
        defaultValue: 0,
        description:
          'Seconds from the start: runs that end before it are not read, and the run that holds it comes whole.',
      }),
      to: t.arg.float({
        description: 'Seconds from the start: runs that begin after it are not read; to the end when absent.',
      }),
    },
    resolve: async (recording, { first, after, from, to }, context) => {
      const visibility = visibilityFor(context, 'read-recording');
      const given = { first: first ?? CHUNK_PAGE_ITEMS_DEFAULT, after };
      const request = readPageArguments(given, orderName, 1, CHUNK_PAGE_ITEMS_MAX);
      const fromEvent = request.after?.key[0] ?? 0;
      const part = {
        fromEvent,
        fromMs: readSeconds(from ?? 0, 'from'),
        toMs: to == null ? null : readSeconds(to, 'to'),
      };
      const { reader } = context.parts;
      const page = await reader.page(visibility, recording.recordingId, part, request.limit, CHUNK_PAGE_BYTES_MAX);
      if (page === null) throw new NotFound('no such recording');
      await noteWatched(context, recording, page.runs);
      const hasPreviousPage = (page.runs[0]?.firstEvent ?? fromEvent) > 0;
      const items = { items: page.runs, hasNextPage: page.hasMore, hasPreviousPage, stoppedAt: null };
      return connectionOf(items, (run) => writeCursor({ order: orderName, key: [run.firstEvent + run.eventCount] }));
    },
  }),
);
