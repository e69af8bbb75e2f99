import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf, originOf, type RequestOrigin } from '../../src/api/origin.ts';
import type { NetworkSettings } from '../../src/api/settings.ts';
import { addressGroup } from '../../src/model/ip-address.ts';
import { network } from './running.ts';

let settings: NetworkSettings = network;
const server = createServer((request, response) => {
  const origin = originOf(request, settings);
  // Whoever asks again is told the same.
  response.end(JSON.stringify(origin === originOf(request, settings) ? origin : 'two origins'));
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

/** What the server says of a request with these headers, when it trusts these proxies. */
const originWith = async (
  headers: Readonly<Record<string, string | string[]>>,
  trustedProxies: readonly string[] = ['127.0.0.1'],
): Promise<RequestOrigin> => {
  settings = { ...network, trustedProxies };
  const { port } = server.address() as AddressInfo;
  const request = ask({ port, host: '127.0.0.1', headers: { host: 'log.example', ...headers } }).end();
  const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
  return JSON.parse(await text(response)) as RequestOrigin;
};

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('what a stranger says of the way it came is passed over, its request id with it', async () => {
  const origin = await originWith(
    {
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'bank.example',
      'x-request-id': 'chosen',
    },
    ['10.0.0.0/8'],
  );
  expect(origin).toMatchObject({ ip: '127.0.0.1', isSecure: false, isFromTrustedProxy: false, host: 'log.example' });
  expect(origin.requestId).toMatch(uuidV7);
});

test('a trusted proxy says address, scheme, host and request id', async () => {
  const headers = {
    'x-forwarded-for': '203.0.113.7',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'public.example',
    'x-request-id': 'edge-1.a_B',
  };
  expect(await originWith(headers)).toEqual({
    client: null,
    ip: '203.0.113.7',
    isSecure: true,
    isFromTrustedProxy: true,
    host: 'public.example',
    requestId: 'edge-1.a_B',
  });
});

describe('the address is the nearest that is no trusted proxy', () => {
  test.for<readonly [forwarded: string | string[], ip: string]>([
    ['198.51.100.1, 203.0.113.7', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7, 10.1.2.3', '203.0.113.7'],
    [['198.51.100.1', '203.0.113.7, 10.1.2.3'], '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:5123', '203.0.113.7'],
    ['[2001:db8::1]:5123', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    // What cannot be read may have been written by anybody, and so may all before it.
    ['203.0.113.7, nonsense', '127.0.0.1'],
    ['203.0.113.7, nonsense, 10.1.2.3', '10.1.2.3'],
    ['203.0.113.7,, 10.1.2.3', '10.1.2.3'],
    ['<script>', '127.0.0.1'],
    ['', '127.0.0.1'],
    ['10.1.2.3, 10.1.2.4', '10.1.2.3'],
  ])('%j is %s', async ([forwarded, ip]) => {
    expect((await originWith({ 'x-forwarded-for': forwarded }, ['127.0.0.1', '10.0.0.0/8'])).ip).toBe(ip);
  });
});

test.for(['', 'a'.repeat(65), 'two words', 'line\tbreak', 'ä', '"quoted"'])(
  'a request id that is not as ours is another one: %j',
  async (requestId) => {
    const given = Buffer.from(requestId, 'utf8').toString('latin1');
    expect((await originWith({ 'x-request-id': given })).requestId).toMatch(uuidV7);
  },
);

test('of what a list says of scheme and host, the nearest counts', async () => {
  expect(
    await originWith({ 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'evil.example, a.example' }),
  ).toMatchObject({ isSecure: false, host: 'a.example' });
});

test('the client is what it calls itself, cut, and without control characters', async () => {
  expect((await originWith({ 'user-agent': 'curl/8.1' })).client).toBe('curl/8.1');
  expect((await originWith({ 'user-agent': `a\u0085b\tc${'d'.repeat(600)}` })).client).toBe(
    `a\u{fffd}b\u{fffd}c${'d'.repeat(507)}`,
  );
  expect((await originWith({})).client).toBeNull();
});

test('an IPv4 address is written in one way, and what is none is none', () => {
  expect(addressOf('::ffff:10.0.0.1')).toBe('10.0.0.1');
  expect(addressOf('fe80::1%eth0')).toBe('fe80::1');
  for (const none of ['', 'localhost', '10.0.0.256', '::ffff:nonsense', '1']) expect(addressOf(none)).toBeNull();
});

test('all addresses of an IPv6 network are counted as one', () => {
  expect(addressGroup('2001:db8:1:2:3:4:5:6')).toBe(addressGroup('2001:db8:1:2::1'));
  expect(addressGroup('2001:db8:1:2::1')).not.toBe(addressGroup('2001:db8:1:3::1'));
  expect(addressGroup('10.0.0.1')).toBe('10.0.0.1');
});
