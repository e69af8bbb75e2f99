import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, headersOf } from '../asking.ts';
import { type Running, startTestServer } from '../running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer(({ catalog }) => ({
    catalog: new Proxy(catalog, {
      get(target, name) {
        if (name === 'user') return () => Promise.reject(new Error('the disk is on fire'));
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
  }));
});
afterAll(() => running[Symbol.asyncDispose]());

const post = (body: object, accept?: string, token = running.tokens.ADMIN): Promise<Response> =>
  fetch(`${running.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headersOf(token), ...(accept === undefined ? {} : { accept }) },
    body: JSON.stringify(body),
  });

const query = '{ viewer { name } }';
const JSON_TYPE = 'application/json; charset=utf-8';
const RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';

test.each([
  [undefined, JSON_TYPE],
  ['*/*', JSON_TYPE],
  ['application/json', JSON_TYPE],
  ['application/graphql-response+json', RESPONSE_TYPE],
  ['application/graphql-response+json, application/json;q=0.9', RESPONSE_TYPE],
  ['application/json;q=0.9, application/graphql-response+json', JSON_TYPE],
  ['text/html, application/*', JSON_TYPE],
  ['application/json; charset=utf-8', JSON_TYPE],
])('to Accept: %s an answer is %s, with the headers of every answer', async (accept, type) => {
  const { status, headers } = await post({ query }, accept);
  expect([status, headers.get('content-type')]).toEqual([200, type]);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('cache-control')).toBe('no-store');
});

test('what no variable fits is 400 to those who take the newer media type, and 200 to others', async () => {
  const wrong = { query: 'query ($id: UUID!) { session(sessionId: $id) { status } }', variables: { id: 7 } };
  expect((await post(wrong, 'application/graphql-response+json')).status).toBe(400);
  expect((await post(wrong, 'application/json')).status).toBe(200);
});

test('a parameter that is none is refused, beside a document that is hot', async () => {
  for (let time = 0; time < 5; time += 1) expect((await post({ query })).status).toBe(200);
  for (const body of [
    { query, more: 1 },
    { query, variables: 'a' },
    { query, operationName: 1 },
  ]) {
    expect((await post(body)).status).toBe(400);
  }
});

test('a hot document says to each caller what that one may know, and what nobody expected to none', async () => {
  const names = async (token: string): Promise<unknown> => (await ask(running, query, {}, token)).data;
  const log = '{ auditLog(first: 1) { nodes { __typename } } }';
  for (let time = 0; time < 5; time += 1) {
    expect(await names(running.tokens.ADMIN)).toEqual({ viewer: { name: 'ADMIN' } });
    expect(await names(running.tokens.VIEWER)).toEqual({ viewer: { name: 'VIEWER' } });
    expect((await ask(running, log)).errors).toBeUndefined();
    const refused = await ask(running, log, {}, running.tokens.VIEWER);
    expect(refused.errors).toMatchObject([{ path: ['auditLog'], extensions: { code: 'FORBIDDEN' } }]);
  }
  const failing = '{ node(id: "VXNlcjphbm4=") { id } }';
  for (let time = 0; time < 5; time += 1) {
    const { data, errors } = await ask(running, failing);
    expect(data).toEqual({ node: null });
    expect(errors).toMatchObject([
      { message: 'internal error', path: ['node'], extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    ]);
  }
});

test('a query by GET is answered as one by POST, and a mutation by GET is not run', async () => {
  const get = (text: string): Promise<Response> =>
    fetch(`${running.url}/graphql?query=${encodeURIComponent(text)}&variables=%7B%7D&operationName=`, {
      headers: headersOf(running.tokens.ADMIN),
    });
  expect(await (await get(query)).json()).toEqual(await (await post({ query })).json());
  expect((await get('mutation { revokeToken(input: { id: "a" }) { __typename } }')).status).toBe(405);
});
