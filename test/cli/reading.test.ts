/* oxlint-disable no-control-regex -- what a terminal is sent */
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Ended,
  projectRoot,
  runProgram,
  sample,
  type ServerProcess,
  startServerProcess,
  temporaryFolder,
} from './program.ts';
import { startAnyInTerminal, startInTerminal } from './recorder.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess;
let data: string;
/** Ids by protocol of what the samples became. */
let terminal: string;
let web: string;

type Listed = { readonly sessionId: string; readonly protocol: string; readonly startedAt: string };
const linesOf = ({ stdout }: Ended): readonly Listed[] =>
  stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Listed]));

beforeAll(async () => {
  folder = await temporaryFolder();
  data = path.join(folder.path, 'data');
  const files = ['fish-prompt-emoji.cast', 'shell-first-steps.cast'].map(sample);
  const har = path.join(folder.path, 'page.har');
  await writeFile(har, JSON.stringify(smallHar));
  const imported = await runProgram(['import', '--data', data, ...files, har]);
  expect(imported).toMatchObject({ code: 0 });
  server = await startServerProcess(data);
  const listed = linesOf(await read('list', '--json'));
  terminal = listed.find(({ protocol }) => protocol === 'SSH')?.sessionId ?? '';
  web = listed.find(({ protocol }) => protocol === 'HTTP')?.sessionId ?? '';
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const exchange = {
  startedDateTime: '2026-11-22T14:05:00.000Z',
  time: 12,
  request: {
    method: 'GET',
    url: 'https://shop.example/',
    httpVersion: 'HTTP/1.1',
    headers: [],
    queryString: [],
    cookies: [],
    headersSize: -1,
    bodySize: 0,
  },
  response: {
    status: 200,
    statusText: 'OK',
    httpVersion: 'HTTP/1.1',
    headers: [],
    cookies: [],
    content: { size: 2, mimeType: 'text/plain', text: 'ok' },
    redirectURL: '',
    headersSize: -1,
    bodySize: 2,
  },
  cache: {},
  timings: { send: 1, wait: 10, receive: 1 },
};
const smallHar = { log: { version: '1.2', creator: { name: 'test', version: '1' }, entries: [exchange] } };

/** From the folder. */
const read = (verb: string, ...words: readonly string[]): Promise<Ended> =>
  runProgram([verb, ...words, '--data', data]);
/** From the server. */
const readAfar = (verb: string, ...words: readonly string[]): Promise<Ended> =>
  runProgram([verb, ...words], { env: { REELTIME_SERVER: server.url, REELTIME_TOKEN: server.token } });

test('what is printed is the same from a data folder and from a server', async () => {
  for (const words of [
    ['list', '--csv', '--order', 'duration', '--asc', '--protocol', 'ssh'],
    ['play', web],
  ] as const) {
    const [verb, ...rest] = words;
    const [here, afar] = await Promise.all([read(verb, ...rest), readAfar(verb, ...rest)]);
    expect({ words, code: here.code, empty: here.stdout === '' }).toEqual({ words, code: 0, empty: false });
    expect({ words, ...afar }).toEqual({ words, ...here });
  }
});

test('a list goes on after its cursor, and --all has them all', async () => {
  const whole = linesOf(await read('list', '--json', '--all'));
  expect(whole).toHaveLength(3);
  const first = await read('list', '--json', '--limit', '2');
  const cursor = /--after (\S+)/.exec(first.stderr)?.[1] ?? '';
  const rest = await read('list', '--json', '--limit', '2', '--after', cursor);
  expect([...linesOf(first), ...linesOf(rest)]).toEqual(whole);
  expect(rest.stderr).toBe('');
});

test('-o writes a file that is there whole, for its owner alone, and never over another', async () => {
  const files = path.join(folder.path, 'files');
  await mkdir(files);
  const [here, afar] = ['here', 'afar'].map((name) => path.join(files, `${name}.rec.zst`)) as [string, string];
  const saved = ['export', terminal, '--format', 'rec.zst', '-q', '-o'] as const;
  const ends = await Promise.all([read(...saved, here), readAfar(...saved, afar)]);
  for (const end of ends) expect(end).toEqual({ code: 0, stdout: '', stderr: '' });
  expect((await readFile(here)).equals(await readFile(afar))).toBe(true);
  expect((await stat(here)).mode & 0o777).toBe(0o600);
  const file = path.join(files, 'kept.cast');
  await writeFile(file, 'mine');
  const refused = await read('export', terminal, '-o', file);
  expect(refused).toMatchObject({ code: 2, stderr: `reeltime: ${file} is there already: --force writes over it\n` });
  expect(await readFile(file, 'utf8')).toBe('mine');
  expect(await read('export', terminal, '-q', '--force', '-o', file)).toMatchObject({ code: 0 });
  expect(JSON.parse((await readFile(file, 'utf8')).split('\n')[0] ?? '')).toMatchObject({ version: 2 });
  // What fails in the middle leaves nothing.
  expect(await read('export', web, '--format', 'cast', '-q', '-o', path.join(files, 'no.cast'))).toMatchObject({
    code: 1,
    stderr: 'reeltime: an asciicast is of a terminal, and this recording is HTTP\n',
  });
  expect((await readdir(files)).filter((name) => name.includes('no.cast') || name.endsWith('.part'))).toEqual([]);
});

/** Where nobody listens any more. */
const freeAddress = async (): Promise<string> => {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return `http://127.0.0.1:${port}`;
};

test('what keeps a server from answering is said in plain words', async () => {
  const at = (url: string, token: string, ...words: readonly string[]): Promise<Ended> =>
    runProgram(words, { env: { REELTIME_SERVER: url, REELTIME_TOKEN: token } });
  const nobody = await freeAddress();
  expect(await at(nobody, 'x', 'list')).toMatchObject({
    code: 1,
    stderr: `reeltime: the server at ${nobody} does not answer: nothing listens there\n`,
  });
  expect((await at(server.url, 'wrong', 'list')).stderr).toMatch(/token/);
  const none = '93227a7e-8724-4be5-a5c5-2729f615ac50';
  expect((await readAfar('play', none)).stderr).toContain('no such session');
  expect(await runProgram(['list', '--server', server.url])).toMatchObject({ code: 2 });
  expect(await runProgram(['list', '--server', server.url, '--data', data])).toMatchObject({ code: 2 });
  const tokenFile = path.join(folder.path, 'token');
  await writeFile(tokenFile, `${server.token}\n`);
  const listed = await runProgram(['list', '--server', `${server.url}/`, '--token-file', tokenFile]);
  expect(listed).toMatchObject({ code: 0, stderr: '' });
});

test('a server whose certificate nobody knows is refused with how to trust it, and read when it is trusted', async () => {
  const certificates = path.join(projectRoot, 'test/cli/certificates');
  const [cert, key] = ['first.cert.pem', 'first.key.pem'].map((name) => path.join(certificates, name));
  const words = ['--tls-cert', cert ?? '', '--tls-key', key ?? ''];
  await using secure = await startServerProcess(path.join(folder.path, 'secure'), words);
  const env = { REELTIME_SERVER: secure.url, REELTIME_TOKEN: secure.token };
  const refused = await runProgram(['list'], { env });
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toContain('NODE_EXTRA_CA_CERTS');
  const trusted = await runProgram(['list'], { env: { ...env, NODE_EXTRA_CA_CERTS: cert } });
  expect(trusted).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('bytes that are no text are not printed on a terminal, and a list fits it', async () => {
  using refused = startInTerminal(['export', terminal, '--format', 'rec.zst', '--data', data]);
  expect(await refused.ended).toBe(2);
  expect(refused.shown()).toContain('write it to a file with -o');
  using table = startInTerminal(['list', '--data', data], { columns: 60 });
  expect(await table.ended).toBe(0);
  const lines = table.shown().trimEnd().split('\r\n');
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^STARTED \(UTC\) +SESSION$/);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
});

/** The screen, in the end, of what was printed: to hold against what should be on it. */
const PLAYED = /\u001b\[H\u001b\[2J(?<output>[^]*)\u001b\[m\u001b\(B/u;

test('a recording plays on a terminal, which is as before when it ends', async () => {
  const cast = path.join(folder.path, 'small.cast');
  const hostile = '\u001b]52;c;cm0=\u0007\u001b[?1000h\u001b[c';
  const events = [
    [0.1, 'o', `one\r\n${hostile}`],
    [0.2, 'o', '\u001b[?1049h\u001b[?25ltwo'],
    [3600, 'o', 'three'],
  ];
  await writeFile(
    cast,
    [JSON.stringify({ version: 2, width: 120, height: 40 }), ...events.map((event) => JSON.stringify(event))].join(
      '\n',
    ),
  );
  const imported = await runProgram(['import', '--json', '--data', data, cast]);
  const { sessionId } = JSON.parse(imported.stdout) as { readonly sessionId: string };

  const piped = await read('play', sessionId, '--idle-limit', '0');
  expect(piped).toMatchObject({ code: 0, stdout: 'one\r\n\u001b[?1049h\u001b[?25ltwothree', stderr: '' });

  // Somebody ends it in the middle of the hour, in the other screen.
  using player = startInTerminal(['play', sessionId, '--data', data, '--speed', '2'], { columns: 80, rows: 24 });
  await player.shows('two');
  player.pty.write('q');
  expect(await player.ended).toBe(0);
  expect(player.shown()).toContain('the recording has 120x40 cells and this terminal 80x24');
  expect(player.shown()).not.toContain('three');
  for (const sent of ['\u001b]52', '\u001b[?1000h', '\u001b[c']) expect(player.shown()).not.toContain(sent);
  const output = PLAYED.exec(player.shown())?.groups?.['output'] ?? '';
  expect(output).toMatch(/two\u001b\[\?1049l$/);
  expect(player.shown()).toContain('\u001b[?25h');

  // From afar, forward by a key; and a signal leaves the terminal as well as it was.
  const env = { REELTIME_SERVER: server.url, REELTIME_TOKEN: server.token };
  using afar = startInTerminal(['play', sessionId, '--idle-limit', '4'], { env });
  await afar.shows('two');
  afar.pty.write('\u001b[C');
  await afar.shows('three');
  expect(await afar.ended).toBe(0);
  using stopped = startInTerminal(['play', sessionId, '--data', data, '--from', '0:00:01']);
  await stopped.shows('two');
  stopped.pty.kill('SIGTERM');
  await stopped.ended;
  expect(stopped.shown()).toMatch(/two\u001b\[\?1049l\u001b\[m[^]*\u001b\[\?25h\r\n/);
});

test('the terminal takes what is typed as before once a playing has ended', async () => {
  const words = `"${process.execPath}" src/cli/main.ts play ${terminal} --data '${data}' --idle-limit 0 > /dev/tty; stty -a`;
  using shell = startAnyInTerminal(['sh', '-c', words]);
  expect(await shell.ended).toBe(0);
  expect(shell.shown()).toMatch(/[^-]icanon/);
  expect(shell.shown()).toMatch(/[^-]opost/);
  expect(shell.shown()).toMatch(/[^-]echo /);
});

test('a live recording is followed to its end, from the folder and from the server', async () => {
  const spool = path.join(folder.path, 'spool');
  const words = [
    'record',
    '--data',
    data,
    '--spool',
    spool,
    '--socket',
    'live-one',
    '--',
    'sh',
    '-c',
    'echo begun; read line; echo "got $line"',
  ];
  using recorded = startInTerminal(words);
  await recorded.shows('begun');
  const found = async (): Promise<string> => {
    for (;;) {
      const [only] = linesOf(await read('list', '--json', '--socket', 'live-one'));
      if (only !== undefined) return only.sessionId;
    }
  };
  const sessionId = await found();
  using here = startInTerminal(['play', sessionId, '--data', data]);
  const env = { REELTIME_SERVER: server.url, REELTIME_TOKEN: server.token };
  using afar = startInTerminal(['play', sessionId], { env });
  await Promise.all([here.shows('begun'), afar.shows('begun')]);
  recorded.pty.write('a word\r');
  await Promise.all([here.shows('got a word'), afar.shows('got a word')]);
  expect(await Promise.all([recorded.ended, here.ended, afar.ended])).toEqual([0, 0, 0]);
});
