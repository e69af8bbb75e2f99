import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { Audience, type Venue } from './audience.ts';
import { type Bench, BenchRoom } from './bench-room.ts';
import { Caller } from './caller.ts';
import { type LiveSession, LiveSessions } from './live-sessions.ts';
import { median } from './race.ts';
import { mainScript, type Memory, ServerProcess } from './server-process.ts';

const yardstickScript = fileURLToPath(new URL('fanout-yardstick.ts', import.meta.url));
const RECORDINGS = 100;
const WATCHERS = { small: [1_000], full: [1_000, 5_000] };
/** Messages to all watchers together of one round. */
const MESSAGES = { small: 10_000, full: 20_000 };
/** So often something happens while nobody watches. */
const ALONE_TIMES = 30;
/** Watchers that join before the memory is looked at: the first ones bring what all share. */
const FIRST_SHARE = 0.2;
/** Files and sockets that the server has open beside those of its watchers. */
const DESCRIPTORS_BESIDE = 500;

const event = encodeBatch([{ timeMs: 0, code: 'o', payload: [new Uint8Array(20).fill(65)] }]);

/** Something that happens, and who watches it. */
type Scene = {
  readonly name: string;
  /** Where its watchers go, now. */
  readonly venue: () => Promise<Venue>;
  /** Lets it happen once: each watcher is told of it once. */
  readonly happen: () => Promise<void>;
  /** What happens on the yardstick for it: a message to all who named one of these. */
  readonly names: readonly string[];
};

/** An event to many watchers, beside a server that sends a message that was made once. */
export const benchFanout: Bench = async ({ rounds, scale, tell }) => {
  await using room = await BenchRoom.open();
  const many = ['--requests-per-second', '1000000', '--sockets-per-token', '100000', '--sockets-per-address', '100000'];
  const serve = ['serve', '--data', room.data.path, '--listen', '127.0.0.1:0', '--log-level', 'error', '--lease', '1d'];
  await using server = await ServerProcess.start(mainScript, [...serve, ...many]);
  await using plain = await ServerProcess.start(yardstickScript, []);
  using sessions = await LiveSessions.of(server, room);
  await sessions.open(RECORDINGS);
  for (const session of sessions.all) await sessions.append(session, event, 1);
  await room.dailyCopy();
  const scenes = scenesAt(server, sessions, await room.adminToken());
  const lines: string[] = [];
  for (const count of WATCHERS[scale].filter((watchers) => areEnough(watchers, tell))) {
    for (const scene of scenes) {
      tell(`fanout: ${scene.name} to ${count}`);
      const line = await raceScene(scene, { server, plain, count, rounds, messages: MESSAGES[scale] });
      tell(line);
      lines.push(line);
    }
  }
  return [
    '### fanout: CPU µs of the server a message (what happens without watchers taken off), and KB of an idle watcher',
    '',
    '| what, to how many | bare µs | reeltime µs | times (least..most) | bare KB: RSS, heap | reeltime KB: RSS, heap |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
};

/** Whether this machine lets one process have so many sockets. */
const areEnough = (watchers: number, tell: (line: string) => void): boolean => {
  const most = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }));
  if (most >= watchers + DESCRIPTORS_BESIDE || Number.isNaN(most)) return true;
  tell(`fanout: ${watchers} watchers are left out: a process may have ${most} files open (ulimit -n)`);
  return false;
};

const scenesAt = (server: ServerProcess, sessions: LiveSessions, token: string): readonly Scene[] => {
  const venueOf = (queries: readonly string[], marker: string): Venue => ({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    protocol: 'graphql-transport-ws',
    scripts: queries.map((query) => [
      JSON.stringify({ type: 'connection_init', payload: { token } }),
      JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }),
    ]),
    marker,
  });
  // Each begins with the last event that there is: its first message says that it watches.
  const recording = ({ sessionId, nextEvent }: LiveSession, fields: string): string =>
    `subscription { recording(sessionId: "${sessionId}", fromEvent: ${nextEvent - 1}) { ${fields} } }`;
  const ofRecordings = (name: string, all: readonly LiveSession[], fields: string): Scene => ({
    name,
    venue: async () =>
      venueOf(
        all.map((session) => recording(session, fields)),
        '"next"',
      ),
    happen: async () => void (await Promise.all(all.map((session) => sessions.append(session, event, 1)))),
    names: all.map(({ recordingId }) => recordingId),
  });
  const fields = 'kind sessionId session { protocol status sshUser startedAt user { email } }';
  const all = [...sessions.all];
  return [
    ofRecordings('one recording, msgpack', all.slice(0, 1), 'firstEvent eventCount msgpack'),
    ofRecordings('one recording, tuples', all.slice(0, 1), 'firstEvent eventCount tuples'),
    ofRecordings(`${RECORDINGS} recordings, msgpack`, all, 'firstEvent eventCount msgpack'),
    {
      name: 'the feed',
      venue: async () => {
        const after = await revisionOf(server, token);
        await sessions.open(1);
        return venueOf([`subscription { sessionFeed(after: "${after}") { ${fields} } }`], 'STARTED');
      },
      happen: async () => void (await sessions.open(1)),
      names: ['sessions'],
    },
  ];
};

const revisionOf = async ({ url }: ServerProcess, token: string): Promise<string> => {
  using caller = new Caller(url, token);
  type Answer = { readonly sessions: { readonly revision: string } };
  return (await caller.ask<Answer>('{ sessions(first: 1) { revision } }', {})).sessions.revision;
};

/** The same message to all who named one of these. */
const sceneOf = ({ url }: ServerProcess, names: readonly string[], message: string): Scene => ({
  name: 'bare',
  venue: async () => {
    const scripts = names.map((name) => [name]);
    return { url: url.replace('http', 'ws'), protocol: undefined, scripts, marker: '' };
  },
  happen: async () => void (await Promise.all(names.map((name) => put(`${url}/${name}`, message)))),
  names,
});

const agent = new Agent({ keepAlive: true });

const put = async (url: string, body: string): Promise<void> => {
  const sent = request(url, { agent, method: 'PUT' }).end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
};

type Race = {
  readonly server: ServerProcess;
  readonly plain: ServerProcess;
  readonly count: number;
  readonly rounds: number;
  readonly messages: number;
};

/** A server with an audience, and what its watchers cost. */
type Stage = {
  readonly of: ServerProcess;
  readonly scene: Scene;
  readonly audience: Audience;
  /** Processor time of what happens once, while nobody watches. */
  readonly aloneUs: number;
  readonly memory: Memory;
};

const raceScene = async (scene: Scene, { server, plain, count, rounds, messages }: Race): Promise<string> => {
  const times = Math.max(1, Math.round(messages / count));
  const gather = async (of: ServerProcess, staged: Scene, audience: Audience): Promise<Stage> => {
    // The first times are slower than all others.
    await cpuUs(of, ALONE_TIMES, staged.happen);
    const aloneUs = (await cpuUs(of, ALONE_TIMES, staged.happen)) / ALONE_TIMES;
    return { of, scene: staged, audience, aloneUs, memory: await fill(of, staged, audience, count) };
  };
  using watching = new Audience();
  using listening = new Audience();
  const ours = await gather(server, scene, watching);
  await scene.happen();
  const { last: message } = await watching.allHave(count);
  const bare = await gather(plain, sceneOf(plain, scene.names, message), listening);
  const seen: { readonly ours: number; readonly bare: number }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const one = { bare: await messageUs(bare, times), ours: await messageUs(ours, times) };
    if (round > 0) seen.push(one);
  }
  const ratios = seen.map((one) => one.ours / one.bare);
  const ratio = `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)})`;
  const cells = [
    `${scene.name}, ${count}`,
    median(seen.map((one) => one.bare)).toFixed(1),
    median(seen.map((one) => one.ours)).toFixed(1),
    ratio,
    kilobytes(bare.memory),
    kilobytes(ours.memory),
  ];
  return `| ${cells.join(' | ')} |`;
};

const kilobytes = ({ rssBytes, heapBytes }: Memory): string =>
  `${(rssBytes / 1000).toFixed(1)}, ${(heapBytes / 1000).toFixed(1)}`;

/** All of an audience join. @returns bytes that each of them takes */
const fill = async (of: ServerProcess, scene: Scene, audience: Audience, count: number): Promise<Memory> => {
  const venue = await scene.venue();
  const first = Math.round(count * FIRST_SHARE);
  await audience.join(venue, first);
  const before = await of.memory();
  await audience.join(venue, count - first);
  const after = await of.memory();
  const joined = count - first;
  return {
    rssBytes: (after.rssBytes - before.rssBytes) / joined,
    heapBytes: (after.heapBytes - before.heapBytes) / joined,
  };
};

/** Processor time of a server while something happens so often, one after the other. */
const cpuUs = async (of: ServerProcess, times: number, happen: () => Promise<void>) => {
  const { cpuMs } = await of.measure(async () => {
    for (let time = 0; time < times; time += 1) await happen();
    return times;
  });
  return (cpuMs ?? 0) * 1000;
};

/** Processor time of one message. Seldom there are others beside those that are awaited: that a session was seen. */
const messageUs = async ({ of, scene, audience, aloneUs }: Stage, times: number): Promise<number> => {
  const { all: before } = await audience.allHave(0);
  let after = before;
  const took = await cpuUs(of, times, async () => {
    await scene.happen();
    ({ all: after } = await audience.allHave(audience.size));
  });
  return (took - aloneUs * times) / (after - before);
};
