import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SessionId } from '../../src/model/ids.ts';
import { TEXT_LENGTH_MAX } from '../../src/model/limits.ts';
import { ask, askData, socketClient } from './asking.ts';
import { aSession } from './feeding.ts';
import type { Json } from './producing.ts';
import { producer, startTestServer, type Running } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

const SESSIONS = 1_000;
const document = `mutation ($input: KillSessionsInput!) { result: killSessions(input: $input) {
  __typename ... on KillSessionsPayload { killedCount } ... on Error { message } ... on ValidationError { field } } }`;

const killSessions = async (input: Json, token = running.tokens.ADMIN): Promise<Json> => {
  const { data, errors } = await ask<{ readonly result: Json }>(running, document, { input }, token);
  if (data == null) throw new Error(JSON.stringify(errors));
  return data.result;
};

const open = async (email: string): Promise<SessionId> => {
  const sessionId = randomUUID() as SessionId;
  const { user } = aSession();
  await running.installation.intake.openSession(
    producer,
    aSession({ sessionId, user: { ...user, email }, recording: null }),
  );
  return sessionId;
};

test('1,000 sessions of one user are cut at once, and their producer hears of each', async () => {
  const ids = await Promise.all(Array.from({ length: SESSIONS }, () => open('mallory@example.com')));
  const other = await open('ann@example.com');
  const input = { filter: { userEmails: ['Mallory@example.com'] }, reason: 'the account is stolen' };
  const heard = new Set<unknown>();
  const client = socketClient(running, running.tokens.PRODUCER);
  const told = client.iterate<{ readonly killRequests: Json }>({
    query: 'subscription { killRequests { sessionId } }',
  });
  const first = told.next();
  const payload = { __typename: 'KillSessionsPayload', killedCount: SESSIONS };
  expect(await killSessions({ ...input, dryRun: true })).toEqual(payload);
  expect(await killSessions(input)).toEqual(payload);
  // A repeat finds nothing that was not asked for.
  expect(await killSessions(input)).toEqual({ ...payload, killedCount: 0 });
  expect(await killSessions({ ...input, dryRun: true })).toEqual({ ...payload, killedCount: 0 });
  heard.add((await first).value?.data?.killRequests['sessionId']);
  while (heard.size < SESSIONS) heard.add((await told.next()).value?.data?.killRequests['sessionId']);
  await client.dispose();
  expect(heard).toEqual(new Set(ids));
  const { session } = await askData<{ readonly session: Json }>(
    running,
    `{ session(sessionId: "${ids[7] ?? ''}") { status kill { requestedBy reason } events(kinds: [KILL_REQUESTED]) { nodes { actor message } } } }`,
  );
  expect(session).toEqual({
    status: 'KILLING',
    kill: { requestedBy: 'ADMIN', reason: 'the account is stolen' },
    events: { nodes: [{ actor: 'ADMIN', message: 'kill requested: the account is stolen' }] },
  });
  const seen = await askData<{ readonly session: Json }>(running, `{ session(sessionId: "${other}") { status } }`);
  expect(seen.session).toEqual({ status: 'ACTIVE' });
  const { auditLog } = await askData<{ readonly auditLog: { readonly nodes: readonly Json[] } }>(
    running,
    '{ auditLog(first: 100, filter: { actions: ["session.killed"] }) { nodes { actor details } } }',
  );
  expect(auditLog.nodes).toHaveLength(1);
  expect(auditLog.nodes[0]).toMatchObject({ actor: 'ADMIN', details: { reason: 'the account is stolen' } });
});

test('an empty filter is refused, unless it is said that all are meant', async () => {
  await open('ann@example.com');
  const refused = { __typename: 'ValidationError', field: 'all' };
  expect(await killSessions({ filter: {} })).toMatchObject(refused);
  expect(await killSessions({ filter: { userEmails: null }, dryRun: true })).toMatchObject(refused);
  const counted = await killSessions({ filter: {}, all: true, dryRun: true });
  const { killedCount } = await killSessions({ filter: {}, all: true });
  expect(counted).toEqual({ __typename: 'KillSessionsPayload', killedCount });
  expect(await killSessions({ filter: {}, all: true, dryRun: true })).toMatchObject({ killedCount: 0 });
});

test('a dry run counts what would be cut, whatever statuses are asked for', async () => {
  await open('zoe@example.com');
  const count = async (filter: Json) => (await killSessions({ filter, dryRun: true }))['killedCount'];
  const userEmails = ['zoe@example.com'];
  expect(await count({ userEmails })).toBe(1);
  expect(await count({ userEmails, statuses: ['ACTIVE', 'ENDED'] })).toBe(1);
  expect(await count({ userEmails, statuses: ['ENDED', 'DENIED'] })).toBe(0);
  expect(await count({ userEmails, killed: true })).toBe(0);
  expect(await count({ userEmails, killed: false })).toBe(1);
});

test('a reason has a limit, and not everybody may', async () => {
  const filter = { userEmails: ['nobody@example.com'] };
  expect(await killSessions({ filter, reason: 'x'.repeat(TEXT_LENGTH_MAX + 1) })).toMatchObject({
    __typename: 'ValidationError',
    field: 'reason',
  });
  expect(await killSessions({ filter: { userEmails: Array.from({ length: 101 }, () => 'a') } })).toMatchObject({
    __typename: 'ValidationError',
    field: 'filter.userEmails',
  });
  for (const role of ['VIEWER', 'PRODUCER'] as const) {
    expect(await killSessions({ filter }, running.tokens[role])).toMatchObject({ __typename: 'ForbiddenError' });
  }
  expect(await killSessions({ filter }, running.tokens.AUDITOR)).toMatchObject({ killedCount: 0 });
});
