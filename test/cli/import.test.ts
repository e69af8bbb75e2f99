import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { corpusDir, corpusTest, toolTest } from '../require.ts';
import { ended, runProgram, sample, startProgram, startServerProcess, temporaryFolder } from './program.ts';

type Outcome = {
  readonly file: string;
  readonly sessionId: string | null;
  readonly recordingId: string | null;
  readonly events: number;
  readonly status: 'imported' | 'known' | 'refused';
  readonly reason: string | null;
  readonly line: number | null;
};

const outcomesOf = (stdout: string): readonly Outcome[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Outcome);

const importJson = async (data: string, words: readonly string[], input?: string | Uint8Array) => {
  const { code, stdout, stderr } = await runProgram(
    ['import', '--json', '--data', data, ...words],
    input === undefined ? {} : { input },
  );
  return { code, stderr, outcomes: outcomesOf(stdout) };
};

const sizes = { version: 2, width: 80, height: 24, timestamp: 1_700_000_000 };
const cast = (...events: readonly unknown[]): string =>
  [sizes, ...events].map((line) => `${JSON.stringify(line)}\n`).join('');

const filesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true })).flatMap((entry) =>
    entry.isFile() ? entry.name : [],
  );

test('a file that is refused says why and at which line, leaves nothing, and the others go on', async () => {
  await using folder = await temporaryFolder();
  const files = path.join(folder.path, 'files');
  const data = path.join(folder.path, 'data');
  await mkdir(files);
  await writeFile(path.join(files, 'a.cast'), cast([0.5, 'o', 'good']));
  await writeFile(path.join(files, 'b.cast'), `${cast([0.5, 'o', 'x'], [0.7, 'o', 'y'])}not JSON\n`);
  await writeFile(path.join(files, 'c.cast'), '{"version": 5}\n');
  await writeFile(path.join(files, 'notes.txt'), 'no recording by its content');
  await writeFile(path.join(files, '.hidden'), 'and this one is left out');
  const { code, outcomes, stderr } = await importJson(data, [files, path.join(files, 'absent.cast')]);
  expect(code).toBe(1);
  expect(stderr).toBe('1 imported, 0 known, 4 refused\n');
  const byName = Object.fromEntries(outcomes.map((outcome) => [path.basename(outcome.file), outcome]));
  expect(byName['a.cast']).toMatchObject({ status: 'imported', events: 1, reason: null, line: null });
  expect(byName['b.cast']).toMatchObject({
    status: 'refused',
    sessionId: null,
    events: 0,
    reason: 'not JSON',
    line: 4,
  });
  expect(byName['c.cast']).toMatchObject({ status: 'refused', line: 1 });
  expect(byName['c.cast']?.reason).toContain('version 5');
  expect(byName['notes.txt']).toMatchObject({ status: 'refused', reason: 'no format that this program knows' });
  expect(byName['absent.cast']).toMatchObject({ status: 'refused' });
  const listed = await runProgram(['list', '--data', data, '--json']);
  expect(listed.stdout.trim().split('\n')).toHaveLength(1);
  expect(await filesIn(path.join(data, 'recordings'))).toHaveLength(1);
});

test('the same content is one session: named twice, compressed, from standard input, and again', async () => {
  await using folder = await temporaryFolder();
  const text = cast([0.25, 'o', 'zażółć'], [1, 'r', '100x30'], [2, 'o', '漢字']);
  const files = {
    'plain.cast': text,
    'also.cast': text,
    'small.cast.gz': gzipSync(text),
    'small.cast.zst': zstdCompressSync(text),
    'small.cast.z': deflateSync(text),
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(path.join(folder.path, name), bytes);
  const data = path.join(folder.path, 'data');
  const names = Object.keys(files).map((name) => path.join(folder.path, name));
  const first = await importJson(data, names);
  expect(first.code).toBe(0);
  expect(first.outcomes.map(({ status }) => status).sort()).toEqual(['imported', 'known', 'known', 'known', 'known']);
  const second = await importJson(data, ['-'], text);
  expect(second).toMatchObject({ code: 0, outcomes: [{ file: '-', status: 'known', events: 3 }] });
  expect(new Set([...first.outcomes, ...second.outcomes].map(({ sessionId }) => sessionId)).size).toBe(1);
});

test('options say who, what, where and when; the header says what they do not', async () => {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, 'one.cast');
  await writeFile(file, cast([1.5, 'o', 'x']));
  const words =
    `--user deploy --email d@example.com --user-name Deploy --socket prod-db --protocol DATABASE --upstream PostgreSQL
    --client-ip 2001:db8::7 --client-port 5123 --client-software psql/16 --server db.example.com:5432 --ssh-user root
    --auth-info ticket-7`.split(/\s+/);
  const { outcomes } = await importJson(folder.path, [...words, file]);
  const listed = await runProgram(['list', '--data', folder.path, '--json']);
  expect(JSON.parse(listed.stdout)).toMatchObject({
    sessionId: outcomes[0]?.sessionId,
    protocol: 'DATABASE',
    upstream: 'postgresql',
    status: 'ENDED',
    user: { identity: 'deploy', email: 'd@example.com', name: 'Deploy' },
    socket: { name: 'prod-db', protocol: 'DATABASE' },
    client: { ip: '2001:db8::7', port: 5123, software: 'psql/16' },
    server: { name: 'db.example.com', port: 5432 },
    sshUser: 'root',
    authInfo: 'ticket-7',
    startedAt: '2023-11-14T22:13:20.000Z',
    endedAt: '2023-11-14T22:13:21.500Z',
    durationSeconds: 1.5,
    recordingState: 'COMPLETE',
  });
});

test('an option that is wrong is told once, before anything is taken in', async () => {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, 'one.cast');
  await writeFile(file, cast([1, 'o', 'x']));
  const { code, stderr, outcomes } = await importJson(folder.path, ['--client-ip', '300.1.1.1', file]);
  expect({ code, outcomes }).toEqual({ code: 1, outcomes: [] });
  expect(stderr).toContain('reeltime: client.ip must be an IPv4 or IPv6 address\n');
});

test('where there is no terminal, a line says every few seconds how far it is; none with --quiet', async () => {
  await using folder = await temporaryFolder();
  const child = startProgram(['import', '--data', folder.path, '-']);
  const line = new Promise<string>((resolve) => {
    child.stderr?.once('data', (data: Buffer) => resolve(data.toString()));
  });
  expect(await line).toBe('importing: 0 files, 0.0 MB so far\n');
  child.stdin?.end(cast([1, 'o', 'x']));
  expect((await ended(child)).stderr).toContain('1 imported');
});

toolTest('script')('on a terminal there is a bar, and names cannot move the cursor', async () => {
  await using folder = await temporaryFolder();
  const hostile = path.join(folder.path, 'a\u001b[2J.cast');
  await copyFile(sample('fish-prompt-emoji.cast'), hostile);
  const command = `'${process.execPath}' src/cli/main.ts import --data '${folder.path}/data' '${hostile}'`;
  const shown = execFileSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8' });
  expect(shown).toContain('1 files, 0.0 MB');
  expect(shown).toContain(String.raw`a\u{1b}[2J.cast`);
  expect(shown).not.toContain('a\u001b[2J');
  expect(shown).toContain('1 imported, 0 known, 0 refused');
});

test('Ctrl-C ends it soon, and the same command goes on: nothing is lost, nothing is twice', async () => {
  await using folder = await temporaryFolder();
  const files = path.join(folder.path, 'files');
  await mkdir(files);
  const lines = (await readFile(sample('vim-machine-learning.cast'), 'utf8')).split('\n');
  for (let copy = 0; copy < 60; copy += 1) {
    const [header, ...events] = lines;
    await writeFile(path.join(files, `${copy}.cast`), [header, `[0, "m", "copy ${copy}"]`, ...events].join('\n'));
  }
  const data = path.join(folder.path, 'data');
  const child = startProgram(['import', '--json', '--data', data, files]);
  child.stdout?.once('data', () => child.kill('SIGINT'));
  const first = await ended(child);
  expect(first).toMatchObject({ code: 1 });
  expect(first.stderr).toContain('run it again to go on');
  const done = outcomesOf(first.stdout).filter(({ status }) => status === 'imported').length;
  expect(done).toBeLessThan(60);
  const second = await importJson(data, [files]);
  expect(second.code).toBe(0);
  const known = second.outcomes.filter(({ status }) => status === 'known').length;
  expect(known).toBe(done);
  expect(second.outcomes).toHaveLength(60);
  expect(new Set(second.outcomes.map(({ events }) => events)).size).toBe(1);
  expect((await runProgram(['verify', '--data', data])).stdout).toBe('60 recordings hold, 0 do not\n');
  const listed = await runProgram(['list', '--data', data, '--json', '--limit', '100']);
  const states = listed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { status: string; recordingState: string });
  expect(states).toHaveLength(60);
  expect(new Set(states.map(({ status, recordingState }) => `${status} ${recordingState}`))).toEqual(
    new Set(['ENDED COMPLETE']),
  );
});

test('a kill -9 in the middle of an import loses nothing: the same command goes on, through a server too', async () => {
  await using folder = await temporaryFolder();
  const data = path.join(folder.path, 'data');
  const file = path.join(folder.path, 'long.cast');
  const [header, ...events] = (await readFile(sample('zellij-panes.cast'), 'utf8')).trim().split('\n');
  await writeFile(file, [header, ...Array.from({ length: 30 }, () => events).flat()].join('\n'));
  const child = startProgram(['import', '--quiet', '--data', data, file]);
  await expect
    .poll(async () => (await filesIn(data)).filter((name) => name.endsWith('.rec.zst')).length, { timeout: 20_000 })
    .toBe(1);
  child.kill('SIGKILL');
  await ended(child);
  await using server = await startServerProcess(data);
  const { code, outcomes } = await importJson(data, [file]);
  expect(code).toBe(0);
  expect(outcomes).toMatchObject([{ events: events.length * 30 }]);
  const { recordingId } = outcomes[0] ?? {};
  const response = await fetch(`${server.url}/recordings/${recordingId}.ndjson`, {
    headers: { 'x-access-token': server.token },
  });
  expect((await response.text()).trim().split('\n')).toHaveLength(events.length * 30);
});

test('files go to another server with a token of its own, also to one that executes trusted documents alone', async () => {
  await using folder = await temporaryFolder();
  const [data, file, documents] = ['data', 'a.cast', 'documents.json'].map((name) => path.join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(file, cast([0.5, 'o', 'x'.repeat(5000)], [1, 'o', 'y']));
  await writeFile(documents, '[]');
  await using server = await startServerProcess(data, ['--trusted-documents', documents]);
  const made = await runProgram(['token', 'create', 'gateway', '--role', 'PRODUCER', '--data', data]);
  const env = { REELTIME_TOKEN: made.stdout.trim() };
  const words = ['import', '--json', '--to', `${server.url}/`, file];
  const one = await runProgram(words, { env });
  expect(one).toMatchObject({ code: 0, stderr: expect.stringContaining('1 imported') });
  const again = await runProgram(words, { env });
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('1 known') });
  const [{ recordingId } = { recordingId: null }] = outcomesOf(one.stdout);
  expect(outcomesOf(again.stdout)[0]?.recordingId).toBe(recordingId);
  const stored = await fetch(`${server.url}/recordings/${recordingId}.ndjson`, {
    headers: { 'x-access-token': server.token },
  });
  expect((await stored.text()).trim().split('\n')).toHaveLength(2);
  // Of another producer the same file is another session: nobody is told that it is there.
  const local = await importJson(data, [file]);
  expect(local.outcomes[0]).toMatchObject({ status: 'imported' });
  expect(local.outcomes[0]?.recordingId).not.toBe(recordingId);
  expect(await runProgram(words)).toMatchObject({ code: 2, stderr: expect.stringContaining('REELTIME_TOKEN') });
});

corpusTest('every cast of the corpus is imported, or refused for the reason that its README gives', async () => {
  await using folder = await temporaryFolder();
  const root = path.join(corpusDir ?? '', '..');
  const table = (await readFile(path.join(corpusDir ?? '', 'casts.tsv'), 'utf8')).trim().split('\n').slice(1);
  const files = table.map((line) => path.join(corpusDir ?? '', line.split('\t')[0] ?? ''));
  const { code, outcomes } = await importJson(folder.path, [path.join(root, path.basename(corpusDir ?? ''), 'cast')]);
  expect(code).toBe(1);
  for (const file of files) expect(outcomes.map((outcome) => path.resolve(outcome.file))).toContain(path.resolve(file));
  const refused = outcomes
    .filter(({ status }) => status === 'refused')
    .map(({ file, line, reason }) => `${path.basename(file)}: ${line ?? '-'}: ${reason}`)
    .sort();
  expect(refused).toMatchInlineSnapshot(`
    [
      "test__fixtures__1__invalid-data.json: -: stdout[1]: the data of o is not a text: true",
      "test__fixtures__1__invalid-time-2.json: -: stdout[1]: the time is not a number: "4.419"",
      "test__fixtures__1__invalid.json: -: the header has no size: width is missing",
      "test__fixtures__1__wrong-event-length.json: -: stdout[1]: not an event [delay, data]",
      "test__fixtures__2__broken.cast: 3: not JSON",
      "test__fixtures__2__invalid-code.cast: 3: the code is not a text: 5",
      "test__fixtures__2__invalid-data.cast: 3: the data of o is not a text: true",
      "test__fixtures__2__invalid-resize.cast: 3: a resize must be COLUMNSxROWS, each from 1 to 10000, got "-1x0"",
      "test__fixtures__2__invalid-time-2.cast: 3: the time is not a number: "2.0"",
      "test__fixtures__2__wrong-event-length.cast: 3: not an event [time, code, data]: a list of 4",
      "test__fixtures__3__broken.cast: 3: not JSON",
      "test__fixtures__3__invalid-code.cast: 3: the code is not a text: 5",
      "test__fixtures__3__invalid-data.cast: 3: the data of o is not a text: true",
      "test__fixtures__3__invalid-resize.cast: 3: a resize must be COLUMNSxROWS, each from 1 to 10000, got "-1x0"",
      "test__fixtures__3__invalid-time-2.cast: 3: the time is not a number: "2.0"",
      "test__fixtures__3__wrong-event-length.cast: 3: not an event [time, code, data]: a list of 4",
      "test__fixtures__5__asciicast.json: -: version 5 is not one of 1, 2, 3",
    ]
  `);
  const verified = await runProgram(['verify', '--data', folder.path]);
  expect(verified.stdout).toMatch(/^\d+ recordings hold, 0 do not\n$/);
});
