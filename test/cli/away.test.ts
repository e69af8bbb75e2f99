import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, runProgram, type ServerProcess, startProgram, startServerProcess, temporaryFolder } from './program.ts';
import { bytesOf, eventsOf, sessionOn } from './recorder.ts';

/** The server is away for so long, in seconds: a few, or as many as the variable AWAY_SECONDS says. */
const AWAY_SECONDS = Number(process.env['AWAY_SECONDS'] ?? 16);
/** Half of it, and not more than it is when nobody says: longer than producers wait between two attempts (5 s). */
const LEASE_SECONDS = Math.min(60, AWAY_SECONDS / 2);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const start = (): Promise<ServerProcess> =>
  startServerProcess(path.join(folder.path, 'data'), ['--lease', `${LEASE_SECONDS}s`]);
const placed = (): string[] => ['--data', path.join(folder.path, 'data'), '--spool', path.join(folder.path, 'spool')];

/** A command under recording. Disposing ends it, however it is. */
type Recorded = AsyncDisposable & {
  /** All that the person was shown. */
  readonly shown: () => Buffer;
  readonly ended: Promise<unknown>;
};

/** Resolves when the command says that it has begun. */
const record = async (socket: string, script: string): Promise<Recorded> => {
  const heartbeat = ['--heartbeat', String(LEASE_SECONDS / 3)];
  const command = ['--', 'sh', '-c', `cd '${folder.path}'; echo begun; ${script}`];
  const child = startProgram(['record', ...placed(), '--socket', socket, ...heartbeat, ...command]);
  if (child.stdout === null) throw new Error('started without pipes');
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => void pieces.push(piece));
  const ended = once(child, 'close');
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (line) => line.includes('begun') && resolve());
  await Promise.race([begun, ended.then(() => Promise.reject(new Error(`${socket} did not begin`)))]);
  return {
    shown: () => Buffer.concat(pieces),
    ended,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
};

const until = (name: string, what: string): string => `while [ ! -e ${name} ]; do ${what} sleep 0.02; done`;
const say = (name: string): Promise<void> => writeFile(path.join(folder.path, name), '');

type Told = { readonly lastSeenAt: string; readonly events: { readonly nodes: readonly { readonly kind: string }[] } };

const toldOf = async (server: ServerProcess, socket: string): Promise<Told> => {
  const { sessionId } = await sessionOn(server, socket);
  const query = `{ session(sessionId: "${sessionId}") { lastSeenAt events(first: 100) { nodes { kind } } } }`;
  return ((await ask(server, query)) as { readonly data: { readonly session: Told } }).data.session;
};

/** Resolves when its producer has come back since then. */
const seenSince = (server: ServerProcess, socket: string, startedAtMs: number): Promise<void> =>
  expect
    .poll(async () => Date.parse((await toldOf(server, socket)).lastSeenAt), { timeout: 30_000, interval: 200 })
    .toBeGreaterThan(startedAtMs);

test(
  `a server that is killed and away for ${AWAY_SECONDS} s, twice the lease: no session is LOST that comes back, and nothing is missing`,
  { timeout: AWAY_SECONDS * 3000 + 60_000 },
  async () => {
    const first = await start();
    await using busy = await record('busy', until('all-end', 'i=$((i + 1)); echo "line $i";'));
    await using quiet = await record('quiet', until('all-end', ''));
    await using left = await record('left', `${until('one-ends', 'i=$((i + 1)); echo "line $i";')}; echo last words`);
    await first[Symbol.asyncDispose]();
    await say('one-ends');
    await left.ended;
    await sleep(AWAY_SECONDS * 1000);

    const startedAtMs = Date.now();
    await using second = await start();
    const sent = await runProgram(['record', ...placed(), '--send-spooled']);
    expect(sent).toMatchObject({ code: 0, stderr: '1 sent, 0 kept, 0 refused\n' });
    for (const socket of ['busy', 'quiet']) {
      await seenSince(second, socket, startedAtMs);
      expect(await sessionOn(second, socket)).toMatchObject({ status: 'ACTIVE' });
    }
    await say('all-end');
    await Promise.all([busy.ended, quiet.ended]);
    for (const [socket, { shown }] of Object.entries({ busy, quiet, left })) {
      const session = await sessionOn(second, socket);
      expect(session).toMatchObject({ status: 'ENDED' });
      const recorded = bytesOf(await eventsOf(second, session), 'o').toString();
      expect(recorded).toBe(shown().toString());
      const { nodes } = (await toldOf(second, socket)).events;
      expect(nodes.map(({ kind }) => kind)).not.toContain('LOST');
    }
    expect(busy.shown().toString().split('\n').length).toBeGreaterThan(AWAY_SECONDS * 5);
    expect(await readdir(path.join(folder.path, 'spool'))).toEqual([]);
  },
);
