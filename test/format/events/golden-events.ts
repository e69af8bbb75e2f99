import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RecordedEvent } from '../../../src/model/recorded-event.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const event = (timeMs: number, code: string, ...payload: readonly unknown[]): RecordedEvent => ({
  timeMs,
  code,
  payload,
});

/** One event of each code, with all of its fields: what the golden files hold. */
export const goldenEvents: readonly RecordedEvent[] = [
  event(1, 'o', Uint8Array.of(0xe2, 0x82)),
  event(2, 'i', utf8('ls\r')),
  event(3, 'r', 120, 40),
  event(4, 'x', 2, 'SIGTERM'),
  event(5, 'm', 'deploy begins ☃'),
  event(6, 'cmd', 'make -j8', { directory: '/srv/app', exitStatus: -1 }),
  event(7, 'file', 'rename', '/a', { target: '/b', size: 2 ** 40, error: 'permission denied' }),
  event(1500, 'req', 'r1', {
    method: 'POST',
    url: 'https://example.com/a?b=c',
    httpVersion: 'HTTP/1.1',
    headers: [
      ['Host', 'example.com'],
      ['Accept', 'a'],
      ['Accept', 'b'],
    ],
    bodySize: 3,
    har: { connection: '443' },
  }),
  event(1501, 'res', 'r1', {
    status: 200,
    statusText: 'OK',
    httpVersion: 'HTTP/1.1',
    headers: [['Content-Type', 'text/plain']],
    bodySize: 4,
    durationMs: 12.5,
    timings: { blocked: null, dns: 1, connect: 2, ssl: null, send: 0.5, wait: 7, receive: 2 },
    serverAddress: '192.0.2.1',
    error: null,
    har: { redirectURL: '' },
  }),
  event(1502, 'body', 'r1', 'res', 0, true, Uint8Array.of(0x89, 0x50, 0x4e, 0x47)),
  event(2000, 'sql', 'q1', 'SELECT $1::bytea, $2', { parameters: [Uint8Array.of(0xff), 'ż'], database: 'shop' }),
  event(2010, 'sqlr', 'q1', { rowCount: 1, durationMs: 9.25, errorCode: '42601', error: 'syntax error' }),
  event(3000, 'k8s', 'a1', {
    verb: 'create',
    method: 'POST',
    uri: '/api/v1/namespaces/shop/pods/web-0/exec?command=sh',
    apiGroup: null,
    apiVersion: 'v1',
    resource: 'pods',
    subresource: 'exec',
    namespace: 'shop',
    name: 'web-0',
    userAgent: 'kubectl/v1.33.1',
  }),
  event(3020, 'k8sr', 'a1', { status: 101, reason: 'Switching Protocols', durationMs: 20 }),
  event(4000, 'dom', { type: 3, data: { source: 1, positions: [{ x: 1, y: 2, id: 5, timeOffset: 0 }] }, timestamp: 9 }),
  event(5000, 'gap', { lostEvents: 3, lostBytes: 4096, cause: 'the spool was full' }),
];

/** A golden file of the code: `hex` the msgpack of a batch with its event, `ndjson` its line. */
export const goldenPath = (code: string, form: 'hex' | 'ndjson'): string =>
  fileURLToPath(new URL(`../golden/events/${code}.${form}`, import.meta.url));

export const readGolden = (code: string, form: 'hex' | 'ndjson'): string =>
  readFileSync(goldenPath(code, form), 'utf8');
