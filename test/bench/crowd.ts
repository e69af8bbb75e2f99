import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { WebSocket } from 'ws';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { Audience, type Venue } from './audience.ts';
import { BenchRoom } from './bench-room.ts';
import { Caller } from './caller.ts';
import { type LiveSession, LiveSessions } from './live-sessions.ts';
import { mainScript, type Memory, ServerProcess } from './server-process.ts';

/** How many there are. */
export type CrowdSize = {
  /** Sockets on which nothing happens: half of them follow a recording to which nothing comes. */
  readonly idle: number;
  /** Sockets that follow a recording to which EVENTS come. */
  readonly active: number;
};

/** What became of a server with a crowd. */
export type CrowdReport = {
  /** Of one idle socket. */
  readonly each: Memory;
  /** Events that each of the active ones had, HTTP requests that were answered, and newcomers that were let in meanwhile. */
  readonly events: number;
  readonly answered: number;
  readonly welcomed: number;
  /** The slowest of those. */
  readonly slowestMs: number;
  /** With what the one beyond the limit was closed. */
  readonly refusal: { readonly code: number; readonly reason: string };
  /** What is left when all have gone, of what the crowd took. */
  readonly left: Memory;
  /** Descriptors that are open beside those before; null where they cannot be counted. */
  readonly leftDescriptors: number | null;
};

const EVENTS = 30;
/** The first ones bring what all share. */
const FIRST = 50;
const one = encodeBatch([{ timeMs: 0, code: 'o', payload: [new Uint8Array(20).fill(65)] }]);

/** How many files one process may have open here. */
export const descriptorsMax = (): number => {
  const said = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }));
  return Number.isNaN(said) ? Infinity : said;
};

const descriptorsOf = (pid: number): number | null =>
  process.platform === 'linux' ? readdirSync(`/proc/${pid}/fd`).length : null;

const initOf = (token: string): string => JSON.stringify({ type: 'connection_init', payload: { token } });

/** Follows a recording from its last event on. */
const subscribeTo = ({ sessionId, nextEvent }: LiveSession): string => {
  const query = `subscription { recording(sessionId: "${sessionId}", fromEvent: ${nextEvent - 1}) { firstEvent msgpack } }`;
  return JSON.stringify({ id: '1', type: 'subscribe', payload: { query } });
};

/** Opens a socket and says who it is. @returns how it is closed, or null when it was let in */
const knock = async (
  url: string,
  token: string,
): Promise<{ socket: WebSocket; refusal: CrowdReport['refusal'] | null }> => {
  const socket = new WebSocket(url, 'graphql-transport-ws');
  await once(socket, 'open');
  const closed = once(socket, 'close') as Promise<[number, Buffer]>;
  const heard = once(socket, 'message');
  closed.catch(() => {});
  heard.catch(() => {});
  socket.send(initOf(token));
  const refusal = await Promise.race([
    heard.then(() => null),
    closed.then(([code, reason]) => ({ code, reason: String(reason) })),
  ]);
  return { socket, refusal };
};

/** A server with many sockets, of which few do something, and those who come meanwhile. */
export const gatherCrowd = async ({ idle, active }: CrowdSize, tell: (line: string) => void): Promise<CrowdReport> => {
  await using room = await BenchRoom.open();
  // One more than the crowd, for newcomers, who come one after the other.
  const limits = ['--sockets-per-token', String(idle + active + 1), '--sockets-per-address', '100000'];
  const serve = ['serve', '--data', room.data.path, '--listen', '127.0.0.1:0', '--log-level', 'error', '--lease', '1d'];
  await using server = await ServerProcess.start(mainScript, [...serve, ...limits, '--requests-per-second', '100000']);
  using sessions = await LiveSessions.of(server, room);
  const [quiet, busy] = (await sessions.open(2)) as [LiveSession, LiveSession];
  for (const session of [quiet, busy]) await sessions.append(session, one, 1);
  const token = await room.adminToken();
  const url = `${server.url.replace('http', 'ws')}/graphql`;
  const venueOf = (lines: readonly string[]): Venue => {
    const scripts = lines.map((line) => [initOf(token), line]);
    return { url, protocol: 'graphql-transport-ws', scripts, marker: '' };
  };
  using sitting = new Audience();
  using watching = new Audience();
  const waiting = venueOf([JSON.stringify({ type: 'ping' }), subscribeTo(quiet)]);
  await sitting.join(waiting, FIRST);
  await watching.join(venueOf([subscribeTo(busy)]), active);
  const before = await server.memory();
  const descriptorsBefore = (descriptorsOf(server.pid) ?? 0) - FIRST - active;
  tell(`${idle} come`);
  await sitting.join(waiting, idle - FIRST);
  const full = await server.memory();
  tell('the active ones are told');
  const meanwhile = await live({ server, sessions, busy, watching, url, token });
  const { socket } = await knock(url, token);
  const { refusal } = await knock(url, token);
  socket.terminate();
  tell('all leave');
  await Promise.all([sitting.leave(), watching.leave()]);
  const empty = await whenEmpty(server, descriptorsBefore);
  const leftDescriptors = descriptorsOf(server.pid);
  return {
    ...meanwhile,
    each: scaled(full, before, idle - FIRST),
    refusal: refusal ?? { code: 0, reason: 'it was let in' },
    left: scaled(empty, before, 1),
    leftDescriptors: leftDescriptors === null ? null : leftDescriptors - descriptorsBefore,
  };
};

const scaled = (after: Memory, before: Memory, by: number): Memory => ({
  rssBytes: (after.rssBytes - before.rssBytes) / by,
  heapBytes: (after.heapBytes - before.heapBytes) / by,
});

/** The memory once the descriptors are closed, for which clients cannot wait in another way. */
const whenEmpty = async (server: ServerProcess, descriptors: number): Promise<Memory> => {
  for (
    let looks = 0;
    looks < LOOKS_MAX && (descriptorsOf(server.pid) ?? 0) > descriptors + KEPT_DESCRIPTORS_MAX;
    looks += 1
  )
    await server.memory();
  return server.memory();
};
const LOOKS_MAX = 30;
/** Connections of whoever asked by HTTP may be open still. */
export const KEPT_DESCRIPTORS_MAX = 2;

/** @returns whether they were let in */
const comeAndGo = async (url: string, token: string): Promise<boolean> => {
  const { socket, refusal } = await knock(url, token);
  const closed = once(socket, 'close');
  socket.close();
  await closed;
  return refusal === null;
};

type Stage = {
  readonly server: ServerProcess;
  readonly sessions: LiveSessions;
  readonly busy: LiveSession;
  readonly watching: Audience;
  readonly url: string;
  readonly token: string;
};

/** Events come, and with each somebody asks by HTTP, and somebody comes by WebSocket and goes. */
const live = async ({ server, sessions, busy, watching, url, token }: Stage) => {
  using caller = new Caller(server.url, token);
  let [answered, welcomed, slowestMs] = [0, 0, 0];
  for (let event = 0; event < EVENTS; event += 1) {
    const startMs = performance.now();
    const asked = caller.ask('{ viewer { name } }', {}).then(() => (answered += 1));
    const came = comeAndGo(url, token).then((isWelcome) => (welcomed += Number(isWelcome)));
    await Promise.all([asked, came, sessions.append(busy, one, 1), watching.allHave(watching.size)]);
    slowestMs = Math.max(slowestMs, performance.now() - startMs);
  }
  return { events: EVENTS, answered, welcomed, slowestMs };
};
