import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PAGES_PER_ADDRESS_MAX } from '../../src/model/limits.ts';
import { headersOf } from './asking.ts';
import { network, startTestServer, type Running } from './running.ts';

let server: Running;
beforeAll(async () => {
  server = await startTestServer(() => ({ network: { ...network, trustedProxies: ['127.0.0.1'] } }));
});
afterAll(() => server[Symbol.asyncDispose]());

/** Nothing is unpacked on the way here. */
const page = async (headers: Readonly<Record<string, string>>, method = 'GET') => {
  const request = get(`${server.url}/graphql`, { method, headers: { accept: 'text/html', ...headers } });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await buffer(answer) };
};

test('GraphiQL comes in the coding that the browser takes, each of them an entity of its own', async () => {
  const plain = await page({});
  const gzip = await page({ 'accept-encoding': 'gzip, deflate' });
  const zstd = await page({ 'accept-encoding': 'gzip, deflate, br, zstd' });
  const refusing = await page({ 'accept-encoding': 'gzip;q=0, zstd; q=0.0' });
  expect(plain.body.includes('graphiql')).toBe(true);
  expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
  expect(zstdDecompressSync(zstd.body).equals(plain.body)).toBe(true);
  expect(refusing.body.equals(plain.body)).toBe(true);
  expect(Math.max(gzip.body.length, zstd.body.length)).toBeLessThan(plain.body.length / 3);
  const answers = [plain, gzip, zstd, refusing];
  expect(answers.map(({ headers }) => headers['content-encoding'])).toEqual([undefined, 'gzip', 'zstd', undefined]);
  expect(new Set(answers.map(({ headers }) => headers.etag)).size).toBe(3);
  for (const { headers, body } of answers) {
    expect(headers).toMatchObject({ 'cache-control': 'no-cache', vary: 'accept, accept-encoding' });
    expect(headers['content-length']).toBe(String(body.length));
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
  }
});

test('whoever has the page is told so, and gets it again when they have another one', async () => {
  const accepting = { 'accept-encoding': 'zstd' };
  const tag = (await page(accepting, 'HEAD')).headers.etag ?? '';
  expect(tag).toMatch(/^"[\w-]{43}"$/);
  for (const known of [tag, `"other", W/${tag}`, '*']) {
    const again = await page({ ...accepting, 'if-none-match': known });
    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, tag]);
  }
  expect((await page({ ...accepting, 'if-none-match': '"other"' })).status).toBe(200);
  expect((await page({ 'accept-encoding': 'gzip', 'if-none-match': tag })).status).toBe(200);
});

test('pages without a token are bounded by address, and nothing else of that address is', async () => {
  const from = (address: string, path: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${server.url}${path}`, {
      method: path.startsWith('/sign-in') || path === '/graphql' ? 'HEAD' : 'GET',
      headers: { accept: 'text/html', 'x-forwarded-for': address, ...headers },
    });
  const paths = ['/graphql', '/sign-in', '/sign-in/openid'];
  for (let count = 0; count < PAGES_PER_ADDRESS_MAX; count += 1) {
    const { status } = await from(`2001:db8::${count}`, paths[count % 3] ?? '');
    expect([200, 404, 405]).toContain(status);
  }
  for (const path of paths) {
    const refused = await from('2001:db8::f', path);
    expect([path, refused.status]).toEqual([path, 429]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  }
  for (const path of ['/healthz', '/readyz']) expect((await from('2001:db8::f', path)).status).toBe(200);
  expect((await from('2001:db8::f', '/schema.graphql', headersOf(server.tokens.VIEWER))).status).toBe(200);
  expect((await from('2001:db8:1::f', '/graphql')).status).toBe(200);
});
