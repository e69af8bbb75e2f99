import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type Running } from '../running.ts';
import { startIdentityProvider, type IdentityProvider } from './identity-provider.ts';

let provider: IdentityProvider;
let server: Running;
let nowMs = Date.now();
beforeAll(async () => {
  provider = await startIdentityProvider();
  server = await startTestServer(() => ({
    signing: { openId: provider.settings, proxyIdentity: null, roleOfGroup: new Map([['auditors', 'AUDITOR']]) },
    clock: () => nowMs,
  }));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

const ada = { sub: 'ada', email: 'ada@example.org', email_verified: true, groups: ['auditors'] };
const seconds = (): number => Math.floor(nowMs / 1000);

const askAs = async (bearer: string): Promise<{ readonly status: number; readonly body: unknown }> => {
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ query: '{ viewer { name role } }' });
  const answer = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
  return { status: answer.status, body: await answer.json() };
};

test('without the keys of the issuer a bearer token is 503, and other tokens work', async () => {
  expect(await askAs(await provider.sign(ada))).toMatchObject({ status: 503 });
  expect(await askAs(server.tokens.VIEWER)).toMatchObject({ status: 200 });
  provider.open(server.url);
  nowMs += 5_000;
});

test('a token of the issuer, made for this server, is its subject with the role of its groups', async () => {
  expect(await askAs(await provider.sign(ada))).toMatchObject({
    status: 200,
    body: { data: { viewer: { name: 'ada@example.org', role: 'AUDITOR' } } },
  });
});

const unsigned = (claims: object): string =>
  `${[{ alg: 'none' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;

/** Claims that would do, for those who sign them otherwise. */
const whole = () => ({
  ...ada,
  iss: provider.settings.issuer,
  aud: provider.settings.bearerAudience ?? '',
  exp: seconds() + 60,
});

test.each([
  ['is for another audience', () => provider.sign({ ...ada, aud: provider.settings.clientId })],
  ['is of another issuer', () => provider.sign({ ...ada, iss: 'https://evil.example' })],
  ['is over', () => provider.sign({ ...ada, exp: seconds() - 6 })],
  ['is not valid yet', () => provider.sign({ ...ada, nbf: seconds() + 30 })],
  ['never ends', () => provider.sign({ ...ada, exp: undefined as never })],
  ['has no subject', () => provider.sign({ ...ada, sub: undefined as never })],
  ['has no groups', () => provider.sign({ ...ada, groups: undefined })],
  ['has groups without a role', () => provider.sign({ ...ada, groups: ['staff', { toString: 1 }, 'constructor'] })],
  ['has a name that cannot be shown', () => provider.sign({ sub: 'a\u{202e}b', groups: 'auditors' })],
  ['is not signed', async () => unsigned(whole())],
  [
    'is signed with the public key as a shared secret',
    async () =>
      new SignJWT(whole())
        .setProtectedHeader({ alg: 'HS256', kid: 'one' })
        .sign(Buffer.from(await provider.publicKey())),
  ],
  [
    'was changed',
    async () =>
      (await provider.sign(ada)).replace(
        /\.[^.]+\./,
        `.${Buffer.from(JSON.stringify(whole())).toString('base64url')}.`,
      ),
  ],
] as const)('a bearer token that %s is nobody’s', async (_, make) => {
  expect(await askAs(await make())).toMatchObject({ status: 401 });
});

/** The same token, which says that it is signed with another key. */
const withKey = (token: string, kid: string): string => {
  const header = Buffer.from(JSON.stringify({ alg: 'RS256', kid })).toString('base64url');
  return `${header}${token.slice(token.indexOf('.'))}`;
};

test('tokens by unknown keys do not make the server ask the issuer each time', async () => {
  const { asked } = provider;
  const before = asked.keys;
  const token = await provider.sign(ada);
  for (const kid of ['two', 'three', 'four']) expect(await askAs(withKey(token, kid))).toMatchObject({ status: 401 });
  expect(asked.keys).toBe(before);
});

test('while the issuer is down, an unknown key is 503, and tokens by a known one go on, however old the keys are', async () => {
  const token = await provider.sign({ ...ada, exp: seconds() + 3600 });
  const { asked } = provider;
  provider.isDown = true;
  nowMs += 30_000;
  const before = asked.keys;
  expect(await askAs(withKey(token, 'two'))).toMatchObject({ status: 503 });
  expect(await askAs(token)).toMatchObject({ status: 200 });
  expect(await askAs(withKey(token, 'two'))).toMatchObject({ status: 503 });
  expect(asked.keys).toBe(before + 1);
  nowMs += 20 * 60_000;
  expect(await askAs(token)).toMatchObject({ status: 200 });
  await expect.poll(() => asked.keys).toBe(before + 2);
  provider.isDown = false;
  nowMs += 5_000;
  expect(await askAs(withKey(token, 'two'))).toMatchObject({ status: 401 });
  expect(asked.keys).toBe(before + 3);
});
