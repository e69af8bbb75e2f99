import { createHash } from 'node:crypto';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  GRAPHQL_ALIASES_MAX,
  GRAPHQL_BODY_BYTES_MAX,
  GRAPHQL_COST_MAX,
  GRAPHQL_DEPTH_MAX,
  GRAPHQL_DIRECTIVES_MAX,
  GRAPHQL_PRODUCER_BODY_BYTES_MAX,
  GRAPHQL_ROOT_FIELDS_MAX,
  GRAPHQL_TOKENS_MAX,
} from '../../src/model/limits.ts';
import { ask, followBySse, headersOf, socketClient, type Answer } from './asking.ts';
import { openFed } from './feeding.ts';
import { startTestServer, type Running } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

type Said = Answer<unknown> & { readonly extensions?: { readonly cost?: number } };

const overSocket = async (query: string): Promise<Said> => {
  const client = socketClient(running, running.tokens.ADMIN);
  try {
    const { value } = await client.iterate({ query }).next();
    return value as Said;
  } catch (errors) {
    return { errors: errors as Answer<unknown>['errors'] & object };
  } finally {
    await client.dispose();
  }
};

const ways: Readonly<Record<string, (query: string) => Promise<Said>>> = {
  POST: (query) => ask(running, query),
  'server-sent events': async (query) => {
    const results = followBySse<unknown>(running, { query }, running.tokens.ADMIN);
    const { value } = await results.next();
    await results.return();
    return value as Said;
  },
  'graphql-transport-ws': overSocket,
};

const times = (count: number, write: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ');

/** A query with this many fields within one another. */
const deep = (depth: number): string =>
  `{ __type(name: "Session") { ${'ofType { '.repeat(depth - 2)} name ${'}'.repeat(depth - 2)} } }`;

/** Each limit: a document at it, one beyond it, and the code of the refusal. */
const limits = [
  {
    name: 'depth',
    code: 'DEPTH_LIMIT',
    limit: GRAPHQL_DEPTH_MAX,
    at: deep(GRAPHQL_DEPTH_MAX),
    beyond: deep(GRAPHQL_DEPTH_MAX + 1),
  },
  {
    name: 'aliases',
    code: 'ALIAS_LIMIT',
    limit: GRAPHQL_ALIASES_MAX,
    at: `{ viewer { ${times(GRAPHQL_ALIASES_MAX, (index) => `a${index}: name`)} } }`,
    beyond: `{ viewer { ${times(GRAPHQL_ALIASES_MAX + 1, (index) => `a${index}: name`)} } }`,
  },
  {
    name: 'root fields',
    code: 'ROOT_FIELD_LIMIT',
    limit: GRAPHQL_ROOT_FIELDS_MAX,
    at: `{ ${times(GRAPHQL_ROOT_FIELDS_MAX, (index) => `a${index}: viewer { name }`)} }`,
    beyond: `{ ${times(GRAPHQL_ROOT_FIELDS_MAX + 1, (index) => `a${index}: viewer { name }`)} }`,
  },
  {
    name: 'directives',
    code: 'DIRECTIVE_LIMIT',
    limit: GRAPHQL_DIRECTIVES_MAX,
    at: `{ viewer { ${times(GRAPHQL_DIRECTIVES_MAX, () => 'name @include(if: true)')} } }`,
    beyond: `{ viewer { ${times(GRAPHQL_DIRECTIVES_MAX + 1, () => 'name @include(if: true)')} } }`,
  },
  {
    name: 'tokens',
    code: 'TOKEN_LIMIT',
    limit: GRAPHQL_TOKENS_MAX,
    at: `{ viewer { ${'name '.repeat(GRAPHQL_TOKENS_MAX - 5)} } }`,
    beyond: `{ viewer { ${'name '.repeat(GRAPHQL_TOKENS_MAX - 4)} } }`,
  },
] as const;

describe.each(Object.keys(ways))('over %s', (way) => {
  test.each(limits)(
    'an operation beyond the limit of $name is refused with its code and the limit',
    async ({ code, limit, beyond }) => {
      const { data, errors } = (await ways[way]?.(beyond)) ?? {};
      expect(data ?? null).toBeNull();
      expect(errors?.[0]).toMatchObject({
        message: expect.stringContaining(`at most ${limit}`),
        extensions: { code, limit },
      });
    },
  );

  test('an operation that may cost too much is refused before it runs, and told what it would cost', async () => {
    const query =
      '{ sessions(first: 100) { nodes { events(first: 100) { nodes { message actor kind at details } } } } }';
    const { data, errors } = (await ways[way]?.(query)) ?? {};
    expect(data ?? null).toBeNull();
    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'COST_LIMIT', limit: GRAPHQL_COST_MAX, cost: expect.any(Number) },
    });
    expect(Number(errors?.[0]?.extensions?.['cost' as 'code'])).toBeGreaterThan(GRAPHQL_COST_MAX);
  });

  test('what ran says what it cost', async () => {
    const said = await ways[way]?.('{ viewer { name role } }');
    expect(said?.extensions).toEqual({ cost: 3 });
  });
});

test.each(limits)('an operation at the limit of $name is not refused for it', async ({ code, at }) => {
  const { errors } = await ask(running, at);
  expect(errors?.map(({ extensions }) => extensions?.code) ?? []).not.toContain(code);
  // NOTE graphql gives up on comparing thousands of fields of one name.
  if (code !== 'TOKEN_LIMIT') expect(errors).toBeUndefined();
});

test('each item of a subscription says what it cost, too', async () => {
  const fed = await openFed(running);
  const query = `subscription { session(sessionId: "${fed.sessionId}") { sessionId status } }`;
  const results = followBySse<unknown>(running, { query }, running.tokens.ADMIN);
  expect((await results.next()).value).toMatchObject({ extensions: { cost: 3 } });
  await results.return();
  expect(await overSocket(query)).toMatchObject({ extensions: { cost: 3 } });
});

test.each(['variables=x', 'extensions=[]', 'variables=7'])('GET with %s is refused by name', async (parameter) => {
  const url = `${running.url}/graphql?query={viewer{name}}&${parameter}`;
  const response = await fetch(url, { headers: headersOf(running.tokens.ADMIN) });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { code: 'BAD_USER_INPUT', field: parameter.split('=')[0] } });
});

test('a page counts as often as it is long, from variables too', async () => {
  const cost = async (query: string, variables = {}): Promise<number | undefined> =>
    ((await ask(running, query, variables)) as Said).extensions?.cost;
  const nodes = '{ nodes { sessionId status } }';
  expect(await cost(`{ sessions(first: 10) ${nodes} }`)).toBe(1 + 10 * 3);
  expect(await cost(`{ sessions(last: 20) ${nodes} }`)).toBe(1 + 20 * 3);
  expect(await cost(`{ sessions ${nodes} }`)).toBe(1 + 50 * 3);
  expect(await cost(`query ($n: Int) { sessions(first: $n) ${nodes} }`, { n: 30 })).toBe(1 + 30 * 3);
  const withDefault = `query ($n: Int = 7, $after: String) {
    sessions(first: $n, after: $after) ${nodes} }`;
  for (const _again of [1, 2]) {
    expect(await cost(withDefault)).toBe(1 + 7 * 3);
    expect(await cost(withDefault, { n: null })).toBe(1 + 50 * 3);
    expect(await cost(withDefault, { n: 8 })).toBe(1 + 8 * 3);
    expect(await cost(withDefault, { n: 'eight' })).toBe(undefined);
  }
  const refused = await ask(running, withDefault, { n: 1_000_000_000 });
  expect(refused.errors?.[0]?.extensions?.code).toBe('COST_LIMIT');
});

test('of several operations the one that is chosen counts, and each must keep to the limits', async () => {
  const cheap = 'query Cheap { viewer { name } }';
  const dear =
    'query Dear { sessions(first: 100) { nodes { events(first: 100) { nodes { message at kind actor id } } } } }';
  const post = async (body: object): Promise<Said> => {
    const headers = { 'content-type': 'application/json', ...headersOf(running.tokens.ADMIN) };
    const response = await fetch(`${running.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await response.json()) as Said;
  };
  expect(await post({ query: `${cheap} ${dear}`, operationName: 'Cheap' })).toMatchObject({ extensions: { cost: 2 } });
  const refused = await post({ query: `${cheap} ${dear}`, operationName: 'Dear' });
  expect(refused.errors?.[0]?.extensions?.code).toBe('COST_LIMIT');
});

test('fragments within fragments, which unfold to a billion fields, are refused as fast as others', async () => {
  const levels = 30;
  const fragments = times(levels, (index) => `fragment F${index} on Viewer { ...F${index + 1} ...F${index + 1} }`);
  const query = `{ viewer { ...F0 } } ${fragments} fragment F${levels} on Viewer { a: name }`;
  const { errors } = await ask(running, query);
  expect(errors?.map(({ extensions }) => extensions?.code)).toContain('ALIAS_LIMIT');
});

test('a fragment within itself is refused', async () => {
  const { errors } = await ask(
    running,
    '{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }',
  );
  expect(errors?.[0]?.message).toContain('Cannot spread fragment');
});

test('tools can ask for the schema, with every level of types that they want', async () => {
  const { data, errors } = await ask(running, getIntrospectionQuery());
  expect(errors).toBeUndefined();
  expect(data).toHaveProperty('__schema');
});

test('who is not known is told nothing of the schema, not even by a suggestion', async () => {
  for (const query of [getIntrospectionQuery(), '{ sesions { nodes { id } } }']) {
    const response = await fetch(`${running.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    expect(response.status).toBe(401);
    expect(await response.text()).not.toMatch(/sessions|__schema|Session\b/);
  }
});

test('a body may have 256 KiB, and one of a producer 1 MiB', async () => {
  const send = async (token: string, bytes: number): Promise<number> => {
    const body = JSON.stringify({ query: '{ viewer { name } }', variables: { pad: '' } });
    const padded = body.replace('"pad":""', `"pad":"${'x'.repeat(bytes - body.length)}"`);
    const headers = { 'content-type': 'application/json', ...headersOf(token) };
    const response = await fetch(`${running.url}/graphql`, { method: 'POST', headers, body: padded });
    await response.arrayBuffer();
    return response.status;
  };
  const { ADMIN, PRODUCER } = running.tokens;
  expect(await send(ADMIN, GRAPHQL_BODY_BYTES_MAX)).toBe(200);
  expect(await send(ADMIN, GRAPHQL_BODY_BYTES_MAX + 1)).toBe(413);
  expect(await send(PRODUCER, GRAPHQL_PRODUCER_BODY_BYTES_MAX)).toBe(200);
  expect(await send(PRODUCER, GRAPHQL_PRODUCER_BODY_BYTES_MAX + 1)).toBe(413);
});

describe('with trusted documents', () => {
  const trusted = '{ viewer { name } }';
  const hash = createHash('sha256').update(trusted).digest('hex');
  let strict: Running;
  beforeAll(async () => {
    strict = await startTestServer(() => ({ graphql: { trustedDocuments: new Map([[hash, trusted]]) } }));
  });
  afterAll(() => strict[Symbol.asyncDispose]());

  const post = async (body: object): Promise<Said> => {
    const headers = { 'content-type': 'application/json', ...headersOf(strict.tokens.ADMIN) };
    const response = await fetch(`${strict.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await response.json()) as Said;
  };

  test.each([
    ['its text', { query: trusted }],
    ['its documentId', { documentId: `sha256:${hash}` }],
    ['its documentId, bare', { documentId: hash }],
    ['persistedQuery', { extensions: { persistedQuery: { version: 1, sha256Hash: hash } } }],
  ])('one of them runs by %s', async (_name, body) => {
    expect(await post(body)).toMatchObject({ data: { viewer: { name: 'ADMIN' } } });
  });

  test.each([
    ['another text', { query: '{ viewer { role } }' }],
    ['another id', { documentId: 'a'.repeat(64) }],
    [
      'a trusted id with another text',
      { query: '{ viewer { role } }', extensions: { persistedQuery: { sha256Hash: hash } } },
    ],
    ['nothing', {}],
    ['introspection', { query: getIntrospectionQuery() }],
  ])('%s is refused', async (_name, body) => {
    const { data, errors } = await post(body);
    expect(data ?? null).toBeNull();
    expect(errors?.[0]?.extensions?.code).toBe('UNTRUSTED_DOCUMENT');
  });

  test('over WebSocket and by GET it is the same', async () => {
    const client = socketClient(strict, strict.tokens.ADMIN);
    expect((await client.iterate({ query: trusted }).next()).value).toMatchObject({
      data: { viewer: { name: 'ADMIN' } },
    });
    await expect(client.iterate({ query: '{ viewer { role } }' }).next()).rejects.toMatchObject([
      { extensions: { code: 'UNTRUSTED_DOCUMENT' } },
    ]);
    await client.dispose();
    const get = async (query: string): Promise<unknown> => {
      const url = `${strict.url}/graphql?query=${encodeURIComponent(query)}`;
      return (await fetch(url, { headers: headersOf(strict.tokens.ADMIN) })).json();
    };
    expect(await get(trusted)).toMatchObject({ data: { viewer: { name: 'ADMIN' } } });
    expect(await get('{ viewer { role } }')).toMatchObject({
      errors: [{ extensions: { code: 'UNTRUSTED_DOCUMENT' } }],
    });
  });
});
