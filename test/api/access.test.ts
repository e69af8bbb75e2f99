import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../src/api/rest/routes.ts';
import { schema } from '../../src/api/graphql/schema.ts';
import { ask, followBySse, headersOf, socketClient, type Answer } from './asking.ts';
import { openFed, output, type Fed } from './feeding.ts';
import { startTestServer, type Running, type Tokens } from './running.ts';

let running: Running;
let fed: Fed;

beforeAll(async () => {
  running = await startTestServer();
  fed = await openFed(running);
  await fed.append([output(0, 'secret words')]);
  await fed.end();
});
afterAll(() => running[Symbol.asyncDispose]());

type Who = keyof Tokens | 'nobody' | 'stranger';
const everybody: readonly Who[] = ['nobody', 'stranger', 'expired', 'PRODUCER', 'VIEWER', 'AUDITOR', 'ADMIN', 'local'];
const tokenOf = (who: Who): string | null =>
  who === 'nobody' ? null : who === 'stranger' ? 'no such token' : running.tokens[who];
const isKnown = (who: Who): boolean => !['nobody', 'stranger', 'expired'].includes(who);

const metadataReaders: readonly Who[] = ['VIEWER', 'AUDITOR', 'ADMIN', 'local'];
const recordingReaders: readonly Who[] = ['AUDITOR', 'ADMIN', 'local'];

/** A path for each route, with ids that are there. */
const pathOf = (pattern: string): string =>
  pattern
    .replace(':socket_id', fed.session.socket.socketId)
    .replace(':session_id', fed.sessionId)
    .replace(':recordingId', fed.recordingId)
    .replace(':firstEvent', '0')
    .replace(':file', `${fed.recordingId}.ndjson`);

const allowedTo: Readonly<Record<string, readonly Who[]>> = {
  'read-metadata': metadataReaders,
  'read-recording': recordingReaders,
  kill: recordingReaders,
  local: ['local'],
};

describe.each(routes)('$method $pattern', ({ method, pattern, action }) => {
  test.each(everybody)(`%s gets what ${action} allows`, async (who) => {
    const body = method === 'GET' ? {} : { body: '{}' };
    const headers = { ...headersOf(tokenOf(who)), 'content-type': 'application/json' };
    const response = await fetch(`${running.url}${pathOf(pattern)}`, { method, headers, ...body });
    const text = await response.text();
    if (!isKnown(who)) expect(response.status).toBe(401);
    else if ((allowedTo[action] ?? []).includes(who)) expect([200, 400, 415]).toContain(response.status);
    else expect(response.status).toBe(403);
    if (!response.ok)
      expect(JSON.parse(text)).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } });
    if (pattern.startsWith('/api/v1/') && !response.ok) {
      expect(JSON.parse(text)).toMatchObject({ status_code: response.status, error_message: expect.any(String) });
    }
    if (!recordingReaders.includes(who)) expect(text).not.toContain('secret words');
  });
});

test.each(['/schema.graphql', '/graphql?query={viewer{name}}', '/no/such/path'])('%s wants a token', async (path) => {
  const response = await fetch(`${running.url}${path}`);
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toBe('Bearer');
  expect(await response.json()).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
});

test.each(['/healthz', '/readyz'])('%s wants no token', async (path) => {
  expect((await fetch(`${running.url}${path}`)).status).toBe(200);
});

test('a token goes as x-access-token or as a Bearer', async () => {
  const path = `${running.url}/schema.graphql`;
  expect((await fetch(path, { headers: { 'x-access-token': running.tokens.VIEWER } })).status).toBe(200);
  expect((await fetch(path, { headers: { authorization: `Bearer ${running.tokens.VIEWER}` } })).status).toBe(200);
  expect((await fetch(path, { headers: { authorization: `Basic ${running.tokens.VIEWER}` } })).status).toBe(401);
});

/** Every root field: how it is asked, and who may. */
const rootFields: readonly { readonly field: string; readonly ask: () => string; readonly may: readonly Who[] }[] = [
  { field: 'Query.viewer', ask: () => '{ viewer { name } }', may: [...metadataReaders, 'PRODUCER'] },
  { field: 'Query.sessions', ask: () => '{ sessions { nodes { sessionId } } }', may: metadataReaders },
  { field: 'Query.session', ask: () => `{ session(sessionId: "${fed.sessionId}") { id } }`, may: metadataReaders },
  {
    field: 'Query.node',
    ask: () => `{ node(id: "${Buffer.from(`Session:${fed.sessionId}`).toString('base64')}") { id } }`,
    may: metadataReaders,
  },
  {
    field: 'Query.nodes',
    ask: () => `{ nodes(ids: ["${Buffer.from(`Recording:${fed.recordingId}`).toString('base64')}"]) { id } }`,
    may: metadataReaders,
  },
  {
    field: 'Mutation.killSession',
    ask: () =>
      `mutation { killSession(input: { sessionId: "${fed.sessionId}" }) { ... on SessionEndedError { message } ... on ForbiddenError { requiredRole } } }`,
    may: recordingReaders,
  },
  {
    field: 'Subscription.session',
    ask: () => `subscription { session(sessionId: "${fed.sessionId}") { status } }`,
    may: metadataReaders,
  },
  {
    field: 'Subscription.recording',
    ask: () => `subscription { recording(sessionId: "${fed.sessionId}") { tuples } }`,
    may: recordingReaders,
  },
];

test('every root field is in the table', () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const all = roots.flatMap((root) =>
    Object.keys(root?.getFields() ?? {}).map((name) => `${root?.name ?? ''}.${name}`),
  );
  expect(rootFields.map(({ field }) => field).toSorted()).toEqual(all.toSorted());
});

const expectAnswer = (who: Who, may: readonly Who[], { data, errors }: Answer<Record<string, unknown>>): void => {
  const text = JSON.stringify({ data, errors });
  if (may.includes(who)) {
    expect(errors).toBeUndefined();
    expect(text).not.toContain('ForbiddenError');
  } else {
    expect(errors?.[0]?.extensions?.code ?? text).toMatch(/^FORBIDDEN$|"requiredRole":"AUDITOR"/);
    expect(text).not.toContain('secret words');
    expect(text).not.toContain(fed.sessionId);
  }
};

const asked = rootFields.flatMap((rootField) => everybody.map((who) => ({ ...rootField, who })));
const queries = asked.filter(({ field }) => field.startsWith('Query'));
const noSubscriptions = asked.filter(({ field }) => !field.startsWith('Subscription'));

test.each(noSubscriptions)('$field over POST: $who', async ({ ask: query, may, who }) => {
  const answer = await ask(running, query(), {}, tokenOf(who) ?? '');
  if (!isKnown(who)) expect(answer).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
  else expectAnswer(who, may, answer);
});

test.each(queries)('$field over GET: $who', async ({ ask: query, may, who }) => {
  const url = `${running.url}/graphql?query=${encodeURIComponent(query())}`;
  const response = await fetch(url, { headers: headersOf(tokenOf(who)) });
  if (!isKnown(who)) expect(response.status).toBe(401);
  else expectAnswer(who, may, (await response.json()) as Answer<Record<string, unknown>>);
});

test.each(asked)('$field over server-sent events: $who', async ({ ask: query, may, who }) => {
  const results = followBySse<Record<string, unknown>>(running, { query: query() }, tokenOf(who));
  if (isKnown(who)) expectAnswer(who, may, (await results.next()).value as Answer<Record<string, unknown>>);
  else await expect(results.next()).rejects.toThrow('HTTP 401');
  await results.return();
});

test.each(asked)('$field over graphql-transport-ws: $who', async ({ ask: query, may, who }) => {
  const client = socketClient(running, tokenOf(who));
  const results = client.iterate<Record<string, unknown>>({ query: query() });
  try {
    if (isKnown(who)) {
      const first = await results.next().catch((errors: unknown) => ({ value: { errors } }));
      expectAnswer(who, may, first.value as Answer<Record<string, unknown>>);
    } else {
      await expect(results.next()).rejects.toMatchObject({
        code: 4401,
        reason: expect.stringContaining('Unauthorized'),
      });
    }
  } finally {
    await client.dispose();
  }
});

test('what a role may not see inside a tree is null, and an error says where', async () => {
  const query =
    '{ sessions { nodes { sessionId recording { eventCount chunks { nodes { tuples } } integrity { headHash } downloads { url } } } } }';
  const { data, errors } = await ask(running, query, {}, running.tokens.VIEWER);
  expect(data).toMatchObject({
    sessions: {
      nodes: [
        { sessionId: fed.sessionId, recording: { eventCount: 1, chunks: null, integrity: null, downloads: null } },
      ],
    },
  });
  expect(errors?.map(({ path, extensions }) => [path?.join('.'), extensions?.code]).toSorted()).toEqual([
    ['sessions.nodes.0.recording.chunks', 'FORBIDDEN'],
    ['sessions.nodes.0.recording.downloads', 'FORBIDDEN'],
    ['sessions.nodes.0.recording.integrity', 'FORBIDDEN'],
  ]);
});

test('a WebSocket may also have its token in the headers of its request', async () => {
  const { WebSocket } = await import('ws');
  const { createClient } = await import('graphql-ws');
  class WithHeader extends WebSocket {
    constructor(address: string, protocols?: string | string[]) {
      super(address, protocols, { headers: { 'x-access-token': running.tokens.VIEWER } });
    }
  }
  const client = createClient({
    url: `${running.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WithHeader,
    retryAttempts: 0,
  });
  const { value } = await client.iterate({ query: '{ viewer { name } }' }).next();
  expect(value).toEqual({ data: { viewer: { name: 'VIEWER' } } });
  await client.dispose();
});
