import { builder } from './builder.ts';
import { RecordingEventRef } from './refs.ts';
import { jsonOrNull, secondsOf, type ShapedEvent } from './shaped-event.ts';

const queryIdDescription = 'Pairs a query with its result, within the recording.';

builder.objectRef<ShapedEvent<'sql'>>('DatabaseQuery').implement({
  description: 'A statement was sent to a database.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    queryId: t.string({ description: queryIdDescription, resolve: ({ payload }) => payload.queryId }),
    statement: t.string({ description: 'The statement, as it was sent.', resolve: ({ payload }) => payload.statement }),
    parameters: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'Its parameters, as the producer gave them: a list, or a map by name; bytes that are not UTF-8 as {"base64": …}. Null when it has none, or they are not recorded.',
      resolve: ({ payload }) => jsonOrNull(payload.parameters),
    }),
    database: t.string({
      nullable: true,
      description: 'The database that it was sent to; null when nobody knows.',
      resolve: ({ payload }) => payload.database,
    }),
  }),
});

builder.objectRef<ShapedEvent<'sqlr'>>('DatabaseResult').implement({
  description: 'A statement ended. A query without a result never came back.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    queryId: t.string({ description: queryIdDescription, resolve: ({ payload }) => payload.queryId }),
    rowCount: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'Rows that came back, or that it changed; null when nobody knows.',
      resolve: ({ payload }) => payload.rowCount,
    }),
    duration: t.float({
      nullable: true,
      description: 'Seconds since the query; null when nobody knows.',
      resolve: ({ payload }) => secondsOf(payload.durationMs),
    }),
    errorCode: t.string({
      nullable: true,
      description: "SQLSTATE, or the engine's own code; null when it succeeded.",
      resolve: ({ payload }) => payload.errorCode,
    }),
    error: t.string({
      nullable: true,
      description: "The engine's message; null when it succeeded.",
      resolve: ({ payload }) => payload.error,
    }),
  }),
});
