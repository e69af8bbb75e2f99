import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/format/run-events.ts';
import { tupleOf } from '../../src/format/tuples.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import { corpusDir, corpusTest } from '../require.ts';
import { askData } from './asking.ts';
import { openFed, output, type Fed } from './feeding.ts';
import { startTestServer, type Running } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

type Tuple = readonly [number, string, ...unknown[]];
type Chunk = {
  readonly firstEvent: number;
  readonly eventCount: number;
  readonly startTime: number;
  readonly endTime: number;
  readonly rawSize: number;
  readonly tuples: readonly Tuple[];
  readonly msgpack: string;
  readonly events: readonly (Readonly<Record<string, unknown>> & {
    readonly type: string;
    readonly time: number;
  })[];
};
type Answered = {
  readonly session: {
    readonly recording: {
      readonly chunks: {
        readonly edges: readonly { readonly cursor: string; readonly node: Chunk }[];
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
      };
    };
  };
};

const chunksQuery = `query($id: UUID!, $first: Int, $after: String, $from: Float, $to: Float) {
  session(sessionId: $id) { recording { chunks(first: $first, after: $after, from: $from, to: $to) {
    edges { cursor node { firstEvent eventCount startTime endTime rawSize tuples msgpack events {
      type: __typename time
      ... on TerminalOutput { data } ... on TerminalInput { data }
      ... on TerminalResize { columns rows } ... on TerminalExit { status signal }
      ... on RecordingMarker { label } ... on RecordingGap { lostEvents lostBytes cause }
      ... on OtherEvent { code payload }
    } } }
    pageInfo { hasNextPage endCursor }
  } } } }`;

const readAll = async (fed: Fed, first: number): Promise<Chunk[]> => {
  const chunks: Chunk[] = [];
  let after: string | null = null;
  for (;;) {
    const answer: Answered = await askData<Answered>(running, chunksQuery, { id: fed.sessionId, first, after });
    const { edges, pageInfo } = answer.session.recording.chunks;
    chunks.push(...edges.map((edge) => edge.node));
    if (!pageInfo.hasNextPage) return chunks;
    after = pageInfo.endCursor;
  }
};

/** The three forms of each chunk are the same events, and the chunks follow one another without a hole. */
const expectToAgree = (chunks: readonly Chunk[], events: readonly RecordedEvent[]): void => {
  let next = 0;
  for (const chunk of chunks) {
    expect(chunk.firstEvent).toBe(next);
    next += chunk.eventCount;
    const decoded = [...eventsOf(Buffer.from(chunk.msgpack, 'base64'))];
    expect(chunk.rawSize).toBe(Buffer.from(chunk.msgpack, 'base64').length);
    expect(chunk.tuples).toEqual(JSON.parse(JSON.stringify(decoded.map(tupleOf))));
    expect(chunk.events.map(({ time }) => time)).toEqual(chunk.tuples.map(([time]) => time));
    expect([chunk.startTime, chunk.endTime]).toEqual([chunk.tuples[0]?.[0], chunk.tuples.at(-1)?.[0]]);
  }
  expect(chunks.flatMap(({ tuples }) => tuples)).toEqual(JSON.parse(JSON.stringify(events.map(tupleOf))));
  const outputs = events.filter(({ code }) => code === 'o').map(({ payload }) => payload[0] as Uint8Array);
  const shown = chunks.flatMap((chunk) => chunk.events.filter((event) => event.type === 'TerminalOutput'));
  expect(shown.map((event) => event['data']).join('')).toBe(Buffer.concat(outputs).toString('utf8'));
};

test('every kind of event comes typed, as a tuple and as msgpack, and they agree', async () => {
  const fed = await openFed(running);
  const [first, second] = [Uint8Array.of(0x61, 0xe2, 0x82), Uint8Array.of(0xac, 0x62)];
  const events: RecordedEvent[] = [
    output(0, 'hello '),
    output(10, first),
    { timeMs: 20, code: 'i', payload: [new TextEncoder().encode('ls\r')] },
    output(25, second),
    { timeMs: 30, code: 'r', payload: [100, 30] },
    { timeMs: 30, code: 'm', payload: ['here'] },
    { timeMs: 40, code: 'gap', payload: [{ lostEvents: 3, lostBytes: null, cause: 'the spool was full' }] },
    { timeMs: 50, code: 'zzz', payload: [{ a: [1, 'two'] }, Uint8Array.of(0xff)] },
    { timeMs: 60, code: 'x', payload: [0, null] },
  ];
  await fed.append(events.slice(0, 2));
  await fed.append(events.slice(2));
  const pending = await readAll(fed, 1);
  await fed.end();
  const stored = await readAll(fed, 1);
  expectToAgree(pending, events);
  expectToAgree(stored, events);
  expect(stored[0]?.events).toEqual([
    { type: 'TerminalOutput', time: 0, data: 'hello ' },
    { type: 'TerminalOutput', time: 0.01, data: 'a' },
    { type: 'TerminalInput', time: 0.02, data: 'ls\r' },
    { type: 'TerminalOutput', time: 0.025, data: '€b' },
    { type: 'TerminalResize', time: 0.03, columns: 100, rows: 30 },
    { type: 'RecordingMarker', time: 0.03, label: 'here' },
    { type: 'RecordingGap', time: 0.04, lostEvents: 3, lostBytes: null, cause: 'the spool was full' },
    { type: 'OtherEvent', time: 0.05, code: 'zzz', payload: [{ a: [1, 'two'] }, { base64: '/w==' }] },
    { type: 'TerminalExit', time: 0.06, status: 0, signal: null },
  ]);
});

describe('a recording of many chunks', () => {
  const events = Array.from({ length: 60 }, (_, index) => output(index * 1000, `${index}:${'x'.repeat(32 * 1024)}`));
  let fed: Fed;
  beforeAll(async () => {
    fed = await openFed(running);
    for (let at = 0; at < events.length; at += 4) await fed.append(events.slice(at, at + 4));
    await running.installation.closer.settled();
    await fed.end();
  });

  test('is the same by pages of 1, 4 and 16', async () => {
    for (const first of [1, 4, 16]) expectToAgree(await readAll(fed, first), events);
  });

  test('from reads no chunk that ends before it, and to none that begins after it', async () => {
    const { session } = await askData<Answered>(running, chunksQuery, {
      id: fed.sessionId,
      from: 30,
      to: 31,
      first: 16,
    });
    const chunks = session.recording.chunks.edges.map((edge) => edge.node);
    expect(chunks.length).toBeGreaterThan(0);
    expect(chunks.length).toBeLessThan(4);
    expect(chunks[0]?.startTime).toBeLessThanOrEqual(30);
    for (const chunk of chunks) {
      expect(chunk.endTime).toBeGreaterThanOrEqual(30);
      expect(chunk.startTime).toBeLessThanOrEqual(31);
    }
  });

  test('a cursor inside a chunk begins exactly at its event', async () => {
    const after = Buffer.from('event:5').toString('base64url');
    const { session } = await askData<Answered>(running, chunksQuery, { id: fed.sessionId, after, first: 1 });
    expect(session.recording.chunks.edges[0]?.node).toMatchObject({ firstEvent: 5, startTime: 5 });
  });

  test('its integrity can be verified', async () => {
    const query = `{ session(sessionId: "${fed.sessionId}") { recording {
      state chunkCount integrity { headHash signature keyId verify { ok badFromEvent } } } } }`;
    expect(await askData(running, query)).toMatchObject({
      session: {
        recording: {
          state: 'COMPLETE',
          integrity: {
            headHash: expect.stringMatching(/^[0-9a-f]{64}$/),
            signature: expect.stringMatching(/^[A-Za-z0-9+/]{86}==$/),
            keyId: expect.stringMatching(/^[0-9a-f]{16}$/),
            verify: { ok: true, badFromEvent: null },
          },
        },
      },
    });
  });
});

corpusTest('a real recording comes out as it went in', async () => {
  const cast = path.join(corpusDir ?? '', 'cast/asciinema__asciinema-server/spec__fixtures__2__full.cast');
  const lines = (await readFile(cast, 'utf8'))
    .split('\n')
    .slice(1)
    .filter((line) => line.startsWith('['));
  let timeMs = 0;
  const events = lines
    .map((line) => JSON.parse(line) as [number, string, string])
    .map(([time, code, data]): RecordedEvent => {
      timeMs = Math.max(timeMs, Math.round(time * 1000));
      return { timeMs, code, payload: [code === 'o' || code === 'i' ? new TextEncoder().encode(data) : data] };
    })
    .filter(({ code }) => code === 'o' || code === 'i' || code === 'm');
  const fed = await openFed(running);
  await fed.append(events);
  await fed.end();
  expectToAgree(await readAll(fed, 4), events);
});
