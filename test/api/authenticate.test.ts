import { afterAll, beforeAll, expect, test } from 'vitest';
import { secrets } from '../../src/cli/secrets.ts';
import { processActor } from '../../src/model/audit.ts';
import { FAILED_AUTHENTICATIONS_MAX } from '../../src/model/limits.ts';
import { firstPage } from '../../src/model/page.ts';
import { CHOSEN_TOKEN_ID, tokenIdOf, tokenText } from '../../src/model/token.ts';
import { headersOf } from './asking.ts';
import { network, startTestServer, type Running } from './running.ts';
import { processCaller } from './process-caller.ts';

let server: Running;
beforeAll(async () => {
  server = await startTestServer(() => ({ network: { ...network, trustedProxies: ['127.0.0.1'] } }));
});
afterAll(() => server[Symbol.asyncDispose]());

const admin = processCaller('a test');

const statusOf = async (headers: Readonly<Record<string, string>>): Promise<number> =>
  (await fetch(`${server.url}/schema.graphql`, { headers })).status;

/** From an address of its own, so that tests do not share their failures. */
const from = (address: string, token: string): Promise<number> =>
  statusOf({ 'x-forwarded-for': address, ...headersOf(token) });

const wrongFor = (token: string): string => tokenText(tokenIdOf(token) ?? '', secrets.secret());

test('a token counts by its whole text, in either header, and not when it was revoked or is over', async () => {
  const { tokens, installation } = server;
  const input = { name: 'to be revoked', role: 'VIEWER', producer: null, expiresAtMs: null } as const;
  const { token, text } = await installation.tokens.create(admin, input);
  expect(await from('192.0.2.1', text)).toBe(200);
  expect(await statusOf({ authorization: `Bearer ${text}` })).toBe(200);
  await installation.tokens.revoke(admin, token.tokenId);
  const wrong = [
    text,
    tokens.expired,
    wrongFor(tokens.ADMIN),
    `${tokens.ADMIN} `.trimStart().slice(0, -2),
    'no token',
    'x'.repeat(9000),
  ];
  for (const given of wrong)
    expect([given.slice(0, 20), await from('192.0.2.1', given)]).toEqual([given.slice(0, 20), 401]);
  expect(await statusOf({})).toBe(401);
});

test('an admin token that people chose themselves counts like any other', async () => {
  const chosen = 'a token that somebody chose'.replaceAll(' ', '-');
  expect(await from('192.0.2.2', chosen)).toBe(401);
  await server.installation.writer.putToken({
    tokenId: CHOSEN_TOKEN_ID,
    name: 'admin',
    role: 'ADMIN',
    producer: null,
    createdAtMs: 0,
    expiresAtMs: null,
    sha256: secrets.sha256(chosen),
    actor: processActor,
  });
  expect(await from('192.0.2.2', chosen)).toBe(200);
});

test('after too many wrong tokens from one address they are 429, and the right one still gets in', async () => {
  const { tokens } = server;
  const unknown = (): string => tokenText(secrets.tokenId(), secrets.secret());
  for (let count = 0; count < FAILED_AUTHENTICATIONS_MAX; count += 1)
    expect(await from('2001:db8::1', unknown())).toBe(401);
  // Its owner has the whole /64.
  const headers = { 'x-forwarded-for': '2001:db8::ffff:2', ...headersOf(unknown()) };
  const answer = await fetch(`${server.url}/schema.graphql`, { headers });
  expect(answer.status).toBe(429);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await from('2001:db8::1', tokens.VIEWER)).toBe(200);
  expect(await from('2001:db8:0:1::1', unknown())).toBe(401);
  expect(await statusOf({ 'x-forwarded-for': '2001:db8::1' })).toBe(401);
});

test('after too many wrong secrets for one token they are 429 from everywhere, and the right one still gets in', async () => {
  const { AUDITOR } = server.tokens;
  for (let count = 0; count < FAILED_AUTHENTICATIONS_MAX; count += 1) {
    expect(await from(`198.51.100.${count}`, wrongFor(AUDITOR))).toBe(401);
  }
  expect(await from('203.0.113.1', wrongFor(AUDITOR))).toBe(429);
  expect(await from('203.0.113.1', AUDITOR)).toBe(200);
});

test('who was refused is on record, with nothing of what they gave', async () => {
  const given = wrongFor(server.tokens.VIEWER);
  expect(await from('192.0.2.77', given)).toBe(401);
  const filter = { actor: null, actions: ['sign-in.refused'], target: null, fromMs: null, beforeMs: null };
  const entries = async () => (await server.installation.catalog.auditEntries(filter, firstPage(100))).items;
  await expect.poll(entries).toContainEqual(
    expect.objectContaining({
      ip: '192.0.2.77',
      details: { what: 'wrong token' },
      credential: `token ${tokenIdOf(given)}`,
    }),
  );
  const told = JSON.stringify([await entries(), server.logged]);
  expect(told).not.toContain(given.slice(-43));
});
