import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { ApiParts } from '../../src/api/parts.ts';
import { headersOf } from './asking.ts';
import { openFed } from './feeding.ts';
import { network, startTestServer, type Running } from './running.ts';

let running: Running;
/** Pages of sessions that operations have read. */
let pagesRead = 0;
const counted = (catalog: ApiParts['catalog']): ApiParts['catalog'] =>
  new Proxy(catalog, {
    get: (target, name) => {
      if (name === 'sessions') pagesRead += 1;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

beforeAll(async () => {
  running = await startTestServer(({ catalog }) => ({
    catalog: counted(catalog),
    network: {
      ...network,
      socketsPerAccountMax: 3,
      socketsPerAddressMax: 5,
      allowedOrigins: ['https://portal.example'],
    },
  }));
});
afterAll(() => running[Symbol.asyncDispose]());

type Options = { readonly headers?: Readonly<Record<string, string>>; readonly protocols?: string[] };

const socketTo = ({ headers = {}, protocols = ['graphql-transport-ws'] }: Options = {}): WebSocket =>
  new WebSocket(`${running.url.replace('http', 'ws')}/graphql`, protocols, { headers });

const opened = async (options: Options = {}): Promise<WebSocket> => {
  const socket = socketTo(options);
  await once(socket, 'open');
  return socket;
};

const send = (socket: WebSocket, message: object): void => socket.send(JSON.stringify(message));

const closeOf = async (socket: WebSocket): Promise<readonly [number, string]> => {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [code, reason.toString()];
};

/** Resolves with 'connection_ack', or the code that the socket was closed with. */
const initialise = async (socket: WebSocket, token: string): Promise<string | number> => {
  send(socket, { type: 'connection_init', payload: { token } });
  const first = await Promise.race([once(socket, 'message'), closeOf(socket)]);
  return typeof first[0] === 'number' ? first[0] : (JSON.parse(String(first[0])) as { readonly type: string }).type;
};

describe('a WebSocket', () => {
  test('that says nothing is closed (4408)', async () => {
    expect((await closeOf(await opened()))[0]).toBe(4408);
  });

  test('that begins twice is closed (4429)', async () => {
    const socket = await opened();
    await initialise(socket, running.tokens.VIEWER);
    send(socket, { type: 'connection_init' });
    expect((await closeOf(socket))[0]).toBe(4429);
  });

  test('without a valid token is closed (4401)', async () => {
    expect(await initialise(await opened(), 'rt_0123456789ab_wrong')).toBe(4401);
    const early = await opened();
    send(early, { id: '1', type: 'subscribe', payload: { query: '{ viewer { name } }' } });
    expect((await closeOf(early))[0]).toBe(4401);
  });

  test('that gives two operations one id is closed (4409)', async () => {
    const fed = await openFed(running);
    const socket = await opened();
    await initialise(socket, running.tokens.AUDITOR);
    const query = `subscription { session(sessionId: "${fed.sessionId}") { status } }`;
    send(socket, { id: '1', type: 'subscribe', payload: { query } });
    send(socket, { id: '1', type: 'subscribe', payload: { query } });
    expect((await closeOf(socket))[0]).toBe(4409);
  });

  test.each([
    ['another site', 403, { headers: { origin: 'https://evil.example' } }],
    ['a page without an origin', 403, { headers: { origin: 'null' } }],
    ['an older protocol', 400, { protocols: ['graphql-ws'] }],
    ['no protocol', 400, { protocols: [] }],
  ])('of %s is refused', async (_name, status, options) => {
    const socket = socketTo(options);
    socket.on('error', () => {});
    const [, response] = (await once(socket, 'unexpected-response')) as [
      unknown,
      { statusCode: number; headers: object },
    ];
    expect(response.statusCode).toBe(status);
    expect(response.headers).toHaveProperty('x-request-id');
    socket.terminate();
  });

  test('of this server and of a configured origin is taken', async () => {
    for (const origin of [running.url, 'https://portal.example']) {
      const socket = await opened({ headers: { origin } });
      expect(await initialise(socket, running.tokens.VIEWER)).toBe('connection_ack');
      socket.terminate();
      await once(socket, 'close');
    }
  });

  test('with a cookie is taken from pages of this server alone', async () => {
    const signIn = await fetch(`${running.url}/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: running.url },
      body: JSON.stringify({ token: running.tokens.AUDITOR }),
    });
    const cookie = (signIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const from = async (headers: Record<string, string>): Promise<string | number> => {
      const socket = await opened({ headers: { cookie, ...headers } });
      send(socket, { type: 'connection_init' });
      const first = await Promise.race([once(socket, 'message'), closeOf(socket)]);
      socket.terminate();
      return typeof first[0] === 'number' ? first[0] : 'taken';
    };
    expect(await from({ origin: running.url })).toBe('taken');
    expect(await from({ origin: 'https://portal.example' })).toBe(4403);
    expect(await from({})).toBe(4403);
  });
});

test('an operation that its client leaves before it began is not executed', async () => {
  const socket = await opened();
  await initialise(socket, running.tokens.AUDITOR);
  const query = '{ sessions(first: 100) { nodes { events(first: 50) { nodes { message kind at } } } } }';
  const answers: { type: string }[] = [];
  const before = pagesRead;
  const last = new Promise<void>((resolve) => {
    socket.on('message', (text) => {
      const message = JSON.parse(String(text)) as (typeof answers)[number] & { id: string };
      if (message.id === 'last') resolve();
      else answers.push(message);
    });
  });
  for (let id = 0; id < 200; id += 1) {
    send(socket, { id: `${id}`, type: 'subscribe', payload: { query } });
    send(socket, { id: `${id}`, type: 'complete' });
  }
  const tryLast = setInterval(
    () => send(socket, { id: 'last', type: 'subscribe', payload: { query: '{ viewer { name } }' } }),
    200,
  );
  await last;
  clearInterval(tryLast);
  expect(answers.filter(({ type }) => type === 'next').length).toBeLessThan(3);
  expect(pagesRead - before).toBeLessThan(3);
  socket.terminate();
  await once(socket, 'close');
});

test('sockets of one account and of one address are bounded, and one that closes makes room', async () => {
  const sockets: WebSocket[] = [];
  const more = async (token: string): Promise<string | number> => {
    const socket = await opened();
    sockets.push(socket);
    return initialise(socket, token);
  };
  const { VIEWER, AUDITOR } = running.tokens;
  expect(await Promise.all([more(VIEWER), more(VIEWER), more(VIEWER)])).toEqual(Array(3).fill('connection_ack'));
  expect(await more(VIEWER)).toBe(1013);
  expect([await more(AUDITOR), await more(AUDITOR)]).toEqual(['connection_ack', 'connection_ack']);
  expect(await more(AUDITOR)).toBe(1013);
  sockets[0]?.terminate();
  await expect.poll(async () => more(VIEWER)).toBe('connection_ack');
  // HTTP is still there for both.
  for (const token of [VIEWER, AUDITOR]) {
    expect((await fetch(`${running.url}/schema.graphql`, { headers: headersOf(token) })).status).toBe(200);
  }
  for (const socket of sockets) socket.terminate();
});
