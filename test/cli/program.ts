import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));
const main = path.join(projectRoot, 'src/cli/main.ts');

/** What the program is given beside its words. */
export type Surroundings = { readonly env?: NodeJS.ProcessEnv; readonly input?: string | Uint8Array };

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** The real program, as its users start it; no setting of this machine reaches it. */
export const startProgram = (words: readonly string[], { env = {} }: Surroundings = {}): ChildProcess => {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('REELTIME_'));
  return spawn(process.execPath, [main, ...words], {
    cwd: projectRoot,
    env: { ...Object.fromEntries(kept), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
};

/** Runs it to its end. */
export const runProgram = async (words: readonly string[], surroundings: Surroundings = {}): Promise<Ended> => {
  const child = startProgram(words, surroundings);
  child.stdin?.end(surroundings.input ?? '');
  return ended(child);
};

/** What it printed, once it has ended. */
export const ended = async (child: ChildProcess): Promise<Ended> => {
  if (child.stdout === null || child.stderr === null) throw new Error('started without pipes');
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { code: child.exitCode, stdout, stderr };
};

/** A server in a process of its own. Disposing kills it, however it is. */
export type ServerProcess = AsyncDisposable & {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it printed until it listened, that line included. */
  readonly greeting: string;
  readonly token: string;
};

export const startServerProcess = async (
  data: string,
  words: readonly string[] = [],
  surroundings: Surroundings = {},
): Promise<ServerProcess> => {
  const child = startProgram(['serve', '--data', data, '--listen', '127.0.0.1:0', ...words], surroundings);
  if (child.stdout === null || child.stderr === null) throw new Error('started without pipes');
  const complaints = text(child.stderr);
  let greeting = '';
  let url: string | null = null;
  for await (const line of createInterface({ input: child.stdout })) {
    greeting += `${line}\n`;
    url = /^listening on (https?:\/\/\S+)$/.exec(line)?.[1] ?? null;
    if (url !== null) break;
  }
  if (url === null) throw new Error(`the server did not listen: ${await complaints}`);
  const token =
    surroundings.env?.['REELTIME_ADMIN_TOKEN'] ?? (await readFile(path.join(data, 'admin-token'), 'utf8')).trim();
  return {
    url,
    child,
    greeting,
    token,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
};

/** Asks the server over POST. */
export const ask = async (server: Pick<ServerProcess, 'url' | 'token'>, query: string): Promise<unknown> => {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-access-token': server.token },
    body: JSON.stringify({ query }),
  });
  return response.json();
};

/** A folder that goes when the test is over. */
export const temporaryFolder = async (): Promise<{ readonly path: string } & AsyncDisposable> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'reeltime-cli-'));
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
};

export const sample = (name: string): string => path.join(projectRoot, 'data/samples', name);
