import { rm, truncate } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf } from '../../src/format/run-events.ts';
import { askData, headersOf } from './asking.ts';
import { openFed, output, type Fed } from './feeding.ts';
import { startTestServer, type Running } from './running.ts';

let running: Running;
let sealed: Fed;
let live: Fed;
let whole: Buffer;

beforeAll(async () => {
  running = await startTestServer();
  sealed = await openFed(running);
  for (let batch = 0; batch < 4; batch += 1) {
    await sealed.append(
      Array.from({ length: 5 }, (_, at) => output(batch * 100 + at, `${batch}.${at} ${'z'.repeat(70_000)}`)),
    );
    await running.installation.closer.settled();
  }
  await sealed.append([{ timeMs: 500, code: 'zzz', payload: [Uint8Array.of(0xff)] }]);
  await sealed.end();
  live = await openFed(running);
  await live.append([output(0, 'so far')]);
  whole = (await get('rec.zst')).body;
});
afterAll(() => running[Symbol.asyncDispose]());

type Got = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
};

/** node:http, which does not unpack by itself. */
const get = (extension: string, headers: Record<string, string> = {}, fed = sealed, method = 'GET'): Promise<Got> =>
  new Promise((resolve, reject) => {
    const url = `${running.url}/recordings/${fed.recordingId}.${extension}`;
    const sent = request(url, { method, headers: { ...headersOf(running.tokens.AUDITOR), ...headers } }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) }),
      );
    });
    sent.once('error', reject);
    sent.end();
  });

describe('the stored file', () => {
  test('comes whole, with a strong tag and its size', async () => {
    const { status, headers, body } = await get('rec.zst');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/zstd',
      'content-length': String(body.length),
      'accept-ranges': 'bytes',
      etag: expect.stringMatching(/^"[^"]+"$/),
      'content-disposition': `attachment; filename="${sealed.recordingId}.rec.zst"`,
      'x-content-type-options': 'nosniff',
    });
    expect(zstdDecompressSync(body).length).toBeGreaterThan(1_000_000);
  });

  test.each([
    ['bytes=0-0', 0, 1],
    ['bytes=10-99', 10, 100],
    ['bytes=100-', 100, Infinity],
    ['bytes=-7', -7, Infinity],
    ['bytes=5-999999999999', 5, Infinity],
  ])('%s is 206 with just these bytes', async (range, start, end) => {
    const { status, headers, body } = await get('rec.zst', { range });
    const wanted = whole.subarray(start < 0 ? whole.length + start : start, Math.min(end, whole.length));
    expect(status).toBe(206);
    expect(body.equals(wanted)).toBe(true);
    const first = start < 0 ? whole.length + start : start;
    expect(headers['content-range']).toBe(`bytes ${first}-${first + wanted.length - 1}/${whole.length}`);
  });

  test.each(['bytes=-0', 'bytes=99999999-', 'bytes=99999999-99999999999'])('%s is 416 with the size', async (range) => {
    const { status, headers, body } = await get('rec.zst', { range });
    expect([status, headers['content-range']]).toEqual([416, `bytes */${whole.length}`]);
    expect(JSON.parse(body.toString())).toMatchObject({ error: { code: 'RANGE_NOT_SATISFIABLE' } });
  });

  test.each(['lines=1-2', 'bytes=9-2', 'bytes=-', 'bytes=a-b', 'bytes=0-1,5-6'])('%s is passed over', async (range) => {
    const { status, body } = await get('rec.zst', { range });
    expect([status, body.length]).toEqual([200, whole.length]);
  });

  test('who has it is told so, and a range of another file is not sent', async () => {
    const etag = String((await get('rec.zst')).headers['etag']);
    for (const tags of [etag, `"x", ${etag}`, `W/${etag}`, '*']) {
      const { status, body } = await get('rec.zst', { 'if-none-match': tags });
      expect([tags, status, body.length]).toEqual([tags, 304, 0]);
    }
    expect((await get('rec.zst', { 'if-none-match': '"other"' })).status).toBe(200);
    expect((await get('rec.zst', { range: 'bytes=0-1', 'if-range': etag })).status).toBe(206);
    expect((await get('rec.zst', { range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200);
  });

  test('HEAD is the head alone', async () => {
    const { status, headers, body } = await get('rec.zst', {}, sealed, 'HEAD');
    expect([status, headers['content-length'], body.length]).toEqual([200, String(whole.length), 0]);
  });

  test('until it is sealed it has no tag and no ranges, and before the first chunk it is not there', async () => {
    expect((await get('rec.zst', {}, live)).status).toBe(404);
    const growing = await openFed(running);
    await growing.append(Array.from({ length: 5 }, (_, at) => output(at, 'z'.repeat(70_000))));
    await running.installation.closer.settled();
    const { status, headers } = await get('rec.zst', { range: 'bytes=0-1' }, growing);
    expect([status, headers['etag'], headers['accept-ranges']]).toEqual([200, undefined, undefined]);
  });
});

test('a file that is gone is not there, and one that lost its end is sent as it is: the recording says so from then on', async () => {
  for (const [keep, reason] of [
    [null, 'file is missing'],
    [100, /^the file has 100 bytes, and \d+ were written$/],
  ] as const) {
    const fed = await openFed(running);
    await fed.append([output(0, 'x'.repeat(5000))]);
    await fed.end();
    const { catalog, folder } = running.installation;
    const locator = await catalog.locator({ scope: 'all' }, fed.recordingId);
    const file = path.join(folder.recordings, locator ?? '');
    if (keep === null) await rm(file);
    else await truncate(file, keep);
    const { status, body } = await get('rec.zst', {}, fed);
    expect([keep, status, body.length]).toEqual(keep === null ? [null, 404, expect.any(Number)] : [100, 200, 100]);
    await expect.poll(async () => (await catalog.recording({ scope: 'all' }, fed.recordingId))?.state).toBe('CORRUPT');
    expect((await catalog.recording({ scope: 'all' }, fed.recordingId))?.stateReason).toMatch(reason);
  }
});

describe('msgpack', () => {
  test('is what the stored frames hold, unpacked here or there', async () => {
    const plain = await get('msgpack');
    const packed = await get('msgpack', { 'accept-encoding': 'gzip, zstd;q=0.9' });
    expect(plain.headers).toMatchObject({ 'content-type': 'application/msgpack', vary: 'accept-encoding' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(packed.headers['content-encoding']).toBe('zstd');
    expect(packed.body.equals(whole)).toBe(true);
    expect(plain.body.equals(zstdDecompressSync(whole))).toBe(true);
    expect((await get('msgpack', { 'accept-encoding': 'gzip, zstd;q=0' })).headers['content-encoding']).toBeUndefined();
  });

  test('of a live recording is what is there', async () => {
    const { body } = await get('msgpack', { 'accept-encoding': 'zstd' }, live);
    expect([...eventsOf(body)].map(({ timeMs, code }) => [timeMs, code])).toEqual([[0, 'o']]);
  });
});

test('asciicast and NDJSON hold the same events', async () => {
  const linesOf = async (extension: string): Promise<unknown[]> =>
    (await get(extension)).body
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  const [head, ...cast] = (await linesOf('cast')) as [unknown, ...[number, string, string][]];
  const [head3, ...cast3] = (await linesOf('v3.cast')) as [unknown, ...[number, string, string][]];
  const tuples = (await linesOf('ndjson')) as [number, string, unknown][];
  expect(head).toMatchObject({ version: 2, width: 80, height: 24 });
  expect(head3).toMatchObject({ version: 3, term: { cols: 80, rows: 24 } });
  expect(tuples).toHaveLength(21);
  expect(tuples.at(-1)).toEqual([0.5, 'zzz', { base64: '/w==' }]);
  expect(cast.slice(0, 20)).toEqual(tuples.slice(0, 20));
  expect(cast3.map(([, code]) => code)).toEqual(cast.map(([, code]) => code));
});

test('downloads says where, and each of them is there', async () => {
  const query = `{ session(sessionId: "${sealed.sessionId}") { recording { downloads { format mediaType url } } } }`;
  type Told = { session: { recording: { downloads: { format: string; mediaType: string; url: string }[] } } };
  const { downloads } = (await askData<Told>(running, query)).session.recording;
  expect(downloads.map(({ format }) => format)).toEqual([
    'MSGPACK_ZSTD',
    'MSGPACK',
    'ASCIICAST_V2',
    'ASCIICAST_V3',
    'NDJSON',
  ]);
  for (const { mediaType, url } of downloads) {
    const response = await fetch(`${running.url}${url}`, { headers: headersOf(running.tokens.AUDITOR) });
    expect([url, response.status, response.headers.get('content-type')]).toEqual([url, 200, mediaType]);
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="[^"]+"$/);
    await response.body?.cancel();
  }
});

test('an asciicast of what is no terminal is not there', async () => {
  const other = await openFed(running, {
    recording: { recordingId: null, kind: 'DATABASE', columns: null, rows: null },
  });
  expect((await get('cast', {}, other)).status).toBe(404);
  expect((await get('ndjson', {}, other)).status).toBe(200);
});

test.each([
  ['93227a7e-8724-4be5-a5c5-2729f615ac50.cast', 404, 'NOT_FOUND'],
  ['93227a7e-8724-4be5-a5c5-2729f615ac50.exe', 404, 'NOT_FOUND'],
  ['93227a7e-8724-4be5-a5c5-2729f615ac50', 400, 'BAD_USER_INPUT'],
  ['..%2f..%2fcatalog.db', 400, 'BAD_USER_INPUT'],
  ['constructor', 400, 'BAD_USER_INPUT'],
  ['93227a7e-8724-4be5-a5c5-2729f615ac50.constructor', 404, 'NOT_FOUND'],
])('/recordings/%s is %i', async (file, status, code) => {
  const response = await fetch(`${running.url}/recordings/${file}`, { headers: headersOf(running.tokens.AUDITOR) });
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ error: { code } });
});
