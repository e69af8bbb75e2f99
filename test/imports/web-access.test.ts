import { expect, test } from 'vitest';
import { webAccessFormat } from '../../src/imports/web-access.ts';
import { isKnown, readLog } from './log-steps.ts';

const read = (...lines: readonly string[]) => readLog(webAccessFormat, `${lines.join('\n')}\n`);
const combined = (time: string, request: string, rest = '200 12 "-" "curl/8.5.0"', who = '192.0.2.7 - -'): string =>
  `${who} [01/May/2026:${time} +0200] "${request}" ${rest}`;
const startMs = Date.UTC(2026, 4, 1, 8);

test('each address, user and agent has a session, cut after ten minutes of nothing; each line is a request and its answer', async () => {
  const { sessions, skips } = await read(
    combined('10:00:00', 'GET /a?b=c HTTP/1.1', '200 12 "https://example.com/from" "curl/8.5.0"'),
    combined('10:00:01', 'POST /login HTTP/2.0', '401 - "-" "curl/8.5.0"', '192.0.2.7 - ann'),
    combined('10:09:00', 'GET /b HTTP/1.1'),
    combined('10:19:01', 'GET /c HTTP/1.1'),
  );
  expect(skips).toEqual([]);
  expect(
    sessions.map(({ session, events, end }) => [
      session.user.identity,
      events.filter(({ code }) => code === 'req').length,
      (end?.endedAtMs ?? 0) - startMs,
    ]),
  ).toEqual([
    ['unknown', 2, 540_000],
    ['ann', 1, 1000],
    ['unknown', 1, 1_141_000],
  ]);
  expect(sessions[0]).toMatchObject({
    session: {
      protocol: 'HTTP',
      client: { ip: '192.0.2.7', software: 'curl/8.5.0' },
      startedAtMs: startMs,
      recording: { kind: 'HTTP' },
    },
  });
  expect(sessions[0]?.events.slice(0, 2)).toEqual([
    {
      timeMs: 0,
      code: 'req',
      payload: [
        '1',
        {
          method: 'GET',
          url: '/a?b=c',
          httpVersion: 'HTTP/1.1',
          headers: [
            ['Referer', 'https://example.com/from'],
            ['User-Agent', 'curl/8.5.0'],
          ],
          bodySize: null,
        },
      ],
    },
    {
      timeMs: 0,
      code: 'res',
      payload: [
        '1',
        { status: 200, httpVersion: 'HTTP/1.1', headers: [], bodySize: 12, durationMs: null, serverAddress: null },
      ],
    },
  ]);
  expect(sessions[1]?.events[1]?.payload[1]).toMatchObject({ status: 401, bodySize: 0 });
});

test('virtual hosts, syslog, Traefik and Nginx Proxy Manager say more, and it is kept', async () => {
  const { sessions } = await read(
    combined('10:00:00', 'GET / HTTP/1.1', '200 12 "-" "a"', 'shop.example.com:443 192.0.2.1 - -'),
    `May  1 10:00:00 web-2 nginx[7]: ${combined('10:00:00', 'GET / HTTP/1.1', '200 1', '192.0.2.2 - -')}`,
    combined(
      '10:00:00',
      'GET / HTTP/1.1',
      '200 1 "-" "b" 500 "test@docker" "http://172.17.0.3:80" 1500ms',
      '192.0.2.3 - -',
    ),
    '[01/May/2026:10:00:00 +0200] - 404 404 - GET https npm.example.com "/x" [Client 192.0.2.4] [Length 192] [Gzip -] [Sent-to back] "c" "-"',
    'client.example.net - - [01/May/2026:10:00:00 +0200] "GET / HTTP/1.0" 200 5',
  );
  expect(
    sessions.map(({ session, events }) => [
      session.client.ip,
      session.socket.name,
      (events[1]?.payload[1] as { readonly status: number } | undefined)?.status,
    ]),
  ).toEqual([
    ['192.0.2.1', 'shop.example.com', 200],
    ['192.0.2.2', 'web-2', 200],
    ['192.0.2.3', 'imported', 200],
    ['192.0.2.4', 'npm.example.com', 404],
    ['0.0.0.0', 'imported', 200],
  ]);
  expect(sessions[2]?.events[1]).toMatchObject({
    timeMs: 1500,
    payload: ['1', { durationMs: 1500, serverAddress: 'http://172.17.0.3:80' }],
  });
  expect(sessions[3]?.events[0]?.payload[1]).toMatchObject({ url: 'https://npm.example.com/x', method: 'GET' });
  expect(sessions[4]?.session.labels).toEqual({ clientAddress: 'client.example.net' });
});

test('JSON of Caddy and of Traefik has headers and durations', async () => {
  const caddy = {
    ts: startMs / 1000 + 0.25,
    logger: 'http.log.access.log0',
    request: {
      remote_ip: '10.0.0.1',
      remote_port: '5000',
      client_ip: '192.0.2.1',
      proto: 'HTTP/2.0',
      method: 'GET',
      host: 'a.example.com',
      uri: '/x',
      headers: { 'User-Agent': ['curl/8'], Accept: ['*/*'] },
    },
    user_id: 'bob',
    duration: 0.25,
    size: 7,
    status: 200,
  };
  const traefik = {
    ClientHost: '192.0.2.2',
    ClientPort: '6000',
    ClientUsername: '-',
    RequestMethod: 'PUT',
    RequestPath: '/y',
    RequestHost: 'b.example.com',
    RequestProtocol: 'HTTP/1.1',
    StartUTC: new Date(startMs).toISOString(),
    Duration: 2_500_000,
    DownstreamStatus: 502,
    DownstreamContentSize: 3,
    'request_User-Agent': 'Go',
    ServiceAddr: '172.17.0.3:80',
  };
  const content = [caddy, traefik, { level: 'debug' }].map((each) => JSON.stringify(each));
  expect(isKnown(webAccessFormat, content.join('\n'))).toBe(true);
  const { sessions, skips } = await read(...content);
  expect(skips).toEqual([{ line: 3, reason: 'not in a format of access logs that this program knows' }]);
  expect(
    sessions.map(({ session, events }) => [
      session.user.identity,
      session.startedAtMs - startMs,
      ...events.map(({ timeMs }) => timeMs),
    ]),
  ).toEqual([
    ['bob', 0, 0, 250],
    ['unknown', 0, 0, 3],
  ]);
  expect(sessions[0]?.events[0]?.payload[1]).toMatchObject({
    headers: [
      ['Host', 'a.example.com'],
      ['User-Agent', 'curl/8'],
      ['Accept', '*/*'],
    ],
  });
  expect(sessions[1]?.events[1]?.payload[1]).toMatchObject({
    status: 502,
    durationMs: 2.5,
    serverAddress: '172.17.0.3:80',
  });
});

test('a request that is none of HTTP is kept as it came; bytes that are no text stay as the server wrote them', async () => {
  const { sessions } = await read(
    combined('10:00:00', String.raw`\x16\x03\x01\xff`, '400 0 "-" "-"'),
    combined('10:00:00', '-', '408 0 "-" "-"'),
    combined('10:00:00', String.raw`GET /caf\xC3\xA9?q=\"x\" HTTP/1.1`, String.raw`200 1 "-" "\x22quoted\x22 <b>"`),
    combined('10:00:00', 'CONNECT example.com:25 HTTP/1.1', '000 0 "-" "-"'),
  );
  const requests = sessions.flatMap(({ events }) =>
    events.filter(({ code }) => code === 'req').map(({ payload }) => payload[1]),
  );
  expect(requests).toMatchObject([
    { method: '', url: String.raw`\x16\x03\x01\xff`, httpVersion: null },
    { method: '', url: '-' },
    { method: 'CONNECT', url: 'example.com:25' },
    { method: 'GET', url: '/café?q="x"', headers: [['User-Agent', '"quoted" <b>']] },
  ]);
});

test('ten thousand clients at once do not open more sessions than a reader may, and none is lost', async () => {
  const lines = Array.from({ length: 10_500 }, (_, at) =>
    combined('10:00:00', 'GET / HTTP/1.1', '200 1', `10.${at >> 16}.${(at >> 8) & 255}.${at & 255} - -`),
  );
  const { sessions } = await read(...lines);
  expect(sessions).toHaveLength(10_500);
  expect(new Set(sessions.map(({ key }) => key)).size).toBe(10_500);
});

test('hostile lines neither stop it nor take long', async () => {
  const { sessions, skips } = await read(
    '"'.repeat(200_000),
    '['.repeat(200_000),
    `${'a '.repeat(100_000)}`,
    `{"request":${'{"a":'.repeat(50_000)}`,
    'x'.repeat(300_000),
    `192.0.2.7 - - [01/May/2026:10:00:00 +0200] "${String.raw`\\`.repeat(50_000)}" 400 1`,
    combined('10:00:00', 'GET / HTTP/1.1'),
  );
  expect(skips.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
  expect(sessions).toHaveLength(2);
});
