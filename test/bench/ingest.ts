import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { type Bench, BenchRoom } from './bench-room.ts';
import { type LiveSession, LiveSessions } from './live-sessions.ts';
import { shownMs, waitsOf } from './percentile.ts';
import { type Contestant, median, race, type Run, type Series, standingsTable } from './race.ts';
import { type MeasuredRun, mainScript, ServerProcess } from './server-process.ts';

const yardstickScript = fileURLToPath(new URL('ingest-yardstick.ts', import.meta.url));
const YARDSTICK = 'better-sqlite3, the same blobs and commits';

const sessionCounts = [1, 100, 1000];
/** How long one run is fed. */
const RUN_MS = { small: 500, full: 3000 };
const PACED_MS = { small: 5000, full: 20_000 };
const PACED_SESSIONS = 1000;
/** A paced session sends this often. */
const PACE_MS = 500;

/** What is sent at once: a person types, or a program floods. */
const kinds = {
  typing: { events: 3, bytes: 6 },
  floods: { events: 200, bytes: 60 },
} as const;
type Kind = (typeof kinds)[keyof typeof kinds];

/** All at the recording's start, so that every batch is the same bytes. */
const batchOf = ({ events, bytes }: Kind): Uint8Array =>
  encodeBatch(
    Array.from({ length: events }, () => ({ timeMs: 0, code: 'o', payload: [new Uint8Array(bytes).fill(65)] })),
  );

/** A disk whose sync takes 5 ms longer: SQLite calls fsync, and recordings' files are synced with fdatasync. */
const slowDisk =
  'strace -D -f --seccomp-bpf -qq -o /dev/null -e trace=fdatasync,fsync -e inject=fdatasync,fsync:delay_exit=5000'.split(
    ' ',
  );
const disks: readonly (readonly [string, readonly string[]])[] = [
  ['this disk', []],
  ['a disk whose sync takes 5 ms more', slowDisk],
];

/** Durable events a second, beside SQLite alone; and what waiting for a slow disk does to the event loop. */
export const benchIngest: Bench = async ({ rounds, scale, tell }) => {
  const tables: string[] = [];
  for (const [disk, before] of disks) {
    await using room = await BenchRoom.open();
    await using server = await ServerProcess.start(mainScript, serve(room), before);
    await room.dailyCopy();
    for (const [kind, batch] of Object.entries(kinds)) {
      for (const count of sessionCounts) {
        using sessions = await LiveSessions.of(server, room);
        await sessions.open(count);
        const title = `ingest: ${count} live sessions, ${kind}, ${disk}`;
        const series = seriesOf(title, batch, { server, room, sessions, before, runMs: RUN_MS[scale] });
        tables.push(standingsTable(series, await race(series, rounds, tell)));
      }
    }
    tables.push(await paced(disk, { server, room, before, runMs: PACED_MS[scale] }, rounds, tell));
  }
  return tables.join('\n\n');
};

/** With a lease that outlasts the other cases, during which sessions are silent. */
const serve = ({ data }: BenchRoom): readonly string[] => [
  'serve',
  '--data',
  data.path,
  '--listen',
  '127.0.0.1:0',
  '--log-level',
  'error',
  '--lease',
  '1d',
];

type Place = {
  readonly server: ServerProcess;
  readonly room: BenchRoom;
  readonly before: readonly string[];
  readonly runMs: number;
};

const seriesOf = (title: string, kind: Kind, place: Place & { readonly sessions: LiveSessions }): Series => {
  const { server, sessions, runMs } = place;
  const batch = batchOf(kind);
  let last: MeasuredRun = { amount: kind.events, seconds: 1, cpuMs: null, loopDelayP99Ms: null, commits: 1 };
  const reeltime: Contestant = {
    name: 'reeltime',
    run: async () => {
      last = await server.measure(() => feedAll(sessions, batch, kind.events, runMs));
      return last;
    },
  };
  const sqlite: Contestant = {
    name: YARDSTICK,
    run: () => runYardstick(place, last.amount / kind.events, last.commits, batch.length, kind.events),
  };
  return { title, unit: 'events/s', yardstick: YARDSTICK, contestants: [reeltime, sqlite] };
};

/** Every session sends its next batch as soon as the one before was acknowledged. @returns events */
const feedAll = async (sessions: LiveSessions, batch: Uint8Array, events: number, runMs: number): Promise<number> => {
  const endMs = performance.now() + runMs;
  let acknowledged = 0;
  const feed = async (session: LiveSession): Promise<void> => {
    while (performance.now() < endMs) {
      await sessions.append(session, batch, events);
      acknowledged += events;
    }
  };
  await Promise.all(sessions.all.map(feed));
  return acknowledged;
};

const runYardstick = async (
  { room, before }: Place,
  rows: number,
  commits: number,
  bytes: number,
  events: number,
): Promise<Run> => {
  const file = room.file('yardstick.db');
  const words = [process.execPath, yardstickScript, file, rows, commits, bytes].map(String);
  const [command = '', ...rest] = [...before, ...words];
  const { stdout } = await promisify(execFile)(command, rest);
  for (const ending of ['', '-wal', '-shm']) await rm(`${file}${ending}`, { force: true });
  const { seconds, cpuMs } = JSON.parse(stdout) as { readonly seconds: number; readonly cpuMs: number };
  return { amount: rows * events, seconds, cpuMs, loopDelayP99Ms: null };
};

/** A thousand people type: two batches a second each, whether they are acknowledged or not. */
const paced = async (
  disk: string,
  { server, room, runMs }: Place,
  rounds: number,
  tell: (line: string) => void,
): Promise<string> => {
  using sessions = await LiveSessions.of(server, room);
  await sessions.open(PACED_SESSIONS);
  const batch = batchOf(kinds.typing);
  const seen: { readonly run: MeasuredRun; readonly p50: number; readonly p99: number }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    tell(`ingest: paced, ${disk}: ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`);
    const waits: number[] = [];
    const run = await server.measure(() => feedPaced(sessions, batch, runMs, waits));
    if (round > 0) seen.push({ run, ...waitsOf(waits) });
  }
  const shown = (value: (one: (typeof seen)[number]) => number): string => shownMs(median(seen.map(value)));
  return [
    `### ingest: ${PACED_SESSIONS} live sessions, ${1000 / PACE_MS} batches a second each, ${disk}`,
    '',
    '| batches/s | commits/s | acknowledged p50 ms | p99 ms | event loop p99 ms | CPU of one core |',
    '| --- | --- | --- | --- | --- | --- |',
    `| ${[
      shown(({ run }) => run.amount / run.seconds),
      shown(({ run }) => run.commits / run.seconds),
      shown(({ p50 }) => p50),
      shown(({ p99 }) => p99),
      shown(({ run }) => run.loopDelayP99Ms ?? Number.NaN),
      `${shown(({ run }) => (run.cpuMs ?? 0) / run.seconds / 10)} %`,
    ].join(' | ')} |`,
  ].join('\n');
};

/** @param waits takes how long each batch waited for its acknowledgement, in ms @returns batches */
const feedPaced = async (
  sessions: LiveSessions,
  batch: Uint8Array,
  runMs: number,
  waits: number[],
): Promise<number> => {
  const startMs = performance.now();
  const feed = async (session: LiveSession, index: number): Promise<void> => {
    const offsetMs = (index * PACE_MS) / PACED_SESSIONS;
    for (let dueMs = startMs + offsetMs; dueMs < startMs + runMs; dueMs += PACE_MS) {
      const leftMs = dueMs - performance.now();
      if (leftMs > 0) await sleep(leftMs);
      const sentMs = performance.now();
      await sessions.append(session, batch, kinds.typing.events);
      waits.push(performance.now() - sentMs);
    }
  };
  await Promise.all(sessions.all.map(feed));
  return waits.length;
};
