import { once } from 'node:events';
import { request } from 'node:http';
import { GraphQLSchema, validateSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { schema } from '../../src/api/graphql/schema.ts';
import {
  GRAPHQL_BODY_BYTES_MAX,
  WEBSOCKET_MESSAGE_BYTES_MAX,
  WEBSOCKET_OPERATIONS_MAX,
} from '../../src/model/limits.ts';
import { ask, headersOf } from './asking.ts';
import { openFed, output } from './feeding.ts';
import { startTestServer, type Running } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

const post = (body: BodyInit, type: string | null, more: Record<string, string> = {}): Promise<Response> =>
  fetch(`${running.url}/graphql`, {
    method: 'POST',
    headers: { ...headersOf(running.tokens.ADMIN), ...(type === null ? {} : { 'content-type': type }), ...more },
    body,
  });

const openSocket = async (options: object = {}, protocols: string[] = ['graphql-transport-ws']): Promise<WebSocket> => {
  const socket = new WebSocket(`${running.url.replace('http', 'ws')}/graphql`, protocols, options);
  await once(socket, 'open');
  return socket;
};
const initialised = async (): Promise<WebSocket> => {
  const socket = await openSocket();
  socket.send(JSON.stringify({ type: 'connection_init', payload: { token: running.tokens.ADMIN } }));
  await once(socket, 'message');
  return socket;
};

test('a client that stops reading while thousands of changes come does not end the process, nor pile them up', async () => {
  const fed = await openFed(running);
  const socket = await initialised();
  socket.pause();
  const query = `subscription { recording(sessionId: "${fed.sessionId}") { tuples } }`;
  for (let id = 0; id < 3; id += 1) socket.send(JSON.stringify({ id: `${id}`, type: 'subscribe', payload: { query } }));
  const fail: unknown[] = [];
  const note = (error: unknown): void => void fail.push(error);
  process.on('uncaughtExceptionMonitor', note);
  const { bus } = running.installation;
  for (let index = 0; index < 1500; index += 1) bus.publish(`recording ${fed.recordingId}`);
  for (let index = 0; index < 100; index += 1) await fed.append([output(index, 'w'.repeat(20_000))]);
  for (let index = 0; index < 1500; index += 1) bus.publish(`recording ${fed.recordingId}`);
  expect((await ask(running, '{ viewer { name } }')).data).toEqual({ viewer: { name: 'ADMIN' } });
  process.off('uncaughtExceptionMonitor', note);
  expect(fail).toEqual([]);
  socket.terminate();
});

describe('other sites', () => {
  test('are not told that they may read', async () => {
    const response = await post('{"query":"{ viewer { name } }"}', 'application/json', {
      origin: 'https://evil.example',
    });
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    const asked = await fetch(`${running.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://evil.example',
        'access-control-request-method': 'POST',
        ...headersOf(running.tokens.ADMIN),
      },
    });
    expect([...asked.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(asked.status).toBe(405);
  });

  const mutation =
    'mutation { killSession(input: { sessionId: "93227a7e-8724-4be5-a5c5-2729f615ac50" }) { __typename } }';
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: mutation }));
  form.set('map', '{}');
  test.each<[string, BodyInit, string | null]>([
    [
      'application/x-www-form-urlencoded',
      new URLSearchParams({ query: mutation }),
      'application/x-www-form-urlencoded',
    ],
    ['multipart/form-data', form, null],
    ['text/plain', JSON.stringify({ query: mutation }), 'text/plain'],
    ['application/graphql', mutation, 'application/graphql'],
    ['no type', Buffer.from(JSON.stringify({ query: mutation })), null],
  ])('cannot post a mutation as %s: it is not run', async (_name, body, type) => {
    const response = await post(body, type);
    expect(response.status).toBe(415);
    expect(await response.text()).not.toContain('__typename');
  });

  test('cannot run a mutation by a link', async () => {
    const url = `${running.url}/graphql?query=${encodeURIComponent(mutation)}`;
    const response = await fetch(url, { headers: headersOf(running.tokens.ADMIN) });
    expect(response.status).toBe(405);
    expect(await response.text()).not.toContain('NotFoundError');
  });

  test.each(['https://evil.example', 'null', 'http://127.0.0.1:1', 'nonsense'])(
    'cannot open a WebSocket from %s',
    async (origin) => {
      await expect(openSocket({ headers: { origin } })).rejects.toThrow('403');
    },
  );

  test('the same site can', async () => {
    const socket = await openSocket({ headers: { origin: running.url } });
    expect(socket.protocol).toBe('graphql-transport-ws');
    socket.terminate();
  });
});

describe('WebSockets', () => {
  test.each([[['graphql-ws']], [['mqtt', 'soap']], [[]]])('of the protocols %j are refused', async (protocols) => {
    await expect(openSocket({}, protocols)).rejects.toThrow('400');
  });

  test('elsewhere are refused', async () => {
    const socket = new WebSocket(`${running.url.replace('http', 'ws')}/other`, 'graphql-transport-ws');
    await expect(once(socket, 'open')).rejects.toThrow('404');
  });

  test('with a message that is too large are closed, and the server goes on', async () => {
    const socket = await initialised();
    socket.send('x'.repeat(WEBSOCKET_MESSAGE_BYTES_MAX + 1));
    expect((await once(socket, 'close'))[0]).toBe(1009);
    expect((await ask(running, '{ viewer { name } }')).data).toBeTruthy();
  });

  test.each(['nonsense', '{}', '{"type":"subscribe","id":"1"}', '{"type":"next"}'])(
    'that say %s are closed',
    async (text) => {
      const socket = await initialised();
      socket.send(text);
      expect((await once(socket, 'close'))[0]).toBe(4400);
    },
  );

  test('that ask before they say who they are are closed', async () => {
    const socket = await openSocket();
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: '{ viewer { name } }' } }));
    expect((await once(socket, 'close'))[0]).toBe(4401);
  });

  test('run a bounded number of operations at once', async () => {
    const fed = await openFed(running);
    await fed.append([output(0, 'a')]);
    const socket = await initialised();
    const query = `subscription { session(sessionId: "${fed.sessionId}") { status } }`;
    const refused = new Promise<unknown>((resolve) => {
      socket.on('message', (text) => {
        const message = JSON.parse(String(text)) as { type: string };
        if (message.type === 'error') resolve(message);
      });
    });
    for (let id = 0; id <= WEBSOCKET_OPERATIONS_MAX; id += 1) {
      socket.send(JSON.stringify({ id: `${id}`, type: 'subscribe', payload: { query } }));
    }
    expect(await refused).toMatchObject({
      payload: [{ message: expect.stringContaining(`at most ${WEBSOCKET_OPERATIONS_MAX} operations`) }],
    });
    socket.terminate();
  });
});

describe('documents', () => {
  test('of too many tokens are refused before they are parsed whole', async () => {
    const { errors } = await ask(running, `{ ${'viewer { name } '.repeat(1000)} }`);
    expect(errors?.[0]?.message).toContain('2000 tokens');
    expect(errors?.[0]?.extensions?.code).toBeTruthy();
  });

  test('of too many tokens are refused over WebSocket too', async () => {
    const socket = await initialised();
    const query = `{ ${'viewer { name } '.repeat(1000)} }`;
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
    expect(String((await once(socket, 'message'))[0])).toContain('2000 tokens');
    socket.terminate();
  });

  test('in a body that is too large are 413, whether its length is told or not', async () => {
    const body = JSON.stringify({ query: `{ viewer { name } } #${'x'.repeat(GRAPHQL_BODY_BYTES_MAX)}` });
    const told = await post(body, 'application/json');
    expect([told.status, (await told.json()) as unknown]).toMatchObject([
      413,
      { error: { code: 'PAYLOAD_TOO_LARGE' } },
    ]);
    const untold = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { ...headersOf(running.tokens.ADMIN), 'content-type': 'application/json' };
      const sent = request(`${running.url}/graphql`, { method: 'POST', headers }, (response) => {
        resolve(response.statusCode);
        response.resume();
      });
      sent.on('error', reject);
      sent.write(body.slice(0, 1000));
      sent.end(body.slice(1000));
    });
    expect(untold).toBe(413);
  });

  test('without their length, within the limit, are taken', async () => {
    const body = new Blob([JSON.stringify({ query: '{ viewer { name } }' })]).stream();
    const init = {
      method: 'POST',
      headers: { ...headersOf(running.tokens.ADMIN), 'content-type': 'application/json' },
      body,
    };
    const response = await fetch(`${running.url}/graphql`, { ...init, duplex: 'half' } as RequestInit);
    expect(await response.json()).toMatchObject({ data: { viewer: { name: 'ADMIN' } } });
  });

  test.each([
    '[]',
    '[{"query":"{ viewer { name } }"}]',
    'null',
    '7',
    '"x"',
    '{',
    '{"query":7}',
    '{"query":"{ viewer { name } }","variables":[]}',
    '{}',
  ])('in the body %s are 400', async (body) => {
    const response = await post(body, 'application/json');
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('json');
  });
});

test('GraphiQL comes from this program: no page of it asks another host for anything', async () => {
  const response = await fetch(`${running.url}/graphql`, { headers: { accept: 'text/html' } });
  const html = await response.text();
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/html');
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('http');
  const outside = [
    ...html.matchAll(/<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=["']?((?:https?:)?\/\/[^"'\s>]*)/g),
  ];
  expect(outside.map((match) => match[1])).toEqual([]);
});

test('there is one graphql: the schema, the engine and the checks are of one realm', async () => {
  expect(schema).toBeInstanceOf(GraphQLSchema);
  expect(validateSchema(schema)).toEqual([]);
  expect((await ask(running, '{ __schema { queryType { name } } }')).data).toEqual({
    __schema: { queryType: { name: 'Query' } },
  });
});

describe('what nobody expected', () => {
  const broken = () =>
    startTestServer(({ catalog }) => ({
      catalog: new Proxy(catalog, {
        get: (target, name) => {
          if (name === 'session') return () => Promise.reject(new Error('disk /secret/path is on fire'));
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }),
    }));

  test('is masked, and logged with its cause, over GraphQL and over REST', async () => {
    await using server = await broken();
    const id = '93227a7e-8724-4be5-a5c5-2729f615ac50';
    const answer = await ask(server, `{ session(sessionId: "${id}") { id } viewer { name } }`);
    expect(answer).toMatchObject({
      data: { session: null, viewer: { name: 'ADMIN' } },
      errors: [
        expect.objectContaining({
          message: 'internal error',
          path: ['session'],
          extensions: { code: 'INTERNAL_SERVER_ERROR' },
        }),
      ],
    });
    const response = await fetch(`${server.url}/api/v1/session/${id}/${id}`, {
      headers: headersOf(server.tokens.ADMIN),
    });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    const causes = server.logged.flatMap(({ level, fields }) => (level === 'error' ? [fields['error']] : []));
    expect(causes).toEqual([expect.objectContaining({ message: expect.stringContaining('on fire') }), causes[0]]);
  });
});

test('a server that is not ready says why', async () => {
  await using server = await startTestServer(() => ({ ready: async () => 'the disk is full' }));
  const response = await fetch(`${server.url}/readyz`);
  expect([response.status, await response.json()]).toEqual([503, { ready: false, reason: 'the disk is full' }]);
});
