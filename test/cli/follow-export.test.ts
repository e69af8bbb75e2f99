import { once } from 'node:events';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { cursorFileAt } from '../../src/cli/export-cursor-file.ts';
import { ask, runProgram, sample, startProgram, startServerProcess, temporaryFolder } from './program.ts';

const openSession = `mutation { openSession(input: { protocol: SSH, user: { email: "ann@example.com" }, socket: { name: "s" },
  client: { ip: "192.0.2.7" }, server: { name: "h", port: 22 } }) { ... on OpenSessionPayload { session { sessionId } } } }`;

type Opened = { readonly data: { readonly openSession: { readonly session: { readonly sessionId: string } } } };

const open = async (server: Parameters<typeof ask>[0]): Promise<string> =>
  ((await ask(server, openSession)) as Opened).data.openSession.session.sessionId;

/** The program that follows, and the ids that it has printed. */
const follow = (data: string, cursorFile: string) => {
  const child = startProgram(['export', '--follow', '--data', data, '--cursor-file', cursorFile]);
  if (child.stdout === null) throw new Error('started without pipes');
  const seen: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => seen.push((JSON.parse(line) as { readonly sessionId: string }).sessionId));
  return {
    child,
    seen,
    /** Resolves when the session was printed. */
    until: async (sessionId: string): Promise<void> => {
      while (!seen.includes(sessionId)) await once(lines, 'line');
    },
    end: async (signal: NodeJS.Signals): Promise<void> => {
      const closed = once(child, 'close');
      child.kill(signal);
      await closed;
    },
  };
};

test(
  'a follower that is killed, and a server that is, lose nothing; SIGTERM ends it well',
  { timeout: 60_000 },
  async () => {
    await using folder = await temporaryFolder();
    const cursorFile = path.join(folder.path, 'cursor');
    const data = path.join(folder.path, 'data');
    const opened: string[] = [];
    let first;
    {
      await using server = await startServerProcess(data);
      opened.push(await open(server), await open(server));
      first = follow(data, cursorFile);
      await first.until(opened[1] ?? '');
      await first.end('SIGKILL');
      opened.push(await open(server));
    }
    // The server was killed; the follower waits for another one, at another address.
    const second = follow(data, cursorFile);
    if (second.child.stderr === null) throw new Error('started without pipes');
    await once(second.child.stderr, 'data');
    await using again = await startServerProcess(data);
    opened.push(await open(again));
    await second.until(opened[3] ?? '');
    await second.end('SIGTERM');
    expect(second.child.exitCode).toBe(0);
    expect(new Set([...first.seen, ...second.seen])).toEqual(new Set(opened));
    expect((await readFile(cursorFile, 'utf8')).trim()).toMatch(/^[0-9a-f]+\.[0-9a-z]+$/);
  },
);

test('a cursor of another log ends it with a word on what to do', { timeout: 30_000 }, async () => {
  await using folder = await temporaryFolder();
  const data = path.join(folder.path, 'data');
  await using server = await startServerProcess(data);
  const words = ['export', '--follow', '--events', '--format', 'ocsf', '--after', 'ffffffff.1.1.1'];
  const options = { env: { REELTIME_TOKEN: server.token } };
  const { code, stderr } = await runProgram([...words, '--server', server.url], options);
  expect(code).toBe(1);
  expect(stderr).toContain('another log of changes');
});

test.each([
  [['--follow', '--format', 'cast'], '--follow writes native, ocsf, ecs, not cast'],
  [['--follow', '93227a7e-8724-4be5-a5c5-2729f615ac50'], '--follow is of all sessions'],
  [['--events', '93227a7e-8724-4be5-a5c5-2729f615ac50'], 'are for --follow'],
  [['--format', 'ecs', '93227a7e-8724-4be5-a5c5-2729f615ac50'], '--format ecs is for --follow'],
  [[], "export needs a session's UUID, or --follow"],
])('export %j says what is wrong', async (words, message) => {
  const { code, stderr } = await runProgram(['export', '--data', sample('nowhere'), ...words]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test('a cursor file is whole or not there, and what is no cursor is refused', async () => {
  await using folder = await temporaryFolder();
  const file = cursorFileAt(path.join(folder.path, 'cursor'));
  expect(await file.read()).toBeNull();
  await file.write('0a1b2c3d.zz');
  expect(await file.read()).toBe('0a1b2c3d.zz');
  await writeFile(path.join(folder.path, 'cursor'), 'two words\n');
  await expect(file.read()).rejects.toThrow('holds no cursor');
});

test('a cursor that could not be kept is said before anything is printed, and no link is followed to keep it', async () => {
  await using folder = await temporaryFolder();
  const [named, place] = [path.join(folder.path, 'named'), path.join(folder.path, 'cursor')];
  await expect(cursorFileAt(path.join(folder.path, 'nowhere', 'cursor')).read()).rejects.toThrow(
    'could not be written',
  );
  await writeFile(named, 'mine');
  await symlink(named, `${place}.new`);
  const file = cursorFileAt(place);
  await file.write('0a1b2c3d.1');
  expect([await file.read(), await readFile(named, 'utf8')]).toEqual(['0a1b2c3d.1', 'mine']);
});
