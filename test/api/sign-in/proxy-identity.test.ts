import { request as httpRequest } from 'node:http';
import { expect, test } from 'vitest';
import type { SignInSettings } from '../../../src/api/settings.ts';
import { network, startTestServer, type Running } from '../running.ts';

const signing: SignInSettings = {
  openId: null,
  proxyIdentity: { userHeader: 'x-forwarded-user', groupsHeader: 'x-forwarded-groups' },
  roleOfGroup: new Map([
    ['secops', 'ADMIN'],
    ['auditors', 'AUDITOR'],
  ]),
};

type Headers = Readonly<Record<string, string | readonly string[]>>;

const ask = (server: Running, headers: Headers): Promise<{ readonly status: number; readonly body: string }> =>
  new Promise((resolve, reject) => {
    const sent = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json', ...headers };
    const request = httpRequest(`${server.url}/graphql`, { method: 'POST', headers: sent as never }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (piece: string) => (body += piece));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.on('error', reject);
    // As bytes: Node would send the headers in the encoding of a text.
    request.end(Buffer.from('{"query":"{ viewer { name role } }"}'));
  });

test('a proxy that is trusted says who asks, and the group says what they may', async () => {
  const trusted = { network: { ...network, trustedProxies: ['127.0.0.0/8'] }, signing };
  await using server = await startTestServer(() => trusted);
  const ada = { 'x-forwarded-user': 'ada@example.org', 'x-forwarded-groups': 'staff, auditors,secops' };
  expect(await ask(server, ada)).toMatchObject({
    status: 200,
    body: expect.stringContaining('"ada@example.org","role":"ADMIN"'),
  });
  // Bytes of UTF-8, as proxies write them.
  const umlaut = { ...ada, 'x-forwarded-user': Buffer.from('jürgen').toString('latin1') };
  expect(await ask(server, umlaut)).toMatchObject({ status: 200, body: expect.stringContaining('"jürgen"') });
  const refused: readonly (readonly [string, Headers, number])[] = [
    ['no group', { ...ada, 'x-forwarded-groups': 'staff' }, 401],
    ['no groups', { 'x-forwarded-user': 'ada' }, 401],
    ['no name', { ...ada, 'x-forwarded-user': ' ' }, 401],
    ['two names', { ...ada, 'x-forwarded-user': ['eve', 'ada'] }, 401],
    ['two lists of groups', { ...ada, 'x-forwarded-groups': ['secops', 'staff'] }, 401],
    ['a name that shows as another', { ...ada, 'x-forwarded-user': Buffer.from('a\u{202e}b').toString('latin1') }, 401],
    ['a page of another site', { ...ada, 'sec-fetch-site': 'cross-site' }, 403],
  ];
  for (const [what, headers, status] of refused)
    expect([what, (await ask(server, headers)).status]).toEqual([what, status]);
  // A token wins, also a wrong one: what is given is what counts.
  const both = await ask(server, { ...ada, 'x-access-token': server.tokens.VIEWER });
  expect(both.body).toContain('"role":"VIEWER"');
  expect((await ask(server, { ...ada, 'x-access-token': 'wrong' })).status).toBe(401);
});

test('from anybody else the headers mean nothing', async () => {
  await using server = await startTestServer(() => ({
    network: { ...network, trustedProxies: ['192.0.2.1'] },
    signing,
  }));
  const headers = { 'x-forwarded-user': 'ada', 'x-forwarded-groups': 'secops', 'x-forwarded-for': '192.0.2.1' };
  expect((await ask(server, headers)).status).toBe(401);
});
