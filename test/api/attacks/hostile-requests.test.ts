import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../../src/api/rest/routes.ts';
import { ask, headersOf, socketClient } from '../asking.ts';
import { startTestServer, type Running } from '../running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(async () => {
  // Whatever came, nothing of it was a failure of the program's own.
  expect(running.logged.filter(({ level }) => level === 'error')).toEqual([]);
  await running[Symbol.asyncDispose]();
});

/** What does not name a session, and would name a file. */
const traversals = [
  '..',
  '../../../../etc/passwd',
  '..%2f..%2f..%2fetc%2fpasswd',
  '%2e%2e/%2e%2e/etc/passwd',
  '..%5c..%5cwindows%5cwin.ini',
  '..;/..;/admin-token',
  '%c0%ae%c0%ae%c0%afadmin-token',
  'admin-token',
  '%00',
  '93227a7e-8724-4be5-a5c5-2729f615ac50%00.cast',
  '93227a7e-8724-4be5-a5c5-2729f615ac50/../../admin-token',
  '%ff%fe',
  '%',
  '%zz',
  'x'.repeat(8000),
  '~root',
  'file:///etc/passwd',
  'CON',
];

const patterns = [...new Set(routes.map(({ pattern }) => pattern))].filter((pattern) => pattern.includes(':'));

/** As it stands: fetch would tidy the path up. */
const rawGet = async (target: string, token: string, method = 'GET'): Promise<string> => {
  const { hostname, port } = new URL(running.url);
  const socket = connect(Number(port), hostname);
  socket.end(`${method} ${target} HTTP/1.1\r\nhost: x\r\nx-access-token: ${token}\r\nconnection: close\r\n\r\n`);
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (piece: string) => (text += piece));
  socket.on('error', () => {});
  await once(socket, 'close');
  return text;
};

describe.each(patterns)('%s', (pattern) => {
  test.each(traversals)('with %s in the place of an id leads to no file', async (traversal) => {
    const target = pattern.replaceAll(/:\w+/g, () => traversal);
    const answer = await rawGet(target, running.tokens.local);
    expect(answer).toMatch(/^HTTP\/1\.1 (400|404|405) /);
    expect(answer).not.toMatch(/root:|rt_|SQLite/);
  });
});

test.each(traversals)('GraphQL takes %s for no id', async (traversal) => {
  const text = traversal.includes('%') ? traversal.replaceAll('%', '') : traversal;
  const query = 'query ($uuid: UUID!, $id: ID!) { session(sessionId: $uuid) { id } node(id: $id) { id } }';
  for (const uuid of [text, traversal]) {
    const { data, errors } = await ask(running, query, { uuid, id: btoa(`Session:${text}`) });
    expect(data?.['session'] ?? null).toBeNull();
    expect(errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT');
  }
});

const documents = {
  '300,000 tokens': `{ viewer { ${'a '.repeat(300_000)} } }`,
  '100,000 aliases': `{ viewer { ${'a:name '.repeat(100_000)} } }`,
  '10,000 levels': `{ viewer ${'{ a '.repeat(10_000)} ${'}'.repeat(10_000)} }`,
  'an endless string': `{ session(sessionId: "${'x'.repeat(900_000)}") { id } }`,
  'a comment of 900 KB': `{ viewer { name } } #${'x'.repeat(900_000)}`,
  'lists within lists': `{ nodes(ids: ${'['.repeat(1_900)}`,
} as const;

describe.each(Object.entries(documents))('a document of %s', (_name, query) => {
  const takes = new Set([200, 400, 413]);
  test.each(['ADMIN', 'PRODUCER'] as const)('is answered over HTTP, for %s', async (role) => {
    const response = await fetch(`${running.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headersOf(running.tokens[role]) },
      body: JSON.stringify({ query }),
    });
    const answer: unknown = await response.json();
    expect(takes, JSON.stringify(answer).slice(0, 300)).toContain(response.status);
    expect(JSON.stringify(answer)).not.toContain('INTERNAL_SERVER_ERROR');
  });

  test('is answered over WebSocket', async () => {
    const client = socketClient(running, running.tokens.ADMIN);
    const answered = await client
      .iterate({ query })
      .next()
      .then(
        ({ value }) => value as unknown,
        (error: unknown) => error,
      );
    expect(answered).toBeDefined();
    await client.dispose();
  });
});

const bodies = {
  'arrays within one another': `{"query":"{ viewer { name } }","variables":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  'objects within one another': `{"query":"query ($a: JSON) { viewer { name } }","variables":{"a":${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}}}`,
  'a prototype':
    '{"query":"{ viewer { name } }","__proto__":{"admin":true},"variables":{"__proto__":{"a":1},"constructor":{"prototype":{}}}}',
  'a number beyond all': '{"query":"query ($n: Int) { sessions(first: $n) { nodes { id } } }","variables":{"n":1e400}}',
  'a query that is a number': '{"query":7}',
  'extensions that are text': '{"query":"{ viewer { name } }","extensions":"persistedQuery"}',
  'a broken surrogate': '{"query":"{ session(sessionId: \\"\\ud800\\") { id } }"}',
  nothing: '',
  'half of it': '{"query":"{ viewer',
  NUL: '\u0000'.repeat(1000),
} as const;

test.each(Object.entries(bodies))('a body of %s is answered, and nothing breaks', async (_name, body) => {
  const response = await fetch(`${running.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headersOf(running.tokens.ADMIN) },
    body,
  });
  const text = await response.text();
  expect([200, 400, 413], text.slice(0, 300)).toContain(response.status);
  expect(text).not.toContain('internal error');
  expect(({} as { admin?: unknown }).admin).toBeUndefined();
});

test.each([
  ['TRACE', '/graphql'],
  ['CONNECT', 'evil.example:443'],
  ['DELETE', '/api/v1/sessions'],
  ['OPTIONS', '*'],
  ['GET', 'http://evil.example/healthz'],
  ['GET', '//evil.example/sign-in'],
  ['GET', '/sign-in/openid?return=//evil.example'],
  ['GET', `/graphql?query=${'x'.repeat(10_000)}`],
  ['PROPFIND', '/'],
])('%s %s is answered, and leads nowhere else', async (method, target) => {
  const answer = await rawGet(target, running.tokens.ADMIN, method);
  // CONNECT is for proxies, which this is not: the connection is closed without a word, or with one.
  expect(answer === '' || /^HTTP\/1\.1 [2-4]\d\d /.test(answer), answer.slice(0, 300)).toBe(true);
  expect(answer.toLowerCase()).not.toMatch(/^location:.*evil/m);
});
