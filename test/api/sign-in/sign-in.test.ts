import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { network, startTestServer, type Running } from '../running.ts';
import { Browser } from './browser.ts';
import { processCaller } from '../process-caller.ts';

let server: Running;
let browser = new Browser();
beforeAll(async () => {
  server = await startTestServer(() => ({ network: { ...network, trustedProxies: ['127.0.0.1'] } }));
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  browser = new Browser();
});

const admin = processCaller('a test');
const json = { 'content-type': 'application/json' };
const signIn = (token: string): Promise<Response> => browser.post(`${server.url}/sign-in`, { token });
const query = (headers: Readonly<Record<string, string>>): Promise<Response> =>
  browser.ask(`${server.url}/graphql`, {
    method: 'POST',
    headers: { ...json, ...headers },
    body: '{"query":"{ viewer { name } }"}',
  });

test.each(['ADMIN', 'AUDITOR', 'VIEWER'] as const)(
  '%s signs in by giving a token once, and out again',
  async (role) => {
    const answer = await signIn(server.tokens[role]);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { name: role, role, expires_at: expect.stringMatching(/Z$/) },
    ]);
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^reeltime=[\w-]{43}; Max-Age=(?:43200|431\d\d); Path=\/; HttpOnly; SameSite=Strict$/);
    expect((await query({ origin: server.url })).status).toBe(200);
    const page = await (await browser.ask(`${server.url}/sign-in`)).text();
    expect(page).toContain(`<dt>Name</dt><dd>${role}</dd><dt>Role</dt><dd>${role}</dd>`);
    const out = await browser.post(`${server.url}/sign-out`);
    expect([out.status, browser.cookiesFor(server.url)]).toEqual([204, '']);
    const kept = { cookie: cookie.slice(0, cookie.indexOf(';')), origin: server.url, ...json };
    const again = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: kept,
      body: '{"query":"{__typename}"}',
    });
    expect(again.status).toBe(401);
  },
);

test.each([
  ['PRODUCER', 403],
  ['METRICS', 403],
  ['local', 403],
  ['expired', 401],
] as const)('nobody signs in with the token %s', async (name, status) => {
  const answer = await signIn(server.tokens[name]);
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([status, []]);
});

test('a sign-in is over with its token', async () => {
  const { installation } = server;
  const input = { name: 'for an hour', role: 'VIEWER', producer: null, expiresAtMs: Date.now() + 3_600_000 } as const;
  const { token, text } = await installation.tokens.create(admin, input);
  const [cookie = ''] = (await signIn(text)).headers.getSetCookie();
  expect(Number(/Max-Age=(\d+)/.exec(cookie)?.[1])).toBeLessThanOrEqual(3600);
  expect((await query({ origin: server.url })).status).toBe(200);
  await installation.tokens.revoke(admin, token.tokenId);
  expect((await query({ origin: server.url })).status).toBe(401);
});

test('behind TLS the cookie is Secure, and belongs to this very host alone', async () => {
  const headers = { ...json, 'sec-fetch-site': 'same-origin', 'x-forwarded-proto': 'https' };
  const body = JSON.stringify({ token: server.tokens.VIEWER });
  const answer = await fetch(`${server.url}/sign-in`, { method: 'POST', headers, body });
  const [cookie = ''] = answer.headers.getSetCookie();
  expect(cookie).toMatch(/^__Host-reeltime=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
  const secret = /=([\w-]{43});/.exec(cookie)?.[1] ?? '';
  const askWith = async (name: string): Promise<number> => {
    const sent = { ...headers, cookie: `${name}=${secret}` };
    return (await fetch(`${server.url}/graphql`, { method: 'POST', headers: sent, body: '{"query":"{__typename}"}' }))
      .status;
  };
  // Another host of the site could set the name without the prefix.
  expect([await askWith('__Host-reeltime'), await askWith('reeltime')]).toEqual([200, 401]);
});

test.each([
  [{ origin: 'https://evil.example' }, 403],
  [{ origin: 'null' }, 403],
  [{ 'sec-fetch-site': 'cross-site' }, 403],
  [{ 'sec-fetch-site': 'same-site' }, 403],
  [{}, 403],
  [{ 'sec-fetch-site': 'same-origin' }, 200],
] as const)('with a cookie, a POST that says %j of where it comes from is %i', async (headers, status) => {
  await signIn(server.tokens.VIEWER);
  const answer = await query(headers);
  expect(answer.status).toBe(status);
  if (status === 403) expect(await answer.json()).toMatchObject({ error: { code: 'CSRF_REFUSED' } });
  // Nothing of it matters to who sends a token.
  expect((await query({ ...headers, 'x-access-token': server.tokens.VIEWER })).status).toBe(200);
});

test('a page of another site can neither read with a cookie, nor sign anybody in or out', async () => {
  await signIn(server.tokens.VIEWER);
  const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
  const asked = await Promise.all([
    browser.ask(`${server.url}/graphql?query={__typename}`, { headers: foreign }),
    browser.ask(`${server.url}/sign-out`, { method: 'POST', headers: foreign }),
    browser.ask(`${server.url}/sign-in`, {
      method: 'POST',
      headers: { ...foreign, ...json },
      body: JSON.stringify({ token: server.tokens.VIEWER }),
    }),
  ]);
  expect(asked.map(({ status }) => status)).toEqual([403, 403, 403]);
  expect(browser.cookiesFor(server.url)).not.toBe('');
});

test.each([
  ['application/x-www-form-urlencoded', 'token=x', 415],
  ['text/plain', '{"token":"x"}', 415],
  ['application/json', '{"token":1}', 400],
  ['application/json', '{', 400],
  ['application/json', JSON.stringify({ token: 'x'.repeat(40_000) }), 413],
  ['application/json', '{"token":"x"}', 401],
])('signing in takes JSON with a token: %s %s is %i', async (type, body, status) => {
  const headers = { origin: server.url, 'content-type': type };
  const answer = await fetch(`${server.url}/sign-in`, { method: 'POST', headers, body });
  expect(answer.status).toBe(status);
});

test('the page runs and shows only what its own policy names, and asks nobody else', async () => {
  const answer = await browser.ask(`${server.url}/sign-in?return=${encodeURIComponent('/graphql?"><script>')}`);
  const page = await answer.text();
  const policy = answer.headers.get('content-security-policy') ?? '';
  for (const kind of ['script', 'style']) {
    const [found, ...others] = Array.from(page.matchAll(new RegExp(`<${kind}>([^]*?)</${kind}>`, 'g')));
    const hash = createHash('sha256')
      .update(found?.[1] ?? '')
      .digest('base64');
    expect([others.length, policy.includes(`${kind}-src 'sha256-${hash}'`)]).toEqual([0, true]);
  }
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(page.match(/(?:src|href|action)="(?!\/)[^"]*"/g)).toBeNull();
  expect(page).toContain('data-return="/graphql?%22%3E%3Cscript%3E"');
});

test.each([
  ['PUT', '/sign-in', 405],
  ['GET', '/sign-out', 405],
  ['GET', '/sign-in/openid', 404],
  ['GET', '/sign-in/openid/callback', 404],
] as const)('%s %s is %i', async (method, path, status) => {
  expect((await browser.ask(`${server.url}${path}`, { method })).status).toBe(status);
});

test('signing in counts as a request with the token, and so does what is asked with any cookie got for it', async () => {
  await using bounded = await startTestServer(() => ({ network: { ...network, requestsPerSecondMax: 1 } }));
  const people = Array.from({ length: 6 }, () => new Browser());
  const statuses: number[] = [];
  for (const person of people.slice(0, 5)) {
    statuses.push((await person.post(`${bounded.url}/sign-in`, { token: bounded.tokens.VIEWER })).status);
  }
  expect(statuses).toEqual([200, 200, 200, 200, 200]);
  const refused = await people[5]?.post(`${bounded.url}/sign-in`, { token: bounded.tokens.VIEWER });
  expect([refused?.status, refused?.headers.getSetCookie()]).toEqual([429, []]);
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  const asked = await Promise.all(
    people.slice(0, 5).map((person) => person.post(`${bounded.url}/graphql`, { query: '{__typename}' })),
  );
  expect(asked.map(({ status }) => status)).toEqual([429, 429, 429, 429, 429]);
  expect((await people[5]?.post(`${bounded.url}/sign-in`, { token: bounded.tokens.AUDITOR }))?.status).toBe(200);
});
