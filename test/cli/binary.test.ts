import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));
const executable = join(projectRoot, 'dist/reeltime');
const isWanted = existsSync(executable) || process.env['REQUIRE_BINARY'] === '1';
if (!isWanted) console.warn('SKIPPED: these tests need dist/reeltime, which npm run build:binary makes');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reeltime-binary-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** An environment in which there is no Node, nor any other program. */
const environment = (): NodeJS.ProcessEnv => ({ HOME: folder, PATH: '' });

test.runIf(isWanted)('the executable says its version without Node on PATH', async () => {
  const { version } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as { version: string };
  const { stdout, stderr } = spawnSync(executable, ['--version'], { env: environment(), encoding: 'utf8' });
  expect({ stdout: stdout.trim(), stderr }).toEqual({ stdout: version, stderr: '' });
});

test.runIf(isWanted)('the executable imports a sample, serves it, and answers a query', async () => {
  const data = join(folder, 'data');
  const sample = join(projectRoot, 'data/samples/fish-prompt-emoji.cast');
  const imported = spawnSync(executable, ['import', sample, '--data', data, '--user', 'maya@example.com'], {
    env: environment(),
    encoding: 'utf8',
  });
  expect(imported).toMatchObject({ status: 0 });

  const answer = await withServer(data, async (url) => {
    const token = (await readFile(join(data, 'admin-token'), 'utf8')).trim();
    const query =
      '{ sessions(first: 2) { totalCount nodes { user { identity } recordingState recording { eventCount } } } }';
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-access-token': token },
      body: JSON.stringify({ query }),
    });
    return response.json();
  });
  expect(answer).toMatchObject({
    data: {
      sessions: {
        totalCount: 1,
        nodes: [{ user: { identity: 'maya@example.com' }, recordingState: 'COMPLETE', recording: { eventCount: 170 } }],
      },
    },
  });
});

test.runIf(isWanted)(
  'the executable records a command in a terminal of its own, and hands on its exit status',
  async () => {
    const data = join(folder, 'data');
    await withServer(data, async () => {
      const words = [
        'record',
        '--data',
        data,
        '--spool',
        join(folder, 'spool'),
        '--',
        '/bin/sh',
        '-c',
        'echo hi; exit 3',
      ];
      const recorded = spawnSync(executable, words, { env: environment(), encoding: 'utf8' });
      expect(recorded).toMatchObject({ status: 3, stdout: 'hi\r\n', stderr: '' });
    });
    const listed = spawnSync(executable, ['list', '--data', data], { env: environment(), encoding: 'utf8' });
    expect(listed.stdout).toContain('ENDED');
  },
);

/** Starts the executable's server on a free port, and stops it whatever happens. */
async function withServer<Result>(data: string, use: (url: string) => Promise<Result>): Promise<Result> {
  const server = spawn(executable, ['serve', '--data', data, '--listen', '127.0.0.1:0', '--log-level', 'warn'], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  try {
    return await use(await listeningUrl(server.stdout));
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

async function listeningUrl(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const url = /^listening on (http:\/\/\S+)$/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('the server ended before it listened');
}
