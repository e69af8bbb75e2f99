import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram, type ServerProcess, startProgram, startServerProcess, temporaryFolder } from './program.ts';
import {
  bytesOf,
  eventsOf,
  main,
  runs,
  sessionOn,
  sessionsOf,
  startAnyInTerminal,
  startInTerminal,
} from './recorder.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess;
let data: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  data = path.join(folder.path, 'data');
  server = await startServerProcess(data);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Words that record to a data folder, with a spool beside it. */
const recording = (socket: string, words: readonly string[], command: readonly string[], at = data): string[] =>
  ['record', '--data', at, '--spool', `${at}-spool`, '--socket', socket].concat(words, '--', command);
const shell = (script: string): readonly string[] => ['sh', '-c', script];

/** Runs it to its end with its output as bytes. */
const runForBytes = async (
  words: readonly string[],
): Promise<{ code: number | null; stdout: Buffer; stderr: string }> => {
  const child = startProgram(words);
  if (child.stdin === null || child.stdout === null || child.stderr === null) throw new Error('started without pipes');
  child.stdin.end();
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([buffer(child.stdout), text(child.stderr)]);
  await closed;
  return { code: child.exitCode, stdout, stderr };
};

test('what a command printed is shown and recorded byte for byte, whatever it is, and its exit status is handed on', async () => {
  const script = String.raw`stty -opost; printf 'caf\303'; sleep 0.1; printf '\251 \377\376\n'; head -c 700000 /dev/urandom; exit 7`;
  const { code, stdout, stderr } = await runForBytes(recording('bytes', [], shell(script)));
  expect({ code, stderr }).toEqual({ code: 7, stderr: '' });
  expect(stdout.subarray(0, 9)).toEqual(Buffer.from('636166c3a920fffe0a', 'hex'));
  expect(stdout.length).toBe(700_009);
  const session = await sessionOn(server, 'bytes');
  const events = await eventsOf(server, session);
  expect(bytesOf(events, 'o').equals(stdout)).toBe(true);
  expect(events.at(-1)?.slice(1)).toEqual(['x', 7, null]);
  expect(session).toMatchObject({ status: 'ENDED', kill: null });
  expect(await readdir(`${data}-spool`)).toEqual([]);
});

test('a command that a signal ended is 128 and its number, and one that is not there begins no session', async () => {
  const { code } = await runForBytes(recording('signal', [], shell('kill -TERM $$')));
  expect(code).toBe(143);
  expect((await eventsOf(server, await sessionOn(server, 'signal'))).at(-1)?.slice(1)).toEqual(['x', null, 'SIGTERM']);
  const before = (await sessionsOf(server)).length;
  expect(await runProgram(recording('none', [], ['no-such-command']))).toMatchObject({ code: 127 });
  expect(await sessionsOf(server)).toHaveLength(before);
});

test('a terminal has its size handed on and recorded, also when it changes', async () => {
  const script = 'stty size; trap "stty size; exit 0" WINCH; echo ready; while :; do sleep 0.02; done';
  using person = startInTerminal(recording('resize', [], shell(script)));
  await person.shows('ready');
  expect(person.shown()).toContain('30 100');
  person.pty.resize(120, 40);
  await person.shows('40 120');
  expect(await person.ended).toBe(0);
  const session = await sessionOn(server, 'resize');
  expect(session.recording).toMatchObject({ columns: 100, rows: 30 });
  const resizes = (await eventsOf(server, session)).filter(([, code]) => code === 'r');
  expect(resizes.map((event) => event.slice(1))).toEqual([['r', 120, 40]]);
});

test('the person has the terminal back as it was, whoever ended the command', async () => {
  const words = recording('given back', [], shell('echo ready; kill -TERM $PPID; sleep 1000'));
  const quoted = [process.execPath, main, ...words].map((word) => `'${word}'`).join(' ');
  using person = startAnyInTerminal(['sh', '-c', `stty -g; ${quoted}; echo "ended with $?"; stty -g`]);
  expect(await person.ended).toBe(0);
  const [before, ready, ended, after] = person.shown().trim().split('\r\n');
  expect([ready, ended, after]).toEqual(['ready', 'ended with 143', before]);
});

test.for([
  [true, ['--input'], 'it is a secret\r'],
  [false, [], ''],
] as const)(
  'what is typed reaches the command, and is recorded only with --input: %s',
  async ([isRecorded, words, typed]) => {
    const socket = `input ${isRecorded}`;
    using person = startInTerminal(
      recording(socket, words, shell('stty -echo; echo ready; read line; echo "got $line"')),
    );
    await person.shows('ready');
    person.pty.write('it is a secret\r');
    await person.shows('got it is a secret');
    expect(await person.ended).toBe(0);
    expect(bytesOf(await eventsOf(server, await sessionOn(server, socket)), 'i').toString()).toBe(typed);
  },
);

test('killed: the person reads who and why, every process is gone though it ignores SIGHUP, all it printed is there, the cut is confirmed', async () => {
  // With job control the child is in a process group of its own.
  const script = 'set -m; trap "" HUP; sleep 1000 & echo "child $!"; echo last words; wait; wait';
  using person = startInTerminal(recording('killed', [], shell(script)));
  const shown = await person.shows(/last words/);
  const child = Number(/child (\d+)/.exec(shown)?.[1]);
  const { socketId, sessionId } = await sessionOn(server, 'killed');
  const response = await fetch(`${server.url}/api/v1/session/${socketId}/${sessionId}`, {
    method: 'PUT',
    headers: { 'x-access-token': server.token, 'content-type': 'application/json' },
    body: JSON.stringify({ killed: true }),
  });
  expect(response.status).toBe(200);
  expect(await person.ended).toBe(137);
  expect(person.shown()).toContain('this session was killed by admin');
  expect(runs(child)).toBe(false);
  const session = await sessionOn(server, 'killed');
  expect(session).toMatchObject({ status: 'KILLED', kill: { requestedBy: 'admin', confirmedAt: expect.any(String) } });
  const events = await eventsOf(server, session);
  expect(bytesOf(events, 'o').toString()).toMatch(new RegExp(`^child ${child}\r\nlast words\r\n`));
  expect(events.at(-1)?.slice(1)).toEqual(['x', null, 'SIGKILL']);
});

test('SIGTERM of the recorder ends the command and closes the session', async () => {
  const child = startProgram(recording('ended', [], shell('echo ready; sleep 1000')));
  if (child.stdout === null) throw new Error('started without pipes');
  for await (const line of createInterface({ input: child.stdout })) if (line.includes('ready')) break;
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(code).toBe(143);
  expect(await sessionOn(server, 'ended')).toMatchObject({ status: 'ENDED' });
});

test('a server that is killed under a running command and comes back has everything that was printed', async () => {
  await using own = await temporaryFolder();
  const at = path.join(own.path, 'data');
  const first = await startServerProcess(at);
  const child = startProgram(recording('restart', [], shell('while read line; do echo "got $line"; done'), at));
  if (child.stdin === null || child.stdout === null) throw new Error('started without pipes');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let printed = '';
  const echo = async (word: string): Promise<void> => {
    child.stdin?.write(`${word}\n`);
    for (let line = ''; line !== `got ${word}`;) {
      line = (await lines.next()).value as string;
      printed += `${line}\r\n`;
    }
  };
  await echo('before');
  await first[Symbol.asyncDispose]();
  for (let count = 0; count < 50; count += 1) await echo(`while it is away ${count}`);
  await using second = await startServerProcess(at);
  await echo('after');
  child.stdin.end();
  await once(child, 'exit');
  const session = await sessionOn(second, 'restart');
  expect(session).toMatchObject({ status: 'ENDED' });
  expect(bytesOf(await eventsOf(second, session), 'o').toString()).toBe(printed);
  expect(await readdir(`${at}-spool`)).toEqual([]);
});

test('a recorder that is silent for longer than the lease loses its session, comes back to it, and nothing is missing', async () => {
  await using own = await temporaryFolder();
  const at = path.join(own.path, 'data');
  await using short = await startServerProcess(at, ['--lease', '1s']);
  const status = async (): Promise<string> => (await sessionOn(short, 'lost')).status;
  using person = startInTerminal(
    recording('lost', ['--heartbeat', '0.2'], shell('echo ready; while read line; do echo "got $line"; done'), at),
  );
  await person.shows('ready');
  person.pty.write('before\r');
  await person.shows('got before');
  person.pty.write('quiet\r');
  process.kill(person.pty.pid, 'SIGSTOP');
  await expect.poll(status, { timeout: 10_000 }).toBe('LOST');
  process.kill(person.pty.pid, 'SIGCONT');
  await person.shows('got quiet');
  await expect.poll(status, { timeout: 10_000 }).toBe('ACTIVE');
  person.pty.write('\u0004');
  expect(await person.ended).toBe(0);
  const session = await sessionOn(short, 'lost');
  expect(session).toMatchObject({ status: 'ENDED' });
  expect(person.shown()).toBe(bytesOf(await eventsOf(short, session), 'o').toString());
});

test('without a server everything is kept, also of a recorder that is killed, and a later run sends it', async () => {
  await using own = await temporaryFolder();
  const at = path.join(own.path, 'data');
  const kept = await runForBytes(recording('kept', [], shell('echo one; exit 3'), at));
  expect(kept.code).toBe(3);
  expect(kept.stderr).toMatch(
    /^reeltime: no server runs on .*: recorded, and sent later\n.*2 events are kept in .*\n$/s,
  );
  const torn = startProgram(recording('torn', [], shell('echo two; sleep 1000'), at));
  if (torn.stdout === null) throw new Error('started without pipes');
  for await (const line of createInterface({ input: torn.stdout })) if (line.includes('two')) break;
  torn.kill('SIGKILL');
  await once(torn, 'exit');
  const spooled = await readdir(`${at}-spool`, { recursive: true });
  const modes = spooled.map((name) => statSync(path.join(`${at}-spool`, name)).mode & 0o077);
  expect(modes.length).toBeGreaterThan(6);
  expect(new Set(modes)).toEqual(new Set([0]));
  await using later = await startServerProcess(at);
  const sent = await runProgram(['record', '--data', at, '--spool', `${at}-spool`, '--send-spooled']);
  expect(sent).toMatchObject({ code: 0, stderr: '2 sent, 0 kept, 0 refused\n' });
  for (const [socket, words] of [
    ['kept', 'one\r\n'],
    ['torn', 'two\r\n'],
  ] as const) {
    const session = await sessionOn(later, socket);
    expect(session).toMatchObject({ status: 'ENDED' });
    expect(bytesOf(await eventsOf(later, session), 'o').toString()).toBe(words);
  }
  expect(await readdir(`${at}-spool`)).toEqual([]);
});

test('--strict: no command without a server, and none that goes on when it was away for too long', async () => {
  await using own = await temporaryFolder();
  const at = path.join(own.path, 'data');
  const begun = path.join(own.path, 'begun');
  const refused = await runProgram(recording('strict', ['--strict'], ['touch', begun], at));
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('was not begun (--strict)') });
  expect(existsSync(begun)).toBe(false);
  const first = await startServerProcess(at);
  using person = startInTerminal(
    recording(
      'strict',
      ['--strict', '--away', '0.2'],
      shell('echo ready; while :; do echo more; sleep 0.05; done'),
      at,
    ),
  );
  await person.shows('ready');
  await first[Symbol.asyncDispose]();
  expect(await person.ended).toBe(137);
  expect(person.shown()).toMatch(/was away for 0\.2 s: the command was ended \(--strict\)/);
});

test('where nothing can be kept the command runs and it is said that it is not recorded; with --strict it does not begin', async () => {
  const words = ['record', '--data', data, '--spool', '/proc/none'];
  const open = await runProgram([...words, '--', 'echo', 'hi']);
  expect(open).toMatchObject({ code: 0, stdout: 'hi\r\n', stderr: expect.stringContaining('NOT RECORDED') });
  expect(await runProgram([...words, '--strict', '--', 'echo', 'hi'])).toMatchObject({ code: 1, stdout: '' });
});

test('beyond its limit the spool takes nothing more, the person is told once, and the recording says what is lost', async () => {
  await using own = await temporaryFolder();
  const at = path.join(own.path, 'data');
  const { stdout, stderr } = await runForBytes(recording('full', ['--spool-max', '0.05'], ['seq', '1', '40000'], at));
  expect(stderr.match(/NOT RECORDED/g)).toHaveLength(1);
  await using later = await startServerProcess(at);
  await runProgram(['record', '--data', at, '--spool', `${at}-spool`, '--send-spooled']);
  const events = await eventsOf(later, await sessionOn(later, 'full'));
  const kept = bytesOf(events, 'o');
  expect(stdout.subarray(0, kept.length).equals(kept)).toBe(true);
  expect(events.slice(-2).map((event) => event.slice(1))).toEqual([
    ['gap', expect.objectContaining({ lostBytes: stdout.length - kept.length })],
    ['x', 0, null],
  ]);
});

test('a token is read from a file or the environment, is not handed to the command, and is in no message', async () => {
  const file = path.join(folder.path, 'token');
  await writeFile(file, `${server.token}\n`);
  const words = ['record', '--server', server.url, '--spool', `${data}-spool`, '--socket', 'token'];
  const given = await runProgram([...words, '--token-file', file, '--', 'true']);
  expect(given).toMatchObject({ code: 0, stderr: '' });
  const onCommandLine = await runProgram([...words, '--token', server.token, '--', 'true']);
  expect([onCommandLine.code, onCommandLine.stderr]).toEqual([given.code, given.stderr]);
  const env = { REELTIME_TOKEN: server.token };
  const other = await runProgram([...words, '--', ...shell('echo "[$REELTIME_TOKEN]"')], { env });
  expect(other).toMatchObject({ code: 0, stdout: '[]\r\n' });
  const wrong = await runProgram([...words, '--strict', '--', 'true'], { env: { REELTIME_TOKEN: 'wrong-secret' } });
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).not.toContain('wrong-secret');
  expect(await runProgram([...words, '--', 'true'])).toMatchObject({ code: 2 });
  expect((await readFile(file, 'utf8')).trim()).toBe(server.token);
});
