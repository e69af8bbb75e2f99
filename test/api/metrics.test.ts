import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Metrics } from '../../src/api/metrics.ts';
import { headersOf, socketClient } from './asking.ts';
import { startTestServer, type Running } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

const scrape = async (): Promise<string> =>
  (await fetch(`${running.url}/metrics`, { headers: headersOf(running.tokens.METRICS) })).text();

/** The value of one line; 0 where there is none. */
const valueOf = (text: string, line: string): number => {
  const found = text.split('\n').find((each) => each.startsWith(`${line} `));
  return found === undefined ? 0 : Number(found.slice(line.length + 1));
};

describe('/metrics', () => {
  test.for([
    ['ADMIN', 200],
    ['METRICS', 200],
    ['AUDITOR', 403],
    ['VIEWER', 403],
    ['PRODUCER', 403],
    ['expired', 401],
  ] as const)('is %i for %s', async ([role, status]) => {
    const response = await fetch(`${running.url}/metrics`, { headers: headersOf(running.tokens[role]) });
    expect(response.status).toBe(status);
    if (status === 200) expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  test('is 401 for nobody, and a METRICS token is good for nothing else', async () => {
    expect((await fetch(`${running.url}/metrics`)).status).toBe(401);
    const headers = headersOf(running.tokens.METRICS);
    expect((await fetch(`${running.url}/api/v1/sessions`, { headers })).status).toBe(403);
  });
});

test('requests are counted by pattern, method and class of status, from the first one on', async () => {
  const id = '93227a7e-8724-4be5-a5c5-2729f615ac50';
  const line =
    'reeltime_http_request_duration_seconds_count{method="GET",route="/api/v1/session/:socket_id/:session_id",status="4xx"}';
  const before = valueOf(await scrape(), line);
  for (let count = 0; count < 3; count += 1) {
    const headers = headersOf(running.tokens.ADMIN);
    expect((await fetch(`${running.url}/api/v1/session/${id}/${id}`, { headers })).status).toBe(404);
  }
  expect(valueOf(await scrape(), line)).toBe(before + 3);
});

test('nothing that a client sends becomes a label', async () => {
  for (const init of [{ method: 'PROPFIND' }, { headers: { 'user-agent': 'my-own-agent' } }]) {
    await fetch(`${running.url}/a-path-of-my-own?a=query-of-my-own`, init);
  }
  const text = await scrape();
  expect(text).not.toMatch(/of-my-own|my-own-agent|PROPFIND/);
  expect(text).toContain('method="other",route="none",status="4xx"');
});

test('refused authentications are counted, by header, on the sign-in page and on a WebSocket', async () => {
  const line = 'reeltime_refused_authentications_total';
  const before = valueOf(await scrape(), line);
  await fetch(`${running.url}/nowhere`, { headers: headersOf('rt_000000000000_wrong') });
  await fetch(`${running.url}/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ token: 'wrong' }),
  });
  const socket = socketClient(running, 'wrong');
  await expect(socket.iterate({ query: '{ viewer { name } }' }).next()).rejects.toMatchObject({ code: 4401 });
  expect(valueOf(await scrape(), line)).toBe(before + 3);
});

test('the process is measured, and names say their units', async () => {
  const text = await scrape();
  expect(valueOf(text, 'reeltime_connections_open')).toBeGreaterThanOrEqual(1);
  for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds'])
    expect(text).toContain(name);
  const names = [...text.matchAll(/^# TYPE (reeltime_\S+)/gm)].map((match) => match[1]);
  expect(names.length).toBeGreaterThan(5);
  for (const name of names) expect(name).toMatch(/_(seconds|total|open)$/);
});

test('what else is watched is looked at when somebody asks', async () => {
  let bytes = 1;
  const metrics = new Metrics([{ name: 'watched_bytes', help: 'Bytes', read: () => bytes }]);
  expect(valueOf((await metrics.text()).text, 'watched_bytes')).toBe(1);
  bytes = 2;
  expect(valueOf((await metrics.text()).text, 'watched_bytes')).toBe(2);
});
