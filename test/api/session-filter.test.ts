import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OpenSession } from '../../src/model/intake.ts';
import { catalogPathOf } from '../store/opened-folder.ts';
import { ask, askData, headersOf } from './asking.ts';
import { aSession, openFed, output } from './feeding.ts';
import { producer, startTestServer, type Running } from './running.ts';

let running: Running;
const startMs = Date.UTC(2026, 0, 1);
const socketId = '432b9498-7762-45b9-8bb7-92f16158ff4a';

/** Three sessions, by the names of their sockets. */
const sessions = (): readonly Partial<OpenSession>[] => [
  {
    socket: { socketId: socketId as OpenSession['socket']['socketId'], name: 'bastion' },
    user: { ...aSession().user, email: 'zoe@example.com', name: 'Zoë Müller' },
    client: { ip: '192.0.2.7', port: 1, software: 'SSH-2.0-OpenSSH_9.6' },
    startedAtMs: startMs,
  },
  {
    socket: { socketId: null, name: 'orders' },
    protocol: 'DATABASE',
    upstream: 'mysql',
    client: { ip: '2001:db8::7', port: 1, software: null },
    startedAtMs: startMs + 60_000,
    recording: null,
  },
  {
    socket: { socketId: null, name: 'vault' },
    denyReason: 'no policy',
    startedAtMs: startMs + 120_000,
    recording: null,
  },
];

beforeAll(async () => {
  running = await startTestServer();
  const [first = {}, second = {}, third = {}] = sessions();
  const fed = await openFed(running, first);
  await fed.append([output(0, 'a'), output(5_000, 'b')]);
  await running.installation.intake.openSession(producer, aSession(second));
  await running.installation.intake.openSession(producer, aSession(third));
  // NOTE no producer tells the place of an address: whoever looks it up writes it.
  const database = new Database(catalogPathOf(running.installation.folder.path));
  const place = JSON.stringify({ city: 'Zürich', country: 'Switzerland', countryCode: 'CH' });
  database.prepare(`UPDATE sessions SET client_location = ? WHERE socket_name = 'orders'`).run(place);
  database.close();
});
afterAll(() => running[Symbol.asyncDispose]());

/** What is asked by GraphQL and by REST, and the sockets of the sessions that match, newest first. */
const filters: readonly (readonly [graphql: string, rest: string, sockets: string])[] = [
  ['protocols: [DATABASE, HTTP]', 'protocols=database,HTTP', 'orders'],
  ['statuses: [DENIED]', 'statuses=DENIED', 'vault'],
  ['statuses: [ACTIVE]', 'auth_result=success&statuses=ACTIVE,DENIED', 'orders bastion'],
  ['upstreams: ["MySQL"]', 'upstreams=MySQL', 'orders'],
  ['userIdentities: ["ZOE@example.com"]', 'user_identities=ZOE@example.com', 'bastion'],
  ['userEmails: ["zoe@EXAMPLE.com"]', 'user_emails[]=zoe@EXAMPLE.com', 'bastion'],
  [`socketIds: ["${socketId}"]`, `socket_ids=${socketId.toUpperCase()}`, 'bastion'],
  ['socketNames: ["vault", "bastion"]', 'socket_names=vault&socket_names=bastion', 'vault bastion'],
  ['clientIps: ["2001:DB8::/64"]', 'client_ips=2001:DB8::/64', 'orders'],
  ['clientIps: ["::ffff:192.0.2.0/120"]', 'client_ips=::ffff:192.0.2.0/120', 'vault bastion'],
  ['clientIps: ["203.0.113.1"]', 'client_ips=203.0.113.1', ''],
  ['countryCodes: ["ch", "DE"]', 'country_codes=ch,DE', 'orders'],
  ['recordingStates: [LIVE]', 'recording_states=live', 'bastion'],
  ['recordingStates: [NONE]', 'recording_states=NONE', 'vault orders'],
  ['startedFrom: "2026-01-01T00:01:00Z"', 'started_from=2026-01-01T00:01:00Z', 'vault orders'],
  ['startedBefore: "2026-01-01T01:02:00+01:00"', 'started_before=2026-01-01T01:02:00%2B01:00', 'orders bastion'],
  ['minDuration: 5', 'min_duration=5', 'bastion'],
  ['minDuration: 5.001', 'min_duration=5.001', ''],
  ['killed: false', 'killed=false', 'vault orders bastion'],
  ['text: "muller BASTION"', 'text=muller+BASTION', 'bastion'],
  ['text: "openssh_9.6"', 'text=openssh_9.6', 'bastion'],
  ['text: " "', 'text=', 'vault orders bastion'],
  ['text: "zoe orders"', 'text=zoe+orders', ''],
];

test.each(filters)('%s and %s match the same', async (graphql, rest, sockets) => {
  const { sessions: connection } = await askData<{
    sessions: { nodes: readonly { socket: { name: string } }[]; totalCount: number };
  }>(running, `{ sessions(filter: { ${graphql} }) { nodes { socket { name } } totalCount } }`);
  expect(connection.nodes.map(({ socket }) => socket.name).join(' ')).toBe(sockets);
  expect(connection.totalCount).toBe(connection.nodes.length);
  const response = await fetch(`${running.url}/api/v1/sessions?${rest}`, { headers: headersOf(running.tokens.VIEWER) });
  const list = (await response.json()) as { readonly session_logs: readonly { readonly socket_name: string }[] };
  expect(list.session_logs.map((element) => element.socket_name).join(' ')).toBe(sockets);
});

describe('a wrong value is refused, by name and with its limit', () => {
  test.each([
    ['clientIps: ["192.0.2.256"]', 'client_ips=192.0.2.256', 'IPv4 or IPv6 address'],
    ['clientIps: ["192.0.2.0/33"]', 'client_ips=192.0.2.0/33', '/32 or /128'],
    ['clientIps: ["::1/129"]', 'client_ips=::1/129', '/32 or /128'],
    [`clientIps: [${'"::1",'.repeat(101)}]`, `client_ips=${'::1,'.repeat(101)}`, 'at most 100 values, got 101'],
    ['countryCodes: ["DEU"]', 'country_codes=DEU', 'two letters'],
    ['minDuration: -1', 'min_duration=-1', '0 or more seconds'],
    [`text: "${'a '.repeat(21)}"`, `text=${'a+'.repeat(21)}`, 'at most 20 words, got 21'],
    [`text: "${'a.'.repeat(21)}"`, `text=${'a.'.repeat(21)}`, 'got 21: every run of letters and digits is one'],
    [`text: "${'a'.repeat(501)}"`, `text=${'a'.repeat(501)}`, 'at most 500 characters, got 501'],
  ])('%s', async (graphql, rest, says) => {
    const { errors } = await ask(running, `{ sessions(filter: { ${graphql} }) { nodes { id } } }`);
    const field = graphql.slice(0, graphql.indexOf(':'));
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: `filter.${field}` });
    expect(errors?.[0]?.message).toContain(says);
    const response = await fetch(`${running.url}/api/v1/sessions?${rest}`, {
      headers: headersOf(running.tokens.VIEWER),
    });
    const { error } = (await response.json()) as { readonly error: { readonly message: string } };
    expect([response.status, error.message]).toEqual([400, expect.stringContaining(says)]);
    expect(error.message).toContain(rest.slice(0, rest.indexOf('=')));
  });

  test.each([
    ['started_from=yesterday', 'RFC 3339'],
    ['protocols=SSH,FTP', 'SSH'],
    ['killed=perhaps', 'true or false'],
    ['socket_ids=1', 'UUID'],
  ])('%s', async (rest, says) => {
    const response = await fetch(`${running.url}/api/v1/sessions?${rest}`, {
      headers: headersOf(running.tokens.VIEWER),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(says);
  });

  test('sessions are not cut by words, which may match more than is meant', async () => {
    const input = '{ filter: { text: "zoe" }, dryRun: true }';
    const { killSessions } = await askData<{ killSessions: Record<string, unknown> }>(
      running,
      `mutation { killSessions(input: ${input}) { __typename ... on ValidationError { field message } } }`,
    );
    expect(killSessions).toMatchObject({ __typename: 'ValidationError', field: 'filter.text' });
  });
});
