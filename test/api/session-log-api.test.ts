import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SessionId, SocketId } from '../../src/model/ids.ts';
import { headersOf } from './asking.ts';
import { aSession, openFed, output, type Fed } from './feeding.ts';
import { producer, startTestServer, type Running } from './running.ts';

let running: Running;
let fed: Fed;
const sessionId = '93227a7e-8724-4be5-a5c5-2729f615ac50';
const socketId = '432b9498-7762-45b9-8bb7-92f16158ff4a';

beforeAll(async () => {
  running = await startTestServer();
  const { intake } = running.installation;
  await intake.openSession(
    producer,
    aSession({
      sessionId: sessionId as SessionId,
      protocol: 'HTTP',
      socket: { socketId: socketId as SocketId, name: 'my-http-service3' },
      server: { name: 'my-http-service3-acme.border0.io', port: 443 },
      client: { ip: '192.0.1.202', port: 62593, software: null },
      sshUser: null,
      startedAtMs: Date.UTC(2022, 9, 10, 4, 46, 50, 123),
      recording: null,
    }),
  );
  for (let index = 0; index < 5; index += 1) {
    await intake.openSession(
      producer,
      aSession({
        startedAtMs: Date.UTC(2023, 0, 1 + index),
        denyReason: 'no policy',
        socket: { socketId: null, name: 'a,b' },
        recording: null,
      }),
    );
  }
  fed = await openFed(running, { user: { ...aSession().user, email: null, identity: 'postgres' } });
  await fed.append([output(0, 'hello')]);
});
afterAll(() => running[Symbol.asyncDispose]());

type Json = Readonly<Record<string, unknown>>;
type List = { readonly pagination: Json; readonly session_logs: readonly Json[] };

const get = async <Body>(path: string): Promise<{ status: number; body: Body; headers: Headers }> => {
  const response = await fetch(`${running.url}${path}`, { headers: headersOf(running.tokens.AUDITOR) });
  return { status: response.status, body: (await response.json()) as Body, headers: response.headers };
};

/** The element that clients were written against. */
const seed = {
  session_id: sessionId,
  socket_id: socketId,
  start_time: '2022-10-10T04:46:50Z',
  last_seen: '2022-10-10T04:46:51Z',
  user_email: '…',
  server_name: 'my-http-service3-acme.border0.io',
  server_port: '443',
  client_ip: '192.0.1.202',
  client_port: '62593',
  audit_log: false,
  name: '…',
  picture: 'https://…',
  sub: '…',
  nickname: '',
  killed: false,
  session_type: 'http',
  sshuser: null,
};

test('an element has the names and JSON types of the seed, and its values', async () => {
  const { status, body, headers } = await get<Json>(`/api/v1/session/${socketId}/${sessionId}`);
  expect(status).toBe(200);
  expect(headers.get('cache-control')).toBe('no-store');
  for (const [name, value] of Object.entries(seed)) expect([name, typeof body[name]]).toEqual([name, typeof value]);
  const {
    session_id,
    socket_id,
    start_time,
    server_name,
    server_port,
    client_ip,
    client_port,
    audit_log,
    killed,
    session_type,
    sshuser,
  } = seed;
  expect(body).toMatchObject({ session_id, socket_id, start_time, server_name, server_port, client_ip, client_port });
  expect(body).toMatchObject({
    audit_log,
    killed,
    session_type,
    sshuser,
    user_email: 'ann@example.com',
    result: 'success',
  });
  expect(body['last_seen']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

test('a list is in pages, newest first, and the last one has no next', async () => {
  const first = await get<List>('/api/v1/sessions?page=1&page_size=4');
  expect(first.body.pagination).toEqual({
    current_page: 1,
    next_page: 2,
    total_records: 7,
    total_pages: 2,
    records_per_page: 4,
    actual_page_size: 4,
  });
  const second = await get<List>('/api/v1/sessions?page=2&page_size=4');
  expect(second.body.pagination).toMatchObject({ current_page: 2, next_page: null, actual_page_size: 3 });
  const ids = [...first.body.session_logs, ...second.body.session_logs].map((element) => element['session_id']);
  expect(new Set(ids).size).toBe(7);
  expect([ids[0], ids.at(-1)]).toEqual([fed.sessionId, sessionId]);
  expect((await get<List>('/api/v1/sessions?page=3&page_size=4')).body).toMatchObject({
    pagination: { next_page: null, actual_page_size: 0, total_records: 7 },
    session_logs: [],
  });
});

test.each([
  ['auth_result=denied', 5],
  ['auth_result=success', 2],
  ['socket_names=my-http-service3,db-bastion', 2],
  ['socket_names=my-http-service3&socket_names=db-bastion', 2],
  ['socket_names[]=my-http-service3', 1],
  ['user_emails=ann@example.com&auth_result=success', 1],
  ['user_emails=nobody@example.com', 0],
])('%s finds %i', async (query, count) => {
  const { body } = await get<List>(`/api/v1/sessions?${query}`);
  expect(body.pagination['total_records']).toBe(count);
  expect(body.session_logs).toHaveLength(count);
});

test('the sessions of a socket come as an array, and in pages', async () => {
  const { body } = await get<Json[]>(`/api/v1/session/${socketId}`);
  expect(body.map((element) => element['session_id'])).toEqual([sessionId]);
  const pages = await get<List>(`/api/v1/socket/${socketId}/sessions?page_size=1`);
  expect(pages.body).toMatchObject({
    pagination: { total_records: 1, next_page: null },
    session_logs: [{ socket_id: socketId }],
  });
});

test('an identity stands where there is no email, and a recording is told', async () => {
  const { body } = await get<Json>(`/api/v1/session/${fed.session.socket.socketId}/${fed.sessionId}`);
  expect(body).toMatchObject({
    user_email: 'postgres',
    audit_log: true,
    session_type: 'ssh',
    sshuser: 'root',
    recordings: [{ recording_id: fed.recordingId, start_time: expect.stringMatching(/Z$/) }],
  });
});

test('session_log is asciicast v2', async () => {
  const path = `/api/v1/session/${fed.session.socket.socketId}/${fed.sessionId}/session_log`;
  for (const query of ['', `?recording_id=${fed.recordingId}`]) {
    const response = await fetch(`${running.url}${path}${query}`, { headers: headersOf(running.tokens.AUDITOR) });
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines[0]).toMatchObject({ version: 2, width: 80, height: 24 });
    expect(lines[1]).toEqual([0, 'o', 'hello']);
  }
});

describe('what is wrong is refused by name, in the shape that these clients know', () => {
  test.each([
    ['/api/v1/sessions?page=0', 400, 'page must be a whole number from 1'],
    ['/api/v1/sessions?page=x', 400, 'page must be'],
    ['/api/v1/sessions?page_size=1001', 400, 'page_size must be a whole number from 1 to 1000'],
    ['/api/v1/sessions?page_size=-1', 400, 'page_size must be'],
    ['/api/v1/sessions?page=1001&page_size=100', 400, 'first 100000 sessions'],
    ['/api/v1/sessions?auth_result=maybe', 400, 'auth_result must be success or denied'],
    [`/api/v1/sessions?socket_names=${'a,'.repeat(101)}`, 400, 'at most 100 values'],
    ['/api/v1/session/x/y', 400, 'socket_id must be a UUID'],
    [`/api/v1/session/${socketId}/y`, 400, 'session_id must be a UUID'],
    [`/api/v1/session/${randomUUID()}/${sessionId}`, 404, 'no such session'],
    [`/api/v1/session/${randomUUID()}`, 404, 'no such socket'],
    [`/api/v1/session/${socketId}/${sessionId}/session_log`, 404, 'no such recording'],
    [`/api/v1/session/${socketId}/${sessionId}/session_log?recording_id=7`, 400, 'recording_id must be a UUID'],
    ['/api/v1/session/%zz/y', 400, '%'],
    ['/api/v1/nothing', 404, 'nothing at this path'],
  ])('GET %s is %i', async (path, status, says) => {
    const answer = await get<Json>(path);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      error: { code: status === 400 ? 'BAD_USER_INPUT' : 'NOT_FOUND', message: expect.stringContaining(says) },
      error_message: expect.stringContaining(says),
      status_code: status,
    });
  });

  test('a method that a path does not take is 405, with those that it takes', async () => {
    const path = `${running.url}/api/v1/session/${socketId}/${sessionId}`;
    const response = await fetch(path, { method: 'DELETE', headers: headersOf(running.tokens.ADMIN) });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD, PUT');
  });
});

describe('killing', () => {
  const kill = async (path: string, body: string, type = 'application/json') => {
    const headers = { ...headersOf(running.tokens.AUDITOR), 'content-type': type };
    const response = await fetch(`${running.url}${path}`, { method: 'PUT', headers, body });
    return { status: response.status, body: (await response.json()) as Json };
  };
  const pathOf = (target: Fed): string => `/api/v1/session/${target.session.socket.socketId}/${target.sessionId}`;

  test('answers with the element as it is then, and again when repeated', async () => {
    const target = await openFed(running);
    for (let time = 0; time < 2; time += 1) {
      expect(await kill(pathOf(target), '{"killed":true}')).toMatchObject({
        status: 200,
        body: { session_id: target.sessionId, killed: true },
      });
    }
  });

  test.each([
    ['{"killed":false}', 400],
    ['{"killed":"true"}', 400],
    ['{}', 400],
    ['[]', 400],
    ['null', 400],
    ['{', 400],
    [`{"killed":true,"x":"${'x'.repeat(20_000)}"}`, 413],
  ])('%.30s is %i', async (body, status) => {
    const target = await openFed(running);
    expect((await kill(pathOf(target), body)).status).toBe(status);
  });

  test('a body that is not JSON by its type is 415', async () => {
    expect((await kill(`/api/v1/session/${socketId}/${sessionId}`, '{"killed":true}', 'text/plain')).status).toBe(415);
  });

  test('a session that ended otherwise is 409, and one that is not there 404', async () => {
    const target = await openFed(running);
    await target.end();
    expect(await kill(pathOf(target), '{"killed":true}')).toMatchObject({ status: 409, body: { status_code: 409 } });
    expect((await kill(`/api/v1/session/${socketId}/${randomUUID()}`, '{"killed":true}')).status).toBe(404);
  });
});
