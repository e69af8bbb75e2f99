import { builder } from './builder.ts';
import { RecordingEventRef } from './refs.ts';
import { jsonOrNull, secondsOf, type ShapedEvent } from './shaped-event.ts';

const headersDescription =
  'Headers as a list of [name, value], in the order sent, with duplicates; null when not recorded.';
const requestIdDescription = 'Pairs a request with its response and their bodies, within the recording.';

builder.objectRef<ShapedEvent<'req'>>('HttpRequest').implement({
  description: 'An HTTP request was sent.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    requestId: t.string({ description: requestIdDescription, resolve: ({ payload }) => payload.requestId }),
    method: t.string({ description: 'GET, POST …, as it was sent.', resolve: ({ payload }) => payload.method }),
    url: t.string({ description: 'The whole address, with its query.', resolve: ({ payload }) => payload.url }),
    httpVersion: t.string({
      nullable: true,
      description: 'Such as HTTP/1.1 or h2; null when nobody knows.',
      resolve: ({ payload }) => payload.httpVersion,
    }),
    headers: t.field({
      type: 'JSON',
      nullable: true,
      description: headersDescription,
      resolve: ({ payload }) => jsonOrNull(payload.headers),
    }),
    bodySize: t.field({
      type: 'SafeInt',
      nullable: true,
      description: "Bytes of the request's body as they were sent; null when nobody knows.",
      resolve: ({ payload }) => payload.bodySize,
    }),
  }),
});

builder.objectRef<ShapedEvent<'res'>>('HttpResponse').implement({
  description: 'An HTTP request was answered, or failed.',
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    requestId: t.string({ description: requestIdDescription, resolve: ({ payload }) => payload.requestId }),
    status: t.int({
      nullable: true,
      description: 'The status code; null, or 0, when no answer came.',
      resolve: ({ payload }) => payload.status,
    }),
    statusText: t.string({
      nullable: true,
      description: 'What stands behind the status; null when nobody knows, and empty in HTTP/2 and later.',
      resolve: ({ payload }) => payload.statusText,
    }),
    httpVersion: t.string({
      nullable: true,
      description: 'Such as HTTP/1.1 or h2; null when nobody knows.',
      resolve: ({ payload }) => payload.httpVersion,
    }),
    headers: t.field({
      type: 'JSON',
      nullable: true,
      description: headersDescription,
      resolve: ({ payload }) => jsonOrNull(payload.headers),
    }),
    bodySize: t.field({
      type: 'SafeInt',
      nullable: true,
      description: "Bytes of the response's body as they were sent; null when nobody knows.",
      resolve: ({ payload }) => payload.bodySize,
    }),
    duration: t.float({
      nullable: true,
      description: 'Seconds since the request; null when nobody knows.',
      resolve: ({ payload }) => secondsOf(payload.durationMs),
    }),
    timings: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'Seconds of each part by its name, as in HAR 1.2: blocked, dns, connect, ssl, send, wait, receive; those that do not apply are null. Null when not recorded.',
      resolve: ({ payload: { timings } }) =>
        timings === null
          ? null
          : Object.fromEntries(Object.entries(timings).map(([name, timeMs]) => [name, secondsOf(timeMs)])),
    }),
    serverAddress: t.string({
      nullable: true,
      description: 'IP address of the server that answered; null when nobody knows.',
      resolve: ({ payload }) => payload.serverAddress,
    }),
    error: t.string({
      nullable: true,
      description: 'Why it failed; null when it did not.',
      resolve: ({ payload }) => payload.error,
    }),
  }),
});

builder.objectRef<ShapedEvent<'body'>>('HttpBody').implement({
  description: "A piece of a request's or a response's body. The pieces of one body come in order.",
  interfaces: [RecordingEventRef],
  fields: (t) => ({
    requestId: t.string({ description: requestIdDescription, resolve: ({ payload }) => payload.requestId }),
    ofResponse: t.boolean({
      description: 'False: it is of the request.',
      resolve: ({ payload }) => payload.side === 'res',
    }),
    index: t.int({ description: 'Its place among the pieces, from 0.', resolve: ({ payload }) => payload.index }),
    isLast: t.boolean({ description: 'No piece follows.', resolve: ({ payload }) => payload.isLast }),
    data: t.field({ type: 'Bytes', description: 'The piece.', resolve: ({ payload }) => payload.data }),
  }),
});
