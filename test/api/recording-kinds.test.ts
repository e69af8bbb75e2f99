import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeBatch, decodeRun } from '../../src/format/run-events.ts';
import { tupleOf } from '../../src/format/tuples.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import type { RecordingKind } from '../../src/model/recording.ts';
import type { SessionProtocol } from '../../src/model/session.ts';
import { goldenEvents } from '../format/events/golden-events.ts';
import { expectValidHar, parseTree } from '../format/har/har-trip.ts';
import { askData, headersOf } from './asking.ts';
import { type Fed, openFed } from './feeding.ts';
import { linesOf, mutate, ndjson, openByGraphql, put } from './producing.ts';
import { startTestServer, type Running } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

type Kind = { readonly kind: RecordingKind; readonly protocol: SessionProtocol; readonly codes: readonly string[] };

const kinds: readonly Kind[] = [
  { kind: 'TERMINAL', protocol: 'SSH', codes: ['o', 'i', 'r', 'm', 'cmd', 'file', 'gap', 'x'] },
  { kind: 'HTTP', protocol: 'HTTP', codes: ['m', 'req', 'res', 'body', 'gap'] },
  { kind: 'DATABASE', protocol: 'DATABASE', codes: ['m', 'sql', 'sqlr', 'gap'] },
  { kind: 'KUBERNETES', protocol: 'KUBERNETES', codes: ['m', 'k8s', 'k8sr', 'gap'] },
  { kind: 'BROWSER', protocol: 'HTTP', codes: ['m', 'dom', 'gap'] },
];

const kindNamed = (name: RecordingKind): Kind => {
  const found = kinds.find(({ kind }) => kind === name);
  if (found === undefined) throw new Error(`no kind ${name}`);
  return found;
};

const eventsOfKind = ({ codes }: Kind): readonly RecordedEvent[] =>
  goldenEvents.filter(({ code }) => codes.includes(code));

const openKind = ({ kind, protocol }: Kind): Promise<Fed> =>
  openFed(running, { protocol, recording: { recordingId: null, kind, columns: null, rows: null } });

const fetchPath = (path: string): Promise<Response> =>
  fetch(`${running.url}${path}`, { headers: headersOf(running.tokens.AUDITOR) });

const download = async (fed: Fed, extension: string): Promise<Uint8Array> => {
  const response = await fetchPath(`/recordings/${fed.recordingId}.${extension}`);
  expect({ extension, status: response.status }).toEqual({ extension, status: 200 });
  return new Uint8Array(await response.arrayBuffer());
};

type Described = {
  readonly session: {
    readonly recording: {
      readonly kind: string;
      readonly eventCount: number;
      readonly downloads: readonly { readonly format: string; readonly url: string; readonly mediaType: string }[];
      readonly chunks: { readonly nodes: readonly { readonly events: readonly { readonly type: string }[] }[] };
    };
  };
};

const logOf = async (fed: Fed): Promise<string> =>
  (await fetchPath(`/api/v1/session/${fed.session.socket.socketId}/${fed.sessionId}/session_log`)).text();

describe.each(kinds)('a recording of kind $kind', (each) => {
  const events = eventsOfKind(each);
  const lines = linesOf(events.map(tupleOf));
  let fed: Fed;
  let whileLive: string;

  beforeAll(async () => {
    fed = await openKind(each);
    const path = `${running.url}/recordings/${fed.recordingId}.ndjson?follow=true`;
    await fed.append(events.slice(0, 2));
    const [response] = (await once(get(path, { headers: headersOf(running.tokens.AUDITOR) }), 'response')) as [
      IncomingMessage,
    ];
    const text = response.toArray() as Promise<Buffer[]>;
    await fed.append(events.slice(2));
    await fed.end();
    whileLive = Buffer.concat(await text).toString();
  });

  test('is the same events as NDJSON, while it is made and after, as msgpack and as its stored file', async () => {
    expect(whileLive).toBe(lines);
    expect(new TextDecoder().decode(await download(fed, 'ndjson'))).toBe(lines);
    expect(decodeRun(await download(fed, 'msgpack'))).toEqual(events);
    expect((await download(fed, 'rec.zst')).length).toBeGreaterThan(100);
  });

  test('is counted, typed, and says in which formats it comes', async () => {
    const { session } = await askData<Described>(
      running,
      `query($id: UUID!) { session(sessionId: $id) { recording { kind eventCount downloads { format url mediaType }
        chunks { nodes { events { type: __typename } } } } } }`,
      { id: fed.sessionId },
    );
    const { recording } = session;
    const formats = ['MSGPACK_ZSTD', 'MSGPACK', 'NDJSON'];
    const own = each.kind === 'TERMINAL' ? ['ASCIICAST_V2', 'ASCIICAST_V3'] : each.kind === 'HTTP' ? ['HAR'] : [];
    expect(recording).toMatchObject({ kind: each.kind, eventCount: events.length });
    expect(recording.downloads.map(({ format }) => format).toSorted()).toEqual([...formats, ...own].toSorted());
    for (const { url, mediaType } of recording.downloads) {
      const response = await fetchPath(url);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, mediaType]);
      await response.body?.cancel();
    }
    const types = recording.chunks.nodes.flatMap(({ events: typed }) => typed.map(({ type }) => type));
    expect(types).toHaveLength(events.length);
    expect(types).not.toContain('OtherEvent');
  });

  test('as a HAR only where it is one, and an asciicast only where it is one', async () => {
    for (const [extension, kind] of [
      ['har', 'HTTP'],
      ['cast', 'TERMINAL'],
      ['v3.cast', 'TERMINAL'],
    ]) {
      const response = await fetchPath(`/recordings/${fed.recordingId}.${extension}`);
      expect(response.status).toBe(kind === each.kind ? 200 : 404);
      if (response.status === 404) expect(await response.text()).toContain(`this recording is ${each.kind}`);
      else await response.body?.cancel();
    }
  });
});

test('a HAR has each request with its answer and bodies, and one leaves a note of its download', async () => {
  const http = kindNamed('HTTP');
  const fed = await openKind(http);
  await fed.append(eventsOfKind(http));
  const response = await fetchPath(`/recordings/${fed.recordingId}.har`);
  expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${fed.recordingId}.har"`);
  const har = parseTree(await response.text());
  expectValidHar(har);
  expect(har).toMatchObject({
    log: {
      creator: { name: 'Reeltime', version: '0.0.0-test' },
      entries: [
        {
          time: 12.5,
          connection: '443',
          request: { method: 'POST', url: 'https://example.com/a?b=c', queryString: [{ name: 'b', value: 'c' }] },
          response: { status: 200, content: { text: 'iVBORw==', encoding: 'base64', mimeType: 'text/plain', size: 4 } },
          timings: { blocked: -1, dns: 1 },
        },
      ],
    },
  });
  const answer = await askData<{ readonly session: { readonly events: { readonly nodes: readonly object[] } } }>(
    running,
    'query($id: UUID!) { session(sessionId: $id) { events(kinds: [EXPORTED]) { nodes { kind details } } } }',
    { id: fed.sessionId },
  );
  expect(answer.session.events.nodes).toMatchObject([{ kind: 'EXPORTED', details: { format: 'har' } }]);
});

test('session_log is a line a request for what is requests and answers, and a line an event for a browser', async () => {
  for (const [kind, first] of [
    ['HTTP', { method: 'POST', status: 200, duration: 12.5 }],
    [
      'DATABASE',
      { database: 'shop', status: 'error', duration: 9.25, rows: 1, affected_rows: null, result: 'syntax error' },
    ],
    ['KUBERNETES', { verb: 'create', status: 101 }],
  ] as const) {
    const each = kindNamed(kind);
    const fed = await openKind(each);
    await fed.append(eventsOfKind(each));
    const [line = ''] = (await logOf(fed)).split('\n');
    expect(JSON.parse(line)).toMatchObject({ time: expect.stringMatching(/^\d{4}-.*Z$/), ...first });
  }
  const browser = kindNamed('BROWSER');
  const fed = await openKind(browser);
  await fed.append(eventsOfKind(browser));
  expect(await logOf(fed)).toBe(linesOf(eventsOfKind(browser).map(tupleOf)));
});

describe('an event without its shape', () => {
  const wrong = [0, 'req', 'r1', { method: 5, url: '/' }];

  test('is refused by every door, at its place, and nothing of its batch is kept', async () => {
    const open = await openByGraphql(running);
    const field = 'events[1].payload[1].method';
    const batch = [[0, 'cmd', 'ls', {}], wrong];
    expect(await put(running, open, 0, linesOf(batch), ndjson)).toMatchObject({
      status: 422,
      body: { error: { field, event: 1, message: expect.stringContaining('must be a text') } },
    });
    const { recordingId, epoch } = open;
    expect(await mutate(running, 'appendEvents', { recordingId, epoch, firstEvent: 0, events: batch })).toMatchObject({
      __typename: 'ValidationError',
      field,
    });
    expect(await put(running, open, 0, linesOf([[0, 'cmd', 'ls', {}]]), ndjson)).toMatchObject({
      body: { next_event: 1 },
    });
  });
});

test('the golden events are what a server stores of them', async () => {
  const fed = await openFed(running);
  await fed.append(goldenEvents);
  await fed.end();
  expect(decodeBatch(await download(fed, 'msgpack'))).toEqual(goldenEvents);
});
