import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NotARecording } from '../../src/format/asciicast/not-a-recording.ts';
import { harFormat } from '../../src/imports/har.ts';
import { corpusDir, corpusTest } from '../require.ts';
import {
  entriesOf,
  essence,
  expectValidHar,
  parseTree,
  readHarFile,
  sorted,
  writeHarOf,
} from '../format/har/har-trip.ts';

const folder = path.join(corpusDir ?? '', 'har');
const corpusFiles = (): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

/** No JSON, or without a log. */
const refusedFiles: Readonly<Record<string, RegExp>> = {
  'test__mitmproxy__data__corrupted_har__brokenfile.har': /^line \d+: not JSON/,
  'test__mitmproxy__data__har_extractor.har': /^not a HAR: there is no log/,
};

corpusTest('HAR in is HAR out, for every HAR of the corpus that is one; the others are refused by name', async () => {
  let entries = 0;
  for (const file of corpusFiles()) {
    const name = path.basename(file);
    const bytes = readFileSync(file);
    const content = file.endsWith('.zhar') ? inflateSync(bytes) : bytes;
    const reason = refusedFiles[name];
    if (reason !== undefined) {
      await expect(readHarFile(content), name).rejects.toThrow(reason);
      continue;
    }
    const given = entriesOf(parseTree(content.toString('utf8').replace(/^\ufeff/, '')));
    expect(harFormat.recognises({ name: 'log', bytes: content.subarray(0, 65_536), siblings: new Set() }), name).toBe(
      true,
    );
    const read = await readHarFile(content);
    expect(read.skipped, name).toEqual([]);
    const har = parseTree(await writeHarOf(read));
    expectValidHar(har);
    expect(sorted(entriesOf(har).map(essence)), name).toEqual(sorted(given.map(essence)));
    entries += entriesOf(har).length;
  }
  expect(entries).toBe(2021);
});

const moment = fc.integer({ min: 0, max: 10_000_000 }).map((ms) => new Date(1.7e12 + ms).toISOString());
const anyText = fc.string({ unit: 'binary' });
const headers = fc.array(fc.record({ name: fc.string(), value: anyText }, { noNullPrototype: true }), { maxLength: 4 });
const timing = fc.oneof(
  fc.constant(-1),
  fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => value + 0),
);
const content = fc.oneof(
  anyText.map((text) => ({ text })),
  fc
    .uint8Array({ maxLength: 200 })
    .map((bytes) => ({ text: Buffer.from(bytes).toString('base64'), encoding: 'base64' })),
  fc.constant({}),
);
const size = fc.oneof(fc.constant(-1), fc.nat());
const someEntry = fc.record(
  {
    startedDateTime: moment,
    time: timing,
    request: fc.record(
      {
        method: fc.constantFrom('GET', 'POST', 'brew'),
        url: fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string()),
        httpVersion: fc.constantFrom('HTTP/1.1', 'h2', ''),
        headers,
        bodySize: size,
        postData: anyText.map((text) => ({ mimeType: 'text/plain', text })),
      },
      { requiredKeys: ['method', 'url', 'httpVersion', 'headers', 'bodySize'], noNullPrototype: true },
    ),
    response: fc.record(
      {
        status: fc.integer({ min: 0, max: 599 }),
        statusText: fc.string(),
        httpVersion: fc.constantFrom('HTTP/1.1', 'h2', ''),
        headers,
        bodySize: size,
        redirectURL: fc.string(),
        content: content.map((each) => ({ mimeType: 'a/b', size: 5, ...each })),
        _error: fc.string({ minLength: 1 }),
      },
      {
        requiredKeys: ['status', 'statusText', 'httpVersion', 'headers', 'bodySize', 'content', 'redirectURL'],
        noNullPrototype: true,
      },
    ),
    timings: fc.record(
      { blocked: timing, dns: timing, connect: timing, ssl: timing, send: timing, wait: timing, receive: timing },
      { noNullPrototype: true },
    ),
    serverIPAddress: fc.ipV4(),
    connection: fc.string(),
    _initiator: fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes('__proto__')),
  },
  { requiredKeys: ['startedDateTime', 'time', 'request', 'response', 'timings'], noNullPrototype: true },
);

test('HAR in is HAR out, for any entries in any order, wherever the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(someEntry, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 5000 }),
      async (entries, pieceBytes) => {
        const given = parseTree(JSON.stringify({ log: { version: '1.2', creator: {}, entries } }));
        const read = await readHarFile(JSON.stringify(given), pieceBytes);
        const times = read.events.map(({ timeMs }) => timeMs);
        expect(times).toEqual(times.toSorted((one, other) => one - other));
        const har = parseTree(await writeHarOf(read));
        expectValidHar(har);
        expect(sorted(entriesOf(har).map(essence))).toEqual(sorted(entriesOf(given).map(essence)));
      },
    ),
    { numRuns: 150 },
  );
});

const entry = (change: object = {}): object => ({
  startedDateTime: '2026-01-02T03:04:05.000Z',
  time: 100,
  request: { method: 'GET', url: 'https://example.com:8443/a', headers: [{ name: 'User-Agent', value: 'curl/8.0' }] },
  response: { status: 200 },
  ...change,
});
const harOf = (entries: readonly unknown[], log: object = {}): string =>
  JSON.stringify({ log: { version: '1.2', creator: { name: 'tool', version: '7' }, entries, ...log } });

describe('a HAR as a session', () => {
  test('is of kind HTTP, named after what was asked first, from the first moment to the last', async () => {
    const pages = [{ startedDateTime: '2026-01-02T03:04:04.000Z', id: 'p1', title: 'Home', pageTimings: {} }];
    const { session, events, endedAtMs } = await readHarFile(harOf([entry({ pageref: 'p1' })], { pages }));
    expect(session).toMatchObject({
      protocol: 'HTTP',
      socket: { name: 'example.com' },
      server: { name: 'example.com', port: 8443 },
      client: { ip: '0.0.0.0', software: 'curl/8.0' },
      labels: { har: '1.2', title: 'Home', creator: { name: 'tool', version: '7' }, pages },
      startedAtMs: Date.UTC(2026, 0, 2, 3, 4, 4),
      recording: { kind: 'HTTP' },
    });
    expect(events.map(({ timeMs, code }) => [timeMs, code])).toEqual([
      [0, 'm'],
      [1000, 'req'],
      [1100, 'res'],
    ]);
    expect(endedAtMs).toBe(session.startedAtMs + 1100);
    const har = parseTree(await writeHarOf({ session, events }));
    expect(har['log']).toMatchObject({ pages, entries: [{ pageref: 'p1' }] });
  });

  test('without an agent is of its browser, or of what wrote it', async () => {
    const entries = [entry({ request: { method: 'GET', url: '/x' } })];
    const browser = { name: 'Firefox', version: '150' };
    expect((await readHarFile(harOf(entries, { browser }))).session.client.software).toBe('Firefox/150');
    const { session } = await readHarFile(harOf(entries));
    expect(session.client.software).toBe('tool/7');
    expect(session.socket.name).toBe('imported');
  });

  test('a long body comes in pieces, and whole again', async () => {
    const text = 'ż'.repeat(300_000);
    const read = await readHarFile(harOf([entry({ response: { status: 200, content: { text } } })]));
    const pieces = read.events.filter(({ code }) => code === 'body').map(({ payload }) => payload);
    expect(pieces.map(([, side, index, isLast]) => [side, index, isLast])).toEqual(
      [0, 1, 2, 3, 4].map((at) => ['res', at, at === 4]),
    );
    const har = parseTree(await writeHarOf(read));
    expect(entriesOf(har)[0]?.['response']?.['content']?.['text']).toBe(text);
  });

  test('what does not say when it was, was with the one before it', async () => {
    const entries = [entry(), entry({ startedDateTime: null }), entry({ startedDateTime: '1970-01-01T00:00:00Z' })];
    const { events } = await readHarFile(harOf(entries));
    expect(events.map(({ timeMs }) => timeMs)).toEqual([0, 0, 0, 100, 100, 100]);
  });
});

test('entries without a request are skipped by their line, and the rest goes on', async () => {
  const text = `{"log":{"entries":[\n5,\n${JSON.stringify(entry())},\n{"request":{"method":"GET"}}\n]}}`;
  const { events, skipped } = await readHarFile(text);
  expect(events).toHaveLength(2);
  expect(skipped.map(({ line }) => line)).toEqual([2, 4]);
});

test('a request that was not answered says so when it is written', async () => {
  const read = await readHarFile(harOf([entry({ response: undefined, time: -1 })]));
  expect(read.events.map(({ code }) => code)).toEqual(['req']);
  const har = parseTree(await writeHarOf(read));
  expectValidHar(har);
  expect(entriesOf(har)[0]).toMatchObject({ response: { status: 0 }, comment: 'no answer is in this recording' });
});

test('what a HAR tells beside that is too large is left out, and named', async () => {
  const change = { _webSocketMessages: [{ type: 'send', data: 'x'.repeat(200_000) }], connection: '443' };
  const har = parseTree(await writeHarOf(await readHarFile(harOf([entry(change)]))));
  const [written] = entriesOf(har);
  expect(written).toMatchObject({ connection: '443', _leftOut: ['_webSocketMessages'] });
  expect(written).not.toHaveProperty('_webSocketMessages');
  const messages = [{ type: 'receive', time: 1.5, opcode: 1, data: 'hello' }];
  const small = parseTree(await writeHarOf(await readHarFile(harOf([entry({ _webSocketMessages: messages })]))));
  expect(entriesOf(small)[0]).toMatchObject({ _webSocketMessages: messages });
});

describe('hostile content does no harm', () => {
  const deep = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

  test.for<[string, object]>([
    ['a deep value', { _deep: deep(200) }],
    ['a name of a prototype', JSON.parse('{"__proto__":{"a":1},"_x":{"__proto__":{}}}') as object],
    ['a value that is too large', { _large: 'x'.repeat(2 ** 21) }],
    [
      'many headers',
      {
        request: {
          method: 'GET',
          url: '/',
          headers: Array.from({ length: 20_000 }, () => ({ name: 'a'.repeat(50), value: 'b' })),
        },
      },
    ],
    ['a long url', { request: { method: 'GET', url: `data:${'x'.repeat(2 ** 21)}` } }],
    [
      'headers that are none',
      { request: { method: 'GET', url: '/', headers: { a: 1 } }, response: { headers: [null, 5, { name: 7 }] } },
    ],
    ['base64 that is none', { response: { status: 200, content: { text: '***', encoding: 'base64' } } }],
    [
      'numbers that are none',
      { time: '5', timings: { wait: -5, dns: null }, response: { status: 1e300, bodySize: 0.5 } },
    ],
    [
      'half of a surrogate pair',
      { request: { method: '\ud800', url: '\udc00', headers: [{ name: '\ud800', value: '\ud800' }] } },
    ],
    ['lists for maps', { request: { method: 'GET', url: '/', postData: [1] }, response: [], timings: [], cache: [] }],
  ])('%s', async ([, change]) => {
    const read = await readHarFile(harOf([entry(change)]));
    const har = parseTree(await writeHarOf(read));
    expectValidHar(har);
    expect(entriesOf(har)).toHaveLength(1);
  });

  test.for([
    ['', /not JSON/],
    ['{"log":{"entries":[]}}', /without any request/],
    ['{"log":{"entries":{}}}', /no log with entries/],
    ['[]', /no log with entries/],
    [`{"log":{"entries":[${JSON.stringify(entry())}`, /ends in the midst/],
    [`{"log":{"x":${'['.repeat(300)}`, /nested more than 256/],
  ] as const)('%j is refused before anything is opened', async ([text, reason]) => {
    const refused = readHarFile(text);
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.toThrow(NotARecording);
  });
});
