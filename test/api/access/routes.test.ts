import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../../src/api/rest/routes.ts';
import { openFed, output, type Fed } from '../feeding.ts';
import { startTestServer, type Running } from '../running.ts';
import { type Callers, everybody, isAllowed, isKnown, type Level, makeCallers, type Who } from './callers.ts';

let running: Running;
let callers: Callers;
let fed: Fed;

beforeAll(async () => {
  running = await startTestServer();
  callers = await makeCallers(running);
  fed = await openFed(running);
  await fed.append([output(0, 'secret words')]);
  await fed.end();
});
afterAll(() => running[Symbol.asyncDispose]());

/** A path for each route, with ids that are there. */
const pathOf = (pattern: string): string =>
  pattern
    .replace(':socket_id', fed.session.socket.socketId)
    .replace(':session_id', fed.sessionId)
    .replace(':recordingId', fed.recordingId)
    .replace(':firstEvent', '0')
    .replace(':file', `${fed.recordingId}.ndjson`);

/** What each action of a route is in the table. */
const levelOf: Readonly<Record<string, Level>> = {
  'read-metadata': 'metadata',
  'read-recording': 'recording',
  kill: 'kill',
  feed: 'feed',
  'read-metrics': 'metrics',
  local: 'local',
};

/** What tells of all sessions that one may see. */
const lists = /^\/(?:api\/v1\/sessions(?:\/stats\/[a-z]+)?|export\/sessions\.ndjson)$/;

const expectStatus = (who: Who, level: Level, pattern: string, status: number, text: string): void => {
  if (!isKnown(who)) expect([401, 429]).toContain(status);
  else if (isAllowed(who, level)) expect([200, 400, 415]).toContain(status);
  // Who may read, but not this session, is told that there is none, or an empty list.
  else if (who === 'otherProducer' && level === 'metadata') {
    expect(lists.test(pattern) ? [200] : [404]).toContain(status);
    expect(text).not.toContain(fed.sessionId);
  } else expect(status).toBe(403);
};

describe.each(routes)('$method $pattern', ({ method, pattern, action }) => {
  const level = levelOf[action];
  if (level === undefined) throw new Error(`the table does not know the action ${action}`);
  test.each(everybody)(`%s gets what ${action} allows`, async (who) => {
    const body = method === 'GET' ? {} : { body: '{}' };
    const headers = { ...callers.headers(who), 'content-type': 'application/json' };
    const response = await fetch(`${running.url}${pathOf(pattern)}`, { method, headers, ...body });
    const text = await response.text();
    expectStatus(who, level, pattern, response.status, text);
    if (!response.ok) {
      const answer: unknown = JSON.parse(text);
      expect(answer).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } });
      if (pattern.startsWith('/api/v1/')) {
        expect(answer).toMatchObject({ status_code: response.status, error_message: expect.any(String) });
      }
    }
    if (!isAllowed(who, 'recording')) expect(text).not.toContain('secret words');
  });
});

describe.each(['rec.zst', 'msgpack', 'cast', 'v3.cast', 'ndjson'])('the download .%s', (extension) => {
  test.each(everybody)('is for %s as recordings are', async (who) => {
    const url = `${running.url}/recordings/${fed.recordingId}.${extension}`;
    const response = await fetch(url, { headers: callers.headers(who) });
    await response.arrayBuffer();
    if (!isKnown(who)) expect([401, 429]).toContain(response.status);
    else expect(response.status).toBe(isAllowed(who, 'recording') ? 200 : 403);
  });
});

test.each(['/schema.graphql', '/graphql?query={viewer{name}}', '/no/such/path', '/metrics'])(
  '%s wants a token',
  async (path) => {
    const response = await fetch(`${running.url}${path}`);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
  },
);

test.each(['/healthz', '/readyz', '/sign-in'])('%s wants no token', async (path) => {
  expect((await fetch(`${running.url}${path}`)).status).toBe(200);
});

test('a token goes as x-access-token or as a Bearer', async () => {
  const path = `${running.url}/schema.graphql`;
  const { VIEWER } = running.tokens;
  expect((await fetch(path, { headers: { 'x-access-token': VIEWER } })).status).toBe(200);
  expect((await fetch(path, { headers: { authorization: `Bearer ${VIEWER}` } })).status).toBe(200);
  expect((await fetch(path, { headers: { authorization: `Basic ${VIEWER}` } })).status).toBe(401);
});
