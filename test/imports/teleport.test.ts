import { expect, test } from 'vitest';
import { teleportFormat } from '../../src/imports/teleport.ts';
import { isKnown, readLog } from './log-steps.ts';

const startMs = Date.UTC(2026, 2, 1, 12);
let count = 0;
const event = (name: string, afterMs: number, fields: object): string => {
  count += 1;
  return JSON.stringify({
    ei: 0,
    event: name,
    uid: `uid-${count}`,
    code: 'T2000I',
    time: new Date(startMs + afterMs).toISOString(),
    cluster_name: 'tele.example.com',
    ...fields,
  });
};
const read = (...lines: readonly string[]) => readLog(teleportFormat, `${lines.join('\n')}\n`);
const who = { user: 'ann@example.com', login: 'root', 'addr.remote': '192.0.2.7:50123' };

test('a terminal session has who, what and where, the commands that ran, and who joined', async () => {
  const sid = 'aaaa';
  const content = [
    event('session.start', 0, { sid, ...who, server_hostname: 'web-1', 'addr.local': '10.0.0.5:3022', size: '80:25' }),
    event('resize', 100, { sid, size: '120:40' }),
    event('session.command', 200, { sid, path: '/usr/bin/cat', argv: ['/etc/passwd'], return_code: 0 }),
    event('session.disk', 210, { sid, path: '/etc/shadow', return_code: -13 }),
    event('session.join', 300, { sid, user: 'bob' }),
    event('session.data', 900, { sid, tx: 10, rx: 20 }),
    event('session.end', 1000, { sid, session_stop: new Date(startMs + 950).toISOString() }),
  ];
  expect(isKnown(teleportFormat, content.join('\n'))).toBe(true);
  const { sessions, skips } = await read(...content);
  expect(skips).toEqual([]);
  expect(sessions).toMatchObject([
    {
      key: sid,
      session: {
        protocol: 'SSH',
        user: { identity: 'ann@example.com', email: 'ann@example.com' },
        socket: { name: 'web-1' },
        client: { ip: '192.0.2.7', port: 50123 },
        server: { name: 'web-1', port: 3022 },
        sshUser: 'root',
        labels: { teleportSession: sid, cluster: 'tele.example.com' },
        recording: { kind: 'TERMINAL', columns: 80, rows: 25 },
      },
      told: ['bob joined', '10 bytes sent, 20 received'],
      end: { endedAtMs: startMs + 950 },
    },
  ]);
  expect(sessions[0]?.events).toEqual([
    { timeMs: 100, code: 'r', payload: [120, 40] },
    { timeMs: 200, code: 'cmd', payload: ['/usr/bin/cat /etc/passwd', { directory: null, exitStatus: 0 }] },
    { timeMs: 210, code: 'file', payload: ['open', '/etc/shadow', { target: null, size: null, error: 'error 13' }] },
  ]);
});

test('a database session has its queries, and why those that failed did', async () => {
  const db = {
    sid: 'bbbb',
    ...who,
    db_service: 'orders',
    db_protocol: 'postgres',
    db_uri: 'pg.example.com:5432',
    db_name: 'shop',
  };
  const { sessions } = await read(
    event('db.session.start', 0, { ...db, success: true }),
    event('db.session.query', 10, {
      ...db,
      uid: 'q1',
      db_query: 'select $1',
      db_query_parameters: ['7'],
      success: true,
    }),
    event('db.session.query', 20, {
      ...db,
      uid: 'q2',
      db_query: 'drop table x',
      success: false,
      error: 'permission denied',
    }),
    event('db.session.end', 30, db),
    event('db.session.start', 40, { ...db, sid: 'cccc', success: false, error: 'access to db denied' }),
  );
  expect(
    sessions.map(({ session }) => [session.protocol, session.upstream, session.denyReason, session.server]),
  ).toEqual([
    ['DATABASE', 'postgres', null, { name: 'pg.example.com', port: 5432 }],
    ['DATABASE', 'postgres', 'access to db denied', { name: 'pg.example.com', port: 5432 }],
  ]);
  expect(sessions[0]?.events.map(({ code, payload }) => [code, ...payload])).toEqual([
    ['sql', 'q1', 'select $1', { parameters: ['7'], database: 'shop' }],
    ['sql', 'q2', 'drop table x', { parameters: null, database: 'shop' }],
    ['sqlr', 'q2', { rowCount: null, durationMs: null, errorCode: null, error: 'permission denied' }],
  ]);
});

test('a failed login is DENIED with its reason; a login, a command and requests to Kubernetes are sessions by themselves', async () => {
  const kube = {
    ...who,
    kubernetes_cluster: 'prod',
    verb: 'GET',
    request_path: '/api/v1/pods',
    resource_kind: 'pods',
    response_code: 200,
  };
  const { sessions } = await read(
    event('user.login', 0, {
      ...who,
      success: false,
      error: 'invalid second factor',
      method: 'local',
      user_agent: 'curl/8',
    }),
    event('user.login', 10, { ...who, success: true, method: 'saml' }),
    event('exec', 20, { ...who, server_hostname: 'web-1', command: 'uptime', exitCode: '0' }),
    event('kube.request', 30, { ...kube, uid: 'k1' }),
    event('kube.request', 40, { ...kube, uid: 'k2', 'addr.remote': '192.0.2.7:50999' }),
    event('auth', 50, { ...who, error: 'no such role' }),
  );
  const found = sessions.map(({ session, events }) => [
    session.protocol,
    session.denyReason,
    events.map(({ code }) => code).join(' '),
  ]);
  expect(found).toEqual([
    ['HTTP', 'invalid second factor', ''],
    ['HTTP', null, ''],
    ['SSH', null, 'cmd'],
    ['KUBERNETES', null, 'k8s k8sr k8s k8sr'],
    ['SSH', 'no such role', ''],
  ]);
});

test('a session of which only the end is in the log is there; one of which the end is missing ends at its last event', async () => {
  const { sessions, skips } = await read(
    event('session.end', 5000, { sid: 'end', ...who, session_start: new Date(startMs - 5000).toISOString() }),
    event('session.start', 6000, { sid: 'open', ...who }),
    event('session.command', 7000, { sid: 'open', path: 'ls' }),
    event('session.command', 7000, { sid: 'unknown', path: 'ls' }),
    event('cert.create', 7000, {}),
    event('print', 7000, { bytes: 4 }),
    '{"event":"x"}',
    '[]',
    'no JSON',
  );
  expect(sessions.map(({ session, end }) => [session.startedAtMs - startMs, (end?.endedAtMs ?? 0) - startMs])).toEqual([
    [-5000, 5000],
    [6000, 7000],
  ]);
  expect(skips.map(({ line, reason }) => `${line}: ${reason}`)).toEqual([
    '4: session.command: of a session whose beginning is not in the log',
    '5: cert.create: of no session',
    '6: print: an audit log does not hold what was printed',
    '7: the audit event has no time',
    '9: not JSON',
  ]);
});

test('more sessions than a reader may have open are closed at their last events, the oldest first', async () => {
  const lines = Array.from({ length: 6000 }, (_, at) => [
    event('session.start', at, { sid: `s${at}`, ...who }),
    event('kube.request', at, { ...who, user: `user ${at}`, verb: 'GET', request_path: '/' }),
    event('exec', at, { ...who, command: 'true' }),
  ]);
  const { sessions } = await read(...lines.flat());
  expect(sessions).toHaveLength(18_000);
  expect(sessions.find(({ key }) => key === 's0')?.end).toMatchObject({ reason: 'the log does not say when it ended' });
});
