import { randomUUID } from 'node:crypto';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { batchOfTuples } from '../../src/api/tuple-batches.ts';
import { LocalIntake, noContacts } from '../../src/ingest/intake.ts';
import { Unavailable } from '../../src/model/errors.ts';
import { BATCH_BYTES_MAX, EVENT_BYTES_MAX } from '../../src/model/limits.ts';
import { FileRecordings } from '../../src/store/recordings/file-recordings.ts';
import { headersOf } from './asking.ts';
import { output } from './feeding.ts';
import { linesOf, mutate, ndjson, type Open, openByGraphql, put } from './producing.ts';
import { startTestServer, type Running } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

const tuples = [
  [0, 'o', 'Grüße ☃\r\n'],
  [0.0004, 'o', { base64: Buffer.from([0xff, 0x00, 0xfe]).toString('base64') }],
  [0.1, 'i', 'secret'],
  [0.3, 'r', 100, 30],
  [0.70049, 'm', 'here'],
  [1.1, 'req', 'a', { method: 'GET', url: '/', headers: [['a', 'b']] }],
  [1.2, 'body', 'a', 'res', 0, true, 'text'],
  [2, 'x', 0, null],
];
const msgpack = new Uint8Array(await batchOfTuples(tuples));

const storedOf = async ({ recordingId }: Open): Promise<Buffer> => {
  const headers = headersOf(running.tokens.ADMIN);
  const response = await fetch(`${running.url}/recordings/${recordingId}.ndjson`, { headers });
  return Buffer.from(await response.arrayBuffer());
};

const packed = (encoding: string, bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(encoding === 'zstd' ? zstdCompressSync(bytes) : gzipSync(bytes));

test('the same events are the same recording, by whichever door and however packed they come', async () => {
  const one = await openByGraphql(running);
  expect(await put(running, one, 0, msgpack)).toMatchObject({ status: 200, body: { next_event: 8 } });
  const expected = await storedOf(one);
  expect(expected.toString()).toContain('Grüße');
  for (const [type, bytes] of [
    ['application/msgpack', msgpack],
    ['application/x-ndjson', new TextEncoder().encode(linesOf(tuples))],
    ['application/x-ndjson; charset=utf-8', new TextEncoder().encode(`\n${linesOf(tuples).trim()}`)],
  ] as const) {
    for (const encoding of ['zstd', 'gzip']) {
      const open = await openByGraphql(running);
      const headers = { 'content-type': type, 'content-encoding': encoding };
      expect(await put(running, open, 0, packed(encoding, bytes), headers)).toMatchObject({ status: 200 });
      expect(await storedOf(open)).toEqual(expected);
    }
  }
  const byGraphql = await openByGraphql(running);
  const { recordingId, epoch } = byGraphql;
  const answer = await mutate(running, 'appendEvents', { recordingId, epoch, firstEvent: 0, events: tuples });
  expect(answer).toEqual({ __typename: 'AppendEventsPayload', nextEvent: 8, kill: null });
  expect(await storedOf(byGraphql)).toEqual(expected);
});

test('a retry that is cut into other batches is the same events: times are rounded from the start', async () => {
  const open = await openByGraphql(running);
  const many = Array.from({ length: 50 }, (_none, at) => [at * 0.00137, 'o', `${at}`]);
  expect(await put(running, open, 0, linesOf(many), ndjson)).toMatchObject({ status: 200 });
  for (const from of [0, 1, 7, 49]) {
    expect(await put(running, open, from, linesOf(many.slice(from)), ndjson)).toMatchObject({
      status: 200,
      body: { next_event: 50 },
    });
  }
});

test.each(['zstd', 'gzip'])('a bomb by %s is refused without being unpacked', async (encoding) => {
  const open = await openByGraphql(running);
  const zeros = Buffer.alloc(200 * 1024 * 1024);
  const bomb =
    encoding === 'zstd'
      ? zstdCompressSync(zeros, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
      : gzipSync(zeros, { level: 1 });
  const before = process.memoryUsage().rss;
  const headers = { 'content-type': 'application/msgpack', 'content-encoding': encoding };
  const answer = await put(running, open, 0, new Uint8Array(bomb), headers);
  expect(answer).toMatchObject({ status: 413, body: { error: { code: 'PAYLOAD_TOO_LARGE' } } });
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  expect(await put(running, open, 0, msgpack)).toMatchObject({ status: 200 });
});

test('a batch that is too large is 413, as it is and unpacked; the largest is taken', async () => {
  const open = await openByGraphql(running);
  const pieces = Array.from({ length: 7 }, (_none, at) => output(at, Buffer.alloc(EVENT_BYTES_MAX)));
  const rest = BATCH_BYTES_MAX - encodeBatch([...pieces, output(7, Buffer.alloc(70_000))]).length;
  const largest = encodeBatch([...pieces, output(7, Buffer.alloc(70_000 + rest))]);
  expect(largest.length).toBe(BATCH_BYTES_MAX);
  const larger = new Uint8Array(Buffer.concat([encodeBatch([output(0, 'a')]), largest]));
  expect(await put(running, open, 0, larger)).toMatchObject({ status: 413 });
  const headers = { 'content-type': 'application/msgpack', 'content-encoding': 'zstd' };
  expect(await put(running, open, 0, packed('zstd', larger), headers)).toMatchObject({ status: 413 });
  expect(await put(running, open, 0, packed('zstd', largest), headers)).toMatchObject({
    status: 200,
    body: { next_event: 8 },
  });
});

test('lines that become a larger batch than there may be are 413', async () => {
  const open = await openByGraphql(running);
  const line = `[0,"made-up",${Array.from({ length: 1000 }, () => '.5'.replace('.', '0.')).join(',')}]\n`;
  const body = line.repeat(Math.floor(BATCH_BYTES_MAX / 2 / line.length) + 1);
  expect(await put(running, open, 0, body, ndjson)).toMatchObject({ status: 413 });
});

test('an event that is too long is refused by its number, and never cut without a word', async () => {
  const open = await openByGraphql(running);
  const long = 'x'.repeat(EVENT_BYTES_MAX + 1);
  const answer = await put(
    running,
    open,
    0,
    linesOf([
      [0, 'o', 'a'],
      [1, 'o', long],
    ]),
    ndjson,
  );
  expect(answer).toMatchObject({ status: 422, body: { event: 1, error: { code: 'BAD_USER_INPUT' } } });
  expect(JSON.stringify(answer.body)).toContain(`${EVENT_BYTES_MAX}`);
  // What a producer cut itself has its real length beside it.
  const cut = [[0, 'o', 'x'.repeat(EVENT_BYTES_MAX), EVENT_BYTES_MAX + 1]];
  expect(await put(running, open, 0, linesOf(cut), ndjson)).toMatchObject({ status: 200 });
});

test.each([
  ['of no type', {}, 415],
  ['of another type', { 'content-type': 'application/json' }, 415],
  ['packed in another way', { 'content-type': 'application/msgpack', 'content-encoding': 'br' }, 415],
  ['packed twice', { 'content-type': 'application/msgpack', 'content-encoding': 'gzip, zstd' }, 415],
  ['that is not zstd', { 'content-type': 'application/msgpack', 'content-encoding': 'zstd' }, 400],
  ['that is not gzip', { 'content-type': 'application/msgpack', 'content-encoding': 'gzip' }, 400],
] as const)('a body %s is refused', async (_name, headers, status) => {
  const open = await openByGraphql(running);
  expect(await put(running, open, 0, msgpack, headers)).toMatchObject({ status });
});

test.each([
  ['torn', (frame: Buffer) => frame.subarray(0, -1)],
  ['followed by something', (frame: Buffer) => Buffer.concat([frame, Buffer.from('x')])],
])('a zstd frame that is %s is refused', async (_name, change) => {
  const open = await openByGraphql(running);
  const frame = zstdCompressSync(msgpack, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  const headers = { 'content-type': 'application/msgpack', 'content-encoding': 'zstd' };
  expect(await put(running, open, 0, new Uint8Array(change(frame)), headers)).toMatchObject({ status: 400 });
});

test.each([
  ['no event', '', null],
  ['white space alone', ' \n\n', null],
  ['what is no JSON', '[0,"o","a"]\n[1,"o","b"\n', 1],
  ['what is no tuple', '{"time":0}\n', 0],
  ['bytes that are not UTF-8', Uint8Array.from([0x5b, 0xff, 0x5d]), 0],
  ['a time that is no number', '["0","o","a"]', 0],
  ['base64 that is none', '[0,"o",{"base64":"*"}]', 0],
])('lines with %s are 422, with the number of the event', async (_name, body, event) => {
  const open = await openByGraphql(running);
  expect(await put(running, open, 0, body, ndjson)).toMatchObject({ status: 422, body: { event } });
});

test.each([
  ['/recordings/x/events/0?epoch=1', 'recordingId'],
  ['/recordings/93227a7e-8724-4be5-a5c5-2729f615ac50/events/-1?epoch=1', 'firstEvent'],
  ['/recordings/93227a7e-8724-4be5-a5c5-2729f615ac50/events/0', 'epoch'],
  ['/recordings/93227a7e-8724-4be5-a5c5-2729f615ac50/events/0?epoch=x', 'epoch'],
])('PUT %s is refused by name', async (path, field) => {
  const headers = { ...headersOf(running.tokens.PRODUCER), 'content-type': 'application/msgpack' };
  const response = await fetch(running.url + path, { method: 'PUT', headers, body: msgpack });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { field } });
});

test('while nothing can be kept, every door says so, and when to try again', async () => {
  const { writer, folder } = running.installation;
  class OnFullDisk extends LocalIntake {
    override appendEvents(): Promise<never> {
      return Promise.reject(new Unavailable('the disk is full', 7));
    }
  }
  const ids = { next: randomUUID, derive: () => randomUUID() };
  const never = { unavailable: () => null, relief: async () => {}, contacts: noContacts, locate: () => null };
  const intake = new OnFullDisk({ writer, recordings: new FileRecordings(folder), clock: Date.now, ids, ...never });
  await using full = await startTestServer(() => ({ intake }));
  const place = { recordingId: randomUUID(), epoch: 1 };
  const answer = await put(full, place, 0, msgpack);
  expect(answer).toMatchObject({ status: 503, body: { error: { code: 'UNAVAILABLE' }, retry_after: 7 } });
  expect(answer.headers.get('retry-after')).toBe('7');
  expect(await mutate(full, 'appendEvents', { ...place, firstEvent: 0, events: tuples })).toMatchObject({
    __typename: 'UnavailableError',
    retryAfter: 7,
  });
});
