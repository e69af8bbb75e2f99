import { once } from 'node:events';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { withinRequest } from '../../src/api/request-context.ts';
import { makeLog } from '../../src/cli/log.ts';
import { terminalLines } from '../../src/cli/terminal-lines.ts';
import type { LogLevel } from '../../src/cli/settings.ts';
import { ended, startServerProcess, temporaryFolder } from './program.ts';

const logInto = (lines: string[], level: LogLevel = 'info') =>
  makeLog(level, { write: (line) => void lines.push(line) });

test('lines that are written within a request name it, others name none', async () => {
  const lines: string[] = [];
  const log = logInto(lines);
  await withinRequest({ requestId: 'a-request' }, async () => {
    await Promise.resolve();
    log('info', 'within', {});
  });
  log('info', 'without', {});
  const [within, without] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(within).toMatchObject({ level: 'info', requestId: 'a-request', msg: 'within' });
  expect(without).not.toHaveProperty('requestId');
});

test('what a secret is named by is never written, however it came into the fields', () => {
  const lines: string[] = [];
  const error = Object.assign(new Error('it failed'), { headers: { cookie: 'hidden' }, token: 'hidden' });
  logInto(lines)('error', 'careless', {
    token: 'hidden',
    authorization: 'Bearer hidden',
    request: { headers: { 'x-access-token': 'hidden' } },
    socket: { connectionParams: { token: 'hidden' } },
    error,
  });
  expect(lines.join('')).not.toContain('hidden');
  expect(lines.join('')).toContain('[redacted]');
});

test('before a terminal the lines are for people, and nothing in them moves its cursor or pretends to be a line', () => {
  let written = '';
  const log = makeLog(
    'info',
    terminalLines((text) => (written += text)),
  );
  log('warn', 'a name \u001b[2J\nlisten: \u202e', {
    path: '/a\u001b]0;title\u0007\r\nINFO all is well',
    error: new Error('x\u009b1A'),
  });
  // oxlint-disable-next-line no-control-regex -- colours are what this program itself writes
  const text = written.replaceAll(/\u001b\[\d*m/g, '');
  expect(text).toContain(String.raw`a name \u{1b}[2J\u{a}listen: \u{202e}`);
  expect(text).toContain('/a');
  expect(text).toMatch(/\n {4,}at /);
  // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(text).not.toMatch(/^INFO all is well/m);
});

test('a server that logs everything says each request with its id, and no token wherever one was put', async () => {
  await using folder = await temporaryFolder();
  const server = await startServerProcess(folder.path, ['--log-level', 'debug']);
  const said = server.child.stderr;
  if (said === null) throw new Error('started without pipes');
  let log = '';
  said.on('data', (piece: Buffer) => (log += piece.toString()));
  const beforeSecret = 'rt_0123456789ab_';
  const wrong = `${beforeSecret}${'w'.repeat(43)}`;
  const ids: (string | null)[] = [];
  for (const token of [server.token, wrong]) {
    const places: readonly (readonly [path: string, headers: Record<string, string>])[] = [
      ['/api/v1/sessions?page_size=1', { 'x-access-token': token }],
      ['/api/v1/sessions', { authorization: `Bearer ${token}` }],
      ['/api/v1/sessions', { authorization: `Basic ${token}` }],
      ['/api/v1/sessions', { cookie: `__Host-reeltime=${token}; reeltime=${token}; token=${token}` }],
      [`/api/v1/sessions?token=${token}`, {}],
      [`/graphql?query={viewer{name}}&access_token=${token}`, {}],
      [`/recordings/${token}`, {}],
      ['/nowhere', { 'user-agent': token, referer: `http://a/${token}` }],
    ];
    for (const [path, headers] of places) {
      const response = await fetch(server.url + path, { headers });
      ids.push(response.headers.get('x-request-id'));
    }
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql?token=${token}`, 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { token } }));
    await Promise.race([once(socket, 'message'), once(socket, 'close')]);
    socket.terminate();
  }
  const stopped = ended(server.child).catch(() => null);
  server.child.kill('SIGTERM');
  await stopped;
  const lines = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const id of ids)
    expect(lines.filter(({ requestId, msg }) => requestId === id && msg === 'request')).toHaveLength(1);
  const atUrl = lines.filter(({ requestId }) => requestId === ids[4]);
  expect(atUrl).toMatchObject([{ level: 'info', method: 'GET', path: '/api/v1/sessions', status: 401, actor: null }]);
  expect(lines).toContainEqual(expect.objectContaining({ level: 'debug', actor: 'admin', status: 200 }));
  for (const token of [server.token, wrong]) {
    expect(log).not.toContain(token.slice(beforeSecret.length));
  }
});
