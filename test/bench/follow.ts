import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { type Bench, BenchRoom } from './bench-room.ts';
import { type LiveSession, LiveSessions } from './live-sessions.ts';
import { shownMs, type Waits, waitsOf } from './percentile.ts';
import { median } from './race.ts';
import { mainScript, ServerProcess } from './server-process.ts';

const yardstickScript = fileURLToPath(new URL('follow-yardstick.ts', import.meta.url));
const RECORDINGS = 100;
const WATCHERS_EACH = 2;
/** Each recording is appended to this often, one event a batch. */
const PACE_MS = 250;
const BATCHES = { small: 12, full: 60 };

const event = encodeBatch([{ timeMs: 0, code: 'o', payload: [new Uint8Array(20).fill(65)] }]);

/** From the acknowledgement of an event to the watcher who has it, beside a relay that keeps nothing. */
export const benchFollow: Bench = async ({ rounds, scale, tell }) => {
  await using room = await BenchRoom.open();
  const serve = ['serve', '--data', room.data.path, '--listen', '127.0.0.1:0', '--log-level', 'error', '--lease', '1d'];
  await using server = await ServerProcess.start(mainScript, serve);
  await using plain = await ServerProcess.start(yardstickScript, []);
  using sessions = await LiveSessions.of(server, room);
  await sessions.open(RECORDINGS);
  await room.dailyCopy();
  using relayed = sessions.elsewhere(plain.url);
  const token = await room.adminToken();
  using audience = await Audience.gather(sessions.all, (session) => subscribed(server.url, token, session));
  using other = await Audience.gather(relayed.all, (session) => listening(plain.url, session));
  const contestants = [
    { name: 'a relay that keeps nothing', of: plain, fed: relayed, audience: other },
    { name: 'reeltime', of: server, fed: sessions, audience },
  ];
  const seen = new Map<string, Seen[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    tell(`follow: ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`);
    for (const { name, of, fed, audience: watching } of contestants) {
      const waits = { acknowledged: [] as number[], delivered: [] as number[], after: [] as number[] };
      const run = await of.measure(() => feedWatched(fed, watching, BATCHES[scale], waits));
      const { cpuMs, loopDelayP99Ms } = run;
      const ways = {
        acknowledged: waitsOf(waits.acknowledged),
        delivered: waitsOf(waits.delivered),
        after: waitsOf(waits.after),
      };
      if (round > 0)
        seen.get(name)?.push({ ...ways, cpuUs: ((cpuMs ?? 0) * 1000) / run.amount, loopMs: loopDelayP99Ms ?? 0 });
    }
  }
  return table(seen);
};

type Seen = {
  readonly acknowledged: Waits;
  readonly delivered: Waits;
  readonly after: Waits;
  readonly cpuUs: number;
  readonly loopMs: number;
};

const table = (seen: ReadonlyMap<string, readonly Seen[]>): string => {
  const row = (name: string, all: readonly Seen[]): string => {
    const shown = (value: (one: Seen) => number): string => shownMs(median(all.map(value)));
    const both = (value: (one: Seen) => Waits): string =>
      `${shown((one) => value(one).p50)} / ${shown((one) => value(one).p99)}`;
    const cells = [
      both(({ acknowledged }) => acknowledged),
      both(({ delivered }) => delivered),
      both(({ after }) => after),
      shown(({ cpuUs }) => cpuUs),
      shown(({ loopMs }) => loopMs),
    ];
    return `| ${[name, ...cells].join(' | ')} |`;
  };
  return [
    `### follow: ${RECORDINGS} live recordings, ${RECORDINGS * WATCHERS_EACH} watchers, ${(RECORDINGS * 1000) / PACE_MS} events a second`,
    '',
    '| p50 / p99 ms | sent to acknowledged | sent to delivered | acknowledged to delivered | CPU µs a delivery | event loop p99 ms |',
    '| --- | --- | --- | --- | --- | --- |',
    ...[...seen].map(([name, all]) => row(name, all)),
  ].join('\n');
};

/** Events that come to watchers, as they come. */
type Watcher = Disposable & {
  /** Called with the ordinals [from, to) of what came; set by whoever wants to know. */
  heard: (from: number, to: number) => void;
};

/** Who watches each recording. */
class Audience implements Disposable {
  readonly of: ReadonlyMap<LiveSession, readonly Watcher[]>;

  private constructor(of: ReadonlyMap<LiveSession, readonly Watcher[]>) {
    this.of = of;
  }

  static async gather(
    sessions: readonly LiveSession[],
    watch: (session: LiveSession) => Promise<Watcher>,
  ): Promise<Audience> {
    const all = new Map<LiveSession, Watcher[]>();
    for (const session of sessions) {
      all.set(session, await Promise.all(Array.from({ length: WATCHERS_EACH }, () => watch(session))));
    }
    return new Audience(all);
  }

  [Symbol.dispose](): void {
    for (const watchers of this.of.values()) for (const watcher of watchers) watcher[Symbol.dispose]();
  }
}

const watcherOn = (socket: WebSocket): Watcher => {
  const watcher: Watcher = { heard: () => {}, [Symbol.dispose]: () => socket.terminate() };
  type Message = { payload?: { data: { recording: { firstEvent: number; eventCount: number } } } };
  socket.on('message', (text) => {
    const { payload } = JSON.parse(String(text)) as Message;
    if (payload === undefined) return;
    const { firstEvent, eventCount } = payload.data.recording;
    watcher.heard(firstEvent, firstEvent + eventCount);
  });
  return watcher;
};

/** A watcher by graphql-ws, who has been told that the recording begins. */
const subscribed = async (url: string, token: string, { sessionId }: LiveSession): Promise<Watcher> => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { token } }));
  await once(socket, 'message');
  const query = `subscription { recording(sessionId: "${sessionId}") { firstEvent eventCount msgpack } }`;
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
  return watcherOn(socket);
};

const listening = async (url: string, { recordingId }: LiveSession): Promise<Watcher> => {
  const socket = new WebSocket(url.replace('http', 'ws'));
  await once(socket, 'open');
  socket.send(recordingId);
  await once(socket, 'message');
  return watcherOn(socket);
};

type Ways = { readonly acknowledged: number[]; readonly delivered: number[]; readonly after: number[] };

/** @returns deliveries, when all have come */
const feedWatched = async (
  sessions: LiveSessions,
  audience: Audience,
  batches: number,
  waits: Ways,
): Promise<number> => {
  const startMs = performance.now();
  const feed = async (session: LiveSession, index: number): Promise<void> => {
    const watchers = audience.of.get(session) ?? [];
    for (let batch = 0; batch < batches; batch += 1) {
      const dueMs = startMs + (index * PACE_MS) / RECORDINGS + batch * PACE_MS;
      const leftMs = dueMs - performance.now();
      if (leftMs > 0) await sleep(leftMs);
      await feedOne(sessions, session, watchers, waits);
    }
  };
  await Promise.all(sessions.all.map(feed));
  return RECORDINGS * WATCHERS_EACH * batches;
};

const feedOne = async (
  sessions: LiveSessions,
  session: LiveSession,
  watchers: readonly Watcher[],
  waits: Ways,
): Promise<void> => {
  const ordinal = session.nextEvent;
  const deliveries = watchers.map(
    (watcher) =>
      new Promise<number>((resolve) => {
        watcher.heard = (from, to) => {
          if (from <= ordinal && ordinal < to) resolve(performance.now());
        };
      }),
  );
  const sentMs = performance.now();
  await sessions.append(session, event, 1);
  const acknowledgedMs = performance.now();
  waits.acknowledged.push(acknowledgedMs - sentMs);
  for (const deliveredMs of await Promise.all(deliveries)) {
    waits.delivered.push(deliveredMs - sentMs);
    waits.after.push(deliveredMs - acknowledgedMs);
  }
};
