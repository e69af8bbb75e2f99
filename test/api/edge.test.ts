import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { followBySse, headersOf } from './asking.ts';
import { openFed, output } from './feeding.ts';
import { connect } from 'node:net';
import { openRaw, sayRaw } from './raw-connection.ts';
import { network, startTestServer, type Running } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

const uuidV7 = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/;

const as = (token: string): RequestInit => ({ headers: { 'x-access-token': token } });
const json = { 'content-type': 'application/json' };

/** A request for each status that this server answers by itself. */
const answers: readonly (readonly [status: number, path: string, init: () => RequestInit])[] = [
  [200, '/healthz', () => ({})],
  [200, '/readyz', () => ({})],
  [200, '/metrics', () => as(running.tokens.METRICS)],
  [200, '/sign-in', () => ({})],
  [400, '/api/v1/sessions?page=0', () => as(running.tokens.ADMIN)],
  [
    400,
    '/graphql',
    () => ({ method: 'POST', body: 'no json', headers: { ...json, ...headersOf(running.tokens.ADMIN) } }),
  ],
  [401, '/graphql?query={viewer{name}}', () => ({})],
  [401, '/nowhere', () => ({})],
  [403, '/metrics', () => as(running.tokens.AUDITOR)],
  [404, '/nowhere', () => as(running.tokens.ADMIN)],
  [405, '/healthz', () => ({ method: 'DELETE' })],
  [405, '/graphql', () => ({ method: 'PUT', ...as(running.tokens.ADMIN) })],
  [
    413,
    '/graphql',
    () => ({ method: 'POST', body: ' '.repeat(300_000), headers: { ...json, ...headersOf(running.tokens.ADMIN) } }),
  ],
  [415, '/graphql', () => ({ method: 'POST', body: '{}', ...as(running.tokens.ADMIN) })],
];

describe('every answer names its request, and is for nobody else to frame, sniff or keep', () => {
  test.for(answers)('%i of %s', async ([status, path, init]) => {
    const response = await fetch(running.url + path, init());
    expect(response.status).toBe(status);
    expect(response.headers.get('x-request-id')).toMatch(uuidV7);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(JSON.stringify([...response.headers])).not.toContain('access-control');
  });

  const get = (headers: string): string => `GET /healthz HTTP/1.1\r\n${headers}connection: close\r\n\r\n`;
  test.for<readonly [status: number, why: string, bytes: string]>([
    [400, 'no HTTP', 'what is this\r\n\r\n'],
    [400, 'no host', get('')],
    [400, 'two lengths', get('host: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n')],
    [400, 'a length and chunks', get('host: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n')],
    [400, 'a header that is folded', get('host: a\r\nx-a: b\r\n c\r\n')],
    [417, 'an expectation', get('host: a\r\nexpect: the-impossible\r\n')],
    [431, 'headers of 20 KB', get(`host: a\r\nx-a: ${'a'.repeat(20_000)}\r\n`)],
    [
      404,
      'a WebSocket elsewhere',
      'GET /nowhere HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    ],
    [
      400,
      'a WebSocket without a key',
      'GET /graphql HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n',
    ],
    [200, 'HTTP/2 that is offered beside', get('host: a\r\nupgrade: h2c\r\n').replace('close', 'close, upgrade')],
  ])('%i for %s', async ([status, _why, bytes]) => {
    const answer = await sayRaw(running.url, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(/^x-request-id: (.*)$/im.exec(answer)?.[1]).toMatch(uuidV7);
    expect(answer).toMatch(/^x-content-type-options: nosniff/im);
  });
});

describe('no body is taken that a form of another site can send', () => {
  const types = ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=a', 'text/plain', ''];
  const id = '93227a7e-8724-4be5-a5c5-2729f615ac50';
  test.for<readonly [method: string, path: string]>([
    ['POST', '/graphql'],
    ['PUT', `/api/v1/session/${id}/${id}`],
    ['PUT', `/recordings/${id}/events/0?epoch=1`],
  ])('%s %s', async ([method, path]) => {
    const statuses = await Promise.all(
      types.map(async (type) => {
        const headers = { 'content-type': type, 'x-access-token': running.tokens.ADMIN };
        const form = { method, headers, body: 'query={viewer{name}}' };
        const response = await fetch(running.url + path, form);
        return response.status;
      }),
    );
    expect(statuses).toEqual(types.map(() => 415));
  });
});

describe('pages of other sites', () => {
  const portal = 'https://portal.example.com';
  let open: Running;
  beforeAll(async () => {
    open = await startTestServer(() => ({ network: { ...network, allowedOrigins: [portal] } }));
  });
  afterAll(() => open[Symbol.asyncDispose]());

  const corsOf = ({ headers }: Response): Record<string, string> =>
    Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control') || name === 'vary'));

  test('read nothing, and are told nothing, unless their origin is configured', async () => {
    const headers = { origin: portal, 'access-control-request-method': 'POST' };
    for (const method of ['GET', 'OPTIONS']) {
      expect(corsOf(await fetch(`${running.url}/healthz`, { method, headers }))).toEqual({});
    }
    for (const origin of [
      'https://evil.example',
      'null',
      `${portal}.evil.example`,
      `${portal}:444`,
      'http://portal.example.com',
    ]) {
      const response = await fetch(`${open.url}/healthz`, { headers: { origin } });
      expect(corsOf(response), origin).toEqual({ vary: 'origin' });
    }
  });

  test('of a configured origin read answers, refusals with them, and never with cookies', async () => {
    for (const path of ['/healthz', '/graphql?query={viewer{name}}']) {
      expect(corsOf(await fetch(open.url + path, { headers: { origin: portal } }))).toEqual({
        vary: 'origin',
        'access-control-allow-origin': portal,
        'access-control-expose-headers': 'x-request-id, retry-after, next-cursor',
      });
    }
  });

  test('of a configured origin are told what they may send, and nobody else is', async () => {
    const ask = (origin: string): Promise<Response> =>
      fetch(`${open.url}/graphql`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
    const allowed = await ask(portal);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('x-request-id')).toMatch(uuidV7);
    expect(corsOf(allowed)).toMatchObject({
      'access-control-allow-origin': portal,
      'access-control-allow-headers': 'x-access-token, authorization, content-type',
      'access-control-allow-methods': 'GET, HEAD, POST, PUT',
    });
    expect((await ask('https://evil.example')).status).toBe(401);
  });
});

test('too many requests with one token are 429 and say when to come again; others go on', async () => {
  await using bounded = await startTestServer(() => ({ network: { ...network, requestsPerSecondMax: 1 } }));
  const { url, tokens } = bounded;
  const statuses: number[] = [];
  for (let count = 0; count < 5; count += 1) statuses.push((await fetch(`${url}/nowhere`, as(tokens.VIEWER))).status);
  expect(statuses).toEqual([404, 404, 404, 404, 404]);
  const refused = await fetch(`${url}/graphql?query={viewer{name}}`, as(tokens.VIEWER));
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(refused.headers.get('x-request-id')).toMatch(uuidV7);
  expect(await refused.json()).toMatchObject({
    error: { code: 'RATE_LIMITED', message: 'at most 1 requests a second of one account, over 5 seconds' },
  });
  expect((await fetch(`${url}/graphql?query={viewer{name}}`, as(tokens.AUDITOR))).status).toBe(200);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

describe('those who are slow', () => {
  let hasty: Running;
  beforeAll(async () => {
    hasty = await startTestServer(undefined, { headersMs: 150, requestMs: 300, stalledMs: 300, checkMs: 30 });
  });
  afterAll(() => hasty[Symbol.asyncDispose]());

  test('with their headers are cut, fifty at once, and nobody waits for them', async () => {
    const slow = await Promise.all(Array.from({ length: 50 }, () => openRaw(hasty.url)));
    for (const { socket } of slow) socket.write('GET /healthz HTTP/1.1\r\nhost: a\r\nx-');
    expect((await fetch(`${hasty.url}/healthz`)).status).toBe(200);
    for (const answer of await Promise.all(slow.map(({ closed }) => closed))) {
      expect(answer).toMatch(/^HTTP\/1.1 408 /);
      expect(answer).toMatch(/^x-request-id: /m);
    }
  });

  test('with their first byte are cut', async () => {
    const { closed } = await openRaw(hasty.url);
    expect(await closed).toMatch(/^HTTP\/1.1 408 /);
  });

  test('with their body are cut', async () => {
    const head = `POST /graphql HTTP/1.1\r\nhost: a\r\nx-access-token: ${hasty.tokens.ADMIN}\r\ncontent-type: application/json\r\n`;
    expect(await sayRaw(hasty.url, `${head}content-length: 100\r\n\r\n{"query":`)).not.toMatch(/ 200 /);
  });

  test('to take what they asked for are cut; a stream on which nothing happens stays open', async () => {
    const quiet = await openFed(hasty);
    const query = `subscription { recording(sessionId: "${quiet.sessionId}") { eventCount } }`;
    const stream = followBySse(hasty, { query }, hasty.tokens.ADMIN);
    const next = stream.next();
    const large = await openFed(hasty);
    for (let count = 0; count < 24; count += 1) await large.append([output(count, 'x'.repeat(1024 * 1024 - 64))]);
    const { socket } = await openRaw(hasty.url);
    const path = `/recordings/${large.recordingId}.ndjson`;
    socket.pause();
    socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\nx-access-token: ${hasty.tokens.ADMIN}\r\n\r\n`);
    await expect
      .poll(() => hasty.logged.find(({ fields }) => fields['path'] === path), { timeout: 20_000 })
      .toMatchObject({ message: 'request', fields: { status: 200, brokenOff: true } });
    socket.destroy();
    await quiet.append([output(0, 'at last')]);
    expect((await next).value).toMatchObject({ data: { recording: { eventCount: 1 } } });
    await stream.return();
  });
});

test('a refusal that waits for the answer before it on the same connection is told', async () => {
  const { hostname, port } = new URL(running.url);
  const socket = connect(Number(port), hostname);
  const get = (path: string, token: string): string =>
    `GET ${path} HTTP/1.1\r\nhost: a\r\nx-access-token: ${token}\r\n\r\n`;
  // The first is answered after the second was refused: what is refused needs no turn.
  socket.write(get('/api/v1/sessions', running.tokens.ADMIN) + get('/schema.graphql', 'rt_nothing'));
  let text = '';
  const both = new Promise<void>((resolve) => {
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (/HTTP\/1\.1 200 .*HTTP\/1\.1 401 /s.test(text)) resolve();
    });
  });
  await both;
  socket.destroy();
});

test('one address has so many connections and no more; one that is closed makes room', async () => {
  await using bounded = await startTestServer(undefined, { connectionsPerAddressMax: 3 });
  const open = await Promise.all([1, 2, 3].map(() => openRaw(bounded.url)));
  expect(await sayRaw(bounded.url, 'GET /healthz HTTP/1.0\r\n\r\n')).toBe('');
  open[0]?.socket.end('GET /healthz HTTP/1.0\r\n\r\n');
  expect(await open[0]?.closed).toMatch(/^HTTP\/1.1 200 /);
  await expect.poll(() => sayRaw(bounded.url, 'GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /);
  for (const { socket } of open) socket.destroy();
});

test('a trusted proxy brings everybody, and has as many connections as the server', async () => {
  await using bounded = await startTestServer(() => ({ network: { ...network, trustedProxies: ['127.0.0.0/8'] } }), {
    connectionsPerAddressMax: 1,
  });
  const open = await Promise.all([1, 2, 3].map(() => openRaw(bounded.url)));
  expect((await fetch(`${bounded.url}/healthz`)).status).toBe(200);
  for (const { socket } of open) socket.destroy();
});

test('requests that are sent all at once on one connection are answered in order, and garbage behind them in none', async () => {
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;
  const answer = await sayRaw(running.url, `${get('/healthz').repeat(20)}${get('/nowhere')}garbage\r\n\r\n`);
  const statuses = [...answer.matchAll(/^HTTP\/1.1 (\d+)/gm)].map((match) => match[1]);
  expect(statuses.slice(0, 20)).toEqual(statuses.slice(0, 20).map(() => '200'));
  expect(new Set(statuses.slice(20))).not.toContain('200');
});
