import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SIGN_IN_MS } from '../../../src/model/limits.ts';
import { firstPage } from '../../../src/model/page.ts';
import { startTestServer, type Running } from '../running.ts';
import { Browser } from './browser.ts';
import { startIdentityProvider, type IdentityProvider } from './identity-provider.ts';

let provider: IdentityProvider;
let server: Running;
let nowMs = Date.now();
let browser = new Browser();
beforeAll(async () => {
  provider = await startIdentityProvider();
  const roleOfGroup = new Map([
    ['secops', 'ADMIN'],
    ['auditors', 'AUDITOR'],
  ] as const);
  server = await startTestServer(() => ({
    signing: { openId: provider.settings, proxyIdentity: null, roleOfGroup },
    clock: () => nowMs,
  }));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});
beforeEach(() => {
  browser = new Browser();
  provider.person = 'ada';
});

/** Begins, with the provider's URL changed if so wished. @returns the URL with which the provider sends the browser back */
const returning = async (change: (url: URL) => void = () => {}, path = '/sign-in/openid'): Promise<string> => {
  const begun = await browser.ask(`${server.url}${path}`);
  const url = new URL(begun.headers.get('location') ?? '');
  change(url);
  return browser.follow(url.href, `${server.url}/sign-in/openid/callback`);
};

const whoAmI = async (): Promise<unknown> =>
  (await browser.post(`${server.url}/graphql`, { query: '{ viewer { name role } }' })).json();

const refusals = async (): Promise<readonly unknown[]> => {
  const filter = { actor: null, actions: ['sign-in.refused'], target: null, fromMs: null, beforeMs: null };
  const { items } = await server.installation.catalog.auditEntries(filter, firstPage(100));
  return items;
};

test('while the provider is down, signing in answers 503 and all else works; once it answers, so does signing in', async () => {
  const down = await browser.ask(`${server.url}/sign-in/openid`);
  expect(down.status).toBe(503);
  expect(await down.text()).toContain('does not answer');
  expect((await browser.ask(`${server.url}/healthz`)).status).toBe(200);
  provider.open(server.url);
  // It was asked just now, and is left alone for a while.
  const asked = provider.asked.configuration;
  expect((await browser.ask(`${server.url}/sign-in/openid`)).status).toBe(503);
  expect(provider.asked.configuration).toBe(asked);
  nowMs += 5_000;
  expect((await browser.ask(`${server.url}/sign-in/openid`)).status).toBe(302);
});

test('who comes back from the provider is signed in by a Strict cookie, may what their group may, and signs out', async () => {
  const back = await returning(undefined, '/sign-in/openid?return=%2Fgraphql%3Fx%3D1');
  const landed = await browser.ask(back);
  const cookies = landed.headers.getSetCookie();
  expect(cookies).toEqual([
    'reeltime-openid=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax',
    expect.stringMatching(/^reeltime=[\w-]{43}; Max-Age=43(?:200|1\d\d); Path=\/; HttpOnly; SameSite=Strict$/),
  ]);
  // A Strict cookie does not come along on redirects that began at another site: the page moves on by itself.
  expect(landed.status).toBe(200);
  expect(await landed.text()).toContain('<meta http-equiv="refresh" content="0; url=/graphql?x=1" />');
  expect(await whoAmI()).toMatchObject({ data: { viewer: { name: 'ada@example.org', role: 'ADMIN' } } });
  const before = browser.cookiesFor(server.url);
  expect((await browser.post(`${server.url}/sign-out`)).status).toBe(204);
  expect(browser.cookiesFor(server.url)).toBe('');
  // The secret is over, too, for whoever kept it.
  const kept = { cookie: before, origin: server.url, 'content-type': 'application/json' };
  const again = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: kept,
    body: '{"query":"{__typename}"}',
  });
  expect(again.status).toBe(401);
});

test('after twelve hours a sign-in is over, for whoever still has the cookie', async () => {
  await browser.ask(await returning());
  nowMs += SIGN_IN_MS - 60_000;
  expect(await whoAmI()).toHaveProperty('data.viewer.role', 'ADMIN');
  nowMs += 3_600_000;
  expect(await whoAmI()).toHaveProperty('error.code', 'UNAUTHENTICATED');
  nowMs -= SIGN_IN_MS + 3_540_000;
});

test('an email that was not verified is nobody’s name, and one group is as good as a list', async () => {
  provider.person = 'eve';
  await browser.ask(await returning());
  expect(await whoAmI()).toMatchObject({ data: { viewer: { name: 'eve (eve)', role: 'AUDITOR' } } });
});

test('without a group that has a role nobody is signed in: 403, which is on record', async () => {
  provider.person = 'bob';
  const answer = await browser.ask(await returning());
  expect(answer.status).toBe(403);
  expect(await answer.text()).toContain('You are bob@example.org, and none of your groups has a role here.');
  expect(browser.cookiesFor(server.url)).toBe('');
  await expect
    .poll(refusals)
    .toContainEqual(expect.objectContaining({ actor: 'bob@example.org', details: { what: 'no role' } }));
});

test('what the provider says instead is shown as text', async () => {
  provider.person = null;
  const answer = await browser.ask(await returning());
  expect(answer.status).toBe(403);
  const page = await answer.text();
  expect(page).toContain('access_denied: &lt;img src=x onerror=alert(1)&gt;');
  expect(page).not.toContain('<img');
});

test.each([
  ['state', 'another'],
  ['code', 'another'],
  ['iss', 'https://evil.example'],
])('nobody is signed in who comes back with another %s', async (name, value) => {
  const url = new URL(await returning());
  url.searchParams.set(name, value);
  const answer = await browser.ask(url.href);
  expect([answer.status, browser.cookiesFor(server.url)]).toEqual([403, '']);
});

test.each([
  ['the nonce', 'nonce', 'another'],
  ['the challenge of PKCE', 'code_challenge', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'],
] as const)(
  'nobody is signed in when %s that the provider got was not the one of this browser',
  async (_, name, value) => {
    const answer = await browser.ask(await returning((url) => url.searchParams.set(name, value)));
    expect([answer.status, browser.cookiesFor(server.url)]).toEqual([403, '']);
  },
);

test('a code is good once, and only in the browser that began, within ten minutes', async () => {
  const back = await returning();
  const pending = { cookie: browser.cookiesFor(server.url) };
  const elsewhere = await fetch(back);
  expect([elsewhere.status, elsewhere.headers.getSetCookie().length]).toEqual([400, 1]);
  nowMs += 10 * 60_000 + 1000;
  expect((await fetch(back, { headers: pending })).status).toBe(400);
  nowMs -= 10 * 60_000 + 1000;
  expect((await fetch(back, { headers: pending })).status).toBe(200);
  const again = await fetch(back, { headers: pending });
  expect([again.status, again.headers.getSetCookie().length]).toEqual([403, 1]);
});

test.each(['https://evil.example/', '//evil.example', '/\\evil.example', '/.//evil.example', 'javascript:alert(1)'])(
  'after signing in nobody is sent to %s',
  async (path) => {
    const landed = await browser.ask(await returning(undefined, `/sign-in/openid?return=${encodeURIComponent(path)}`));
    expect(await landed.text()).toContain('content="0; url=/sign-in"');
  },
);
