import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { noise } from '../store/feeding.ts';
import { ask, askData, headersOf } from './asking.ts';
import { openFed, output, type Fed } from './feeding.ts';
import { startTestServer, type Running } from './running.ts';

let running: Running;
let live: Fed;
let large: Fed;

beforeAll(async () => {
  running = await startTestServer();
  live = await openFed(running);
  await live.append([output(0, 'a')]);
  // More than sockets and buffers of both sides hold: a client that does not read leaves the download on its way.
  large = await openFed(running);
  for (let at = 0; at < 16; at += 1) {
    await large.append([output(at, noise(1_000_000, at + 1))]);
    await running.installation.closer.sweep();
  }
  await large.end();
});
afterAll(() => running[Symbol.asyncDispose]());

type Made = { readonly id: string; readonly secret: string };

const makeToken = async (role: string, expiresAt: string | null = null): Promise<Made> => {
  const { createToken } = await askData<{ createToken: { secret: string; token: { id: string } } }>(
    running,
    'mutation ($input: CreateTokenInput!) { createToken(input: $input) { ... on CreateTokenPayload { secret token { id } } } }',
    { input: { name: `token ${Math.random()}`, role, expiresAt } },
  );
  return { id: createToken.token.id, secret: createToken.secret };
};

const revoke = (id: string) =>
  ask(
    running,
    `mutation { revokeToken(input: { id: "${id}" }) { ... on RevokeTokenPayload { token { revokedAt } } } }`,
  );

const query = (): string => `subscription { recording(sessionId: "${live.sessionId}") { tuples } }`;

/** A WebSocket on which a subscription has sent its first item; resolves with the code that it is closed with. */
const watchBySocket = async (token: string): Promise<{ readonly closed: Promise<number> }> => {
  const socket = new WebSocket(`${running.url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws']);
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { token } }));
  await once(socket, 'message');
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: query() } }));
  await once(socket, 'message');
  return { closed: once(socket, 'close').then(([code]) => Number(code)) };
};

const open = async (path: string, token: string, headers: Record<string, string> = {}): Promise<IncomingMessage> => {
  const request = get(`${running.url}${path}`, { headers: { ...headersOf(token), ...headers } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
};

/** Resolves with whether the answer came to its end, once it is over. */
const over = async (response: IncomingMessage): Promise<boolean> => {
  response.on('error', () => {});
  await new Promise((resolve) => response.once('close', resolve));
  return response.complete;
};

const watchByEvents = async (token: string): Promise<IncomingMessage> => {
  const path = `/graphql?query=${encodeURIComponent(query())}`;
  const response = await open(path, token, { accept: 'text/event-stream' });
  await once(response, 'data');
  response.resume();
  return response;
};

const download = (token: string): Promise<IncomingMessage> =>
  open(`/recordings/${large.recordingId}.msgpack`, token, { 'accept-encoding': 'identity' });

const ways = [
  ['is revoked', null, (made: Made) => revoke(made.id)],
  ['is over', 1500, async () => {}],
] as const;

describe.each(ways)('when a token %s', (_name, lifeMs, end) => {
  test('its WebSockets are closed with 4403, its streams and downloads are cut, and it opens nothing more', async () => {
    const made = await makeToken('AUDITOR', lifeMs === null ? null : new Date(Date.now() + lifeMs).toISOString());
    const [socket, events, bytes] = await Promise.all([
      watchBySocket(made.secret),
      watchByEvents(made.secret),
      download(made.secret),
    ]);
    const other = await watchBySocket(running.tokens.AUDITOR);
    const ended = Promise.all([socket.closed, over(events)]);
    await end(made);
    expect(await ended).toEqual([4403, false]);
    // What nobody read is still in the buffers of both sides: the end of the download is seen by reading it.
    bytes.resume();
    expect(await over(bytes)).toBe(false);
    expect((await open('/schema.graphql', made.secret)).statusCode).toBe(401);
    const others = await Promise.race([other.closed, Promise.resolve('open')]);
    expect(others).toBe('open');
  });
});

test('a sign-in ends with the token that was given', async () => {
  const made = await makeToken('AUDITOR');
  const signIn = await fetch(`${running.url}/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: running.url },
    body: JSON.stringify({ token: made.secret }),
  });
  const cookie = (signIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const status = async (): Promise<number> =>
    (await fetch(`${running.url}/schema.graphql`, { headers: { cookie } })).status;
  expect(await status()).toBe(200);
  await revoke(made.id);
  expect(await status()).toBe(401);
});
