import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { secrets } from '../../src/cli/secrets.ts';
import { toolTest } from '../require.ts';
import { tinyMaxmindFile } from '../format/geoip/tiny-maxmind-file.ts';
import { ask, ended, runProgram, sample, startServerProcess, temporaryFolder } from './program.ts';

const run = promisify(execFile);

test('the admin token is made on first start, for this user alone, and the catalog has only its SHA-256', async () => {
  await using folder = await temporaryFolder();
  const data = path.join(folder.path, 'data');
  await using server = await startServerProcess(data);
  expect(server.token).toMatch(/^rt_[0-9a-f]{12}_[\w-]{43}$/);
  expect((await stat(path.join(data, 'admin-token'))).mode & 0o777).toBe(0o600);
  expect((await stat(data)).mode & 0o777).toBe(0o700);
  for (const file of ['catalog.db', 'server.json'])
    expect((await stat(path.join(data, file))).mode & 0o777).toBe(0o600);
  expect(await ask(server, '{ viewer { name role } }')).toMatchObject({
    data: { viewer: { name: 'admin', role: 'ADMIN' } },
  });
  const stopped = once(server.child, 'exit');
  server.child.kill('SIGTERM');
  await stopped;
  const database = new Database(path.join(data, 'catalog.db'), { readonly: true });
  const rows = database.prepare('SELECT sha256 FROM tokens').all();
  database.close();
  expect(rows).toEqual([{ sha256: Buffer.from(secrets.sha256(server.token)) }]);
  const bytes = await readFile(path.join(data, 'catalog.db'));
  expect(bytes.includes(server.token)).toBe(false);
});

test('the token stays the same at the next start, and one of the environment takes its place', async () => {
  await using folder = await temporaryFolder();
  const first = await startServerProcess(folder.path);
  await first[Symbol.asyncDispose]();
  await using second = await startServerProcess(folder.path);
  expect(second.token).toBe(first.token);
  await second[Symbol.asyncDispose]();
  const chosen = 'chosen-by-people-and-long-enough';
  await using third = await startServerProcess(folder.path, [], { env: { REELTIME_ADMIN_TOKEN: chosen } });
  expect(await ask(third, '{ viewer { name } }')).toMatchObject({ data: { viewer: { name: 'admin' } } });
  expect(await ask({ ...third, token: first.token }, '{ viewer { name } }')).not.toHaveProperty('data');
});

toolTest('curl')('every curl line of the greeting works when it is pasted into a shell', async () => {
  await using folder = await temporaryFolder();
  await using server = await startServerProcess(path.join(folder.path, "it's a folder"));
  const lines = server.greeting.split('\n').flatMap((line) => /(curl .*)$/.exec(line)?.[1] ?? []);
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    const { stdout } = await run('bash', ['-c', line]);
    expect(JSON.parse(stdout)).not.toHaveProperty('error');
    expect(JSON.parse(stdout)).not.toHaveProperty('errors');
  }
});

test('SIGTERM ends it with exit code 0 within seconds, and takes back what it told the verbs of this machine', async () => {
  await using folder = await temporaryFolder();
  await using server = await startServerProcess(folder.path);
  const exited = once(server.child, 'exit');
  server.child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  await expect(stat(path.join(folder.path, 'server.json'))).rejects.toThrow('ENOENT');
});

test('a second server on the same folder is refused and says why; a kill -9 of the first frees it at once', async () => {
  await using folder = await temporaryFolder();
  await using first = await startServerProcess(folder.path);
  const second = await runProgram(['serve', '--data', folder.path, '--listen', '127.0.0.1:0']);
  expect(second).toEqual({
    code: 3,
    stdout: '',
    stderr: `reeltime: another reeltime writes to the data folder ${folder.path}: only one may\n`,
  });
  const exited = once(first.child, 'exit');
  first.child.kill('SIGKILL');
  await exited;
  await using third = await startServerProcess(folder.path);
  expect(await ask(third, '{ viewer { name } }')).toMatchObject({ data: { viewer: { name: 'admin' } } });
});

test('verbs that read work beside a server, and an import goes through it', async () => {
  await using folder = await temporaryFolder();
  await using server = await startServerProcess(folder.path);
  const file = sample('fish-prompt-emoji.cast');
  const imported = await runProgram(['import', '--json', '--data', folder.path, '--email', 'maya@example.com', file]);
  expect(imported.code).toBe(0);
  const outcome = JSON.parse(imported.stdout) as { sessionId: string; recordingId: string };
  expect(outcome).toMatchObject({ file, status: 'imported', events: 170, reason: null, line: null });
  expect(await ask(server, '{ sessions(first: 1) { nodes { sessionId user { email } } } }')).toMatchObject({
    data: { sessions: { nodes: [{ sessionId: outcome.sessionId, user: { email: 'maya@example.com' } }] } },
  });
  const listed = await runProgram(['list', '--data', folder.path]);
  expect(listed.stdout).toContain(outcome.sessionId);
  expect((await runProgram(['show', outcome.sessionId, '--data', folder.path])).stdout).toContain('maya@example.com');
  // The server seals soon after; until then the recording is read as it is.
  const exported = await runProgram(['export', outcome.sessionId, '--data', folder.path]);
  expect(exported.stdout.split('\n')).toHaveLength(172);
  expect((await runProgram(['verify', outcome.sessionId, '--data', folder.path])).stdout).toBe(
    '1 recordings hold, 0 do not\n',
  );
  await server[Symbol.asyncDispose]();
  const again = await runProgram(['import', '--json', '--data', folder.path, '--email', 'maya@example.com', file]);
  expect(JSON.parse(again.stdout)).toMatchObject({ status: 'known', sessionId: outcome.sessionId });
});

test('what a verb that reads cannot find is said, with exit code 1', async () => {
  await using folder = await temporaryFolder();
  const server = await startServerProcess(folder.path);
  await server[Symbol.asyncDispose]();
  const id = '93227a7e-8724-4be5-a5c5-2729f615ac50';
  for (const verb of ['show', 'export', 'verify']) {
    const { code, stdout, stderr } = await runProgram([verb, id, '--data', folder.path]);
    expect({ verb, code, stdout }).toEqual({ verb, code: 1, stdout: '' });
    expect(stderr).toContain('no such session');
  }
  const nowhere = await runProgram(['list', '--data', path.join(folder.path, 'nowhere')]);
  expect(nowhere.code).toBe(1);
});

test('a newer data folder is refused by the name of its version', async () => {
  await using folder = await temporaryFolder();
  const server = await startServerProcess(folder.path);
  await server[Symbol.asyncDispose]();
  const database = new Database(path.join(folder.path, 'catalog.db'));
  database.prepare('INSERT INTO kysely_migration (name, timestamp) VALUES (?, ?)').run('0099-of-the-future', '2030');
  database.close();
  for (const words of [['serve', '--listen', '127.0.0.1:0'], ['list']]) {
    const { code, stderr } = await runProgram([...words, '--data', folder.path]);
    expect(code).toBe(4);
    expect(stderr).toContain('the data folder is of version 0099-of-the-future');
  }
});

test('a catalog that is none is refused, and left as it is', async () => {
  await using folder = await temporaryFolder();
  const garbage = Buffer.alloc(8192, 'this is no database ');
  await writeFile(path.join(folder.path, 'catalog.db'), garbage);
  const { code, stderr } = await runProgram(['serve', '--data', folder.path, '--listen', '127.0.0.1:0']);
  expect(code).not.toBe(0);
  expect(stderr).toContain('not a database');
  expect(await readFile(path.join(folder.path, 'catalog.db'))).toEqual(garbage);
});

test('an address that is taken is said', async () => {
  await using folder = await temporaryFolder();
  await using server = await startServerProcess(path.join(folder.path, 'one'));
  const { host } = new URL(server.url);
  const second = await runProgram(['serve', '--data', path.join(folder.path, 'two'), '--listen', host]);
  expect(second.code).toBe(1);
  expect(second.stderr).toContain('EADDRINUSE');
});

test('the demo takes in the samples and moves: live sessions begin, grow, and can be killed', async () => {
  await using folder = await temporaryFolder();
  await using server = await startServerProcess(folder.path, ['--demo']);
  const running = '{ sessions(first: 1, filter: { statuses: [ACTIVE] }) { nodes { sessionId recordingState } } }';
  const sessionId = await expect
    .poll(async () => firstSession(await ask(server, running)), { timeout: 20_000 })
    .not.toBeNull()
    .then(async () => firstSession(await ask(server, running)));
  const all = (await ask(server, '{ sessions { totalCount } }')) as { data: { sessions: { totalCount: number } } };
  expect(all.data.sessions.totalCount).toBeGreaterThan(8);
  expect(
    await ask(
      server,
      `mutation { killSession(input: { sessionId: "${sessionId}", reason: "a test" }) { __typename } }`,
    ),
  ).toMatchObject({ data: { killSession: { __typename: 'KillSessionPayload' } } });
  const state = `{ session(sessionId: "${sessionId}") { status recordingState kill { requestedBy reason } } }`;
  await expect
    .poll(() => ask(server, state), { timeout: 20_000 })
    .toMatchObject({
      data: {
        session: { status: 'KILLED', recordingState: 'COMPLETE', kill: { requestedBy: 'admin', reason: 'a test' } },
      },
    });
  const stopped = ended(server.child).catch(() => null);
  server.child.kill('SIGTERM');
  await stopped;
  expect(server.child.exitCode).toBe(0);
  const listed = await runProgram(['list', '--data', folder.path, '--json', '--limit', '100']);
  const sessions = listed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly status: string; readonly protocol: string });
  expect(new Set(sessions.map(({ status }) => status))).toEqual(new Set(['ENDED', 'KILLED', 'DENIED']));
  expect(new Set(sessions.map(({ protocol }) => protocol))).toEqual(new Set(['SSH', 'HTTP', 'DATABASE', 'KUBERNETES']));
});

const firstSession = (answer: unknown): string | null => {
  const { data } = answer as { data: { sessions: { nodes: readonly { sessionId: string }[] } } };
  return data.sessions.nodes[0]?.sessionId ?? null;
};

test('a session keeps where its client was found when it began', async () => {
  await using folder = await temporaryFolder();
  const geoip = path.join(folder.path, 'city.mmdb');
  const record = { city: 'London', country_code: 'GB', latitude: 51.5, longitude: -0.09, state1: 'England' };
  await writeFile(geoip, tinyMaxmindFile(4, 'city', { '81.2.69.0/24': record }));
  await using server = await startServerProcess(path.join(folder.path, 'data'), ['--geoip', geoip]);
  const location = async (ip: string): Promise<unknown> => {
    const input = `protocol: SSH, user: {identity: "ann"}, socket: {name: "s"}, client: {ip: "${ip}"}, server: {name: "h", port: 22}`;
    return ask(
      server,
      `mutation { openSession(input: {${input}}) { ... on OpenSessionPayload { session { client { location { city region countryCode } } } } } }`,
    );
  };
  expect(await location('81.2.69.142')).toEqual({
    data: {
      openSession: { session: { client: { location: { city: 'London', region: 'England', countryCode: 'GB' } } } },
    },
    extensions: expect.anything(),
  });
  expect(await location('10.1.2.3')).toMatchObject({
    data: { openSession: { session: { client: { location: null } } } },
  });
  await server[Symbol.asyncDispose]();
  const log = path.join(folder.path, 'auth.log');
  await writeFile(log, 'Nov  2 15:40:14 host sshd[28179]: Invalid user oracle from 81.2.69.7 port 53502\n');
  await runProgram(['import', '--quiet', '--data', path.join(folder.path, 'data'), '--geoip', geoip, log]);
  const listed = await runProgram(['list', '--data', path.join(folder.path, 'data'), '--json', '--user', 'oracle']);
  expect(JSON.parse(listed.stdout)).toMatchObject({ client: { ip: '81.2.69.7', location: { city: 'London' } } });
  await writeFile(geoip, 'no such file');
  const refused = await runProgram(['serve', '--data', path.join(folder.path, 'other'), '--geoip', geoip]);
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.stderr).toContain(`--geoip ${geoip}: it is no MaxMind file of format 2`);
});
