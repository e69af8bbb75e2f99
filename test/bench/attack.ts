import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { type Bench, BenchRoom, MB } from './bench-room.ts';
import { Caller } from './caller.ts';
import { fillCatalog } from './many-sessions.ts';
import { runVerb } from './program.ts';
import { median } from './race.ts';
import { mainScript, ServerProcess } from './server-process.ts';

const SESSIONS = 10_000;
/** Requests of the good client in one measurement, one after the other. */
const REQUESTS = { small: 100, full: 300 };
const PAUSE_MS = 5;
const ATTACKERS = 4;

const goodQuery = '{ sessions(first: 50) { nodes { sessionId status user { email } socket { name } startedAt } } }';

/** Goes on until the signal aborts. */
type Attack = (place: Place, signal: AbortSignal) => Promise<void>;
type Place = {
  readonly url: string;
  /** Of the attackers, who have one too … */
  readonly token: string;
  /** … and of the good client: a credential has its own share of the server. */
  readonly goodToken: string;
};

/** The same request again and again, on connections of its own. */
const flood = (
  body: () => string,
  headers: (place: Place) => Readonly<Record<string, string>>,
  connections = ATTACKERS,
): Attack => {
  const one = async (place: Place, signal: AbortSignal): Promise<void> => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers(place) }, body: body() };
    while (!signal.aborted) {
      await fetch(`${place.url}/graphql`, init)
        .then((response) => response.arrayBuffer())
        .catch(() => {});
    }
  };
  return async (place, signal) => {
    await Promise.all(Array.from({ length: connections }, () => one(place, signal)));
  };
};

const document = (query: string, connections = ATTACKERS): Attack =>
  flood(
    () => JSON.stringify({ query }),
    ({ token }) => ({ 'x-access-token': token }),
    connections,
  );

/** Connections that send their request a byte at a time. */
const slowLoris: Attack = async ({ url }, signal) => {
  const { hostname, port } = new URL(url);
  const sockets: Socket[] = [];
  for (let index = 0; index < 500; index += 1) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\n');
    sockets.push(socket);
  }
  while (!signal.aborted) {
    for (const socket of sockets) if (!socket.destroyed) socket.write('x');
    await sleep(500);
  }
  for (const socket of sockets) socket.destroy();
};

/** WebSockets that say what they want, and never read it. */
const deafSockets: Attack = async ({ url, token }, signal) => {
  const sockets = Array.from({ length: 100 }, () => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    socket.on('error', () => {});
    return socket;
  });
  await Promise.all(
    sockets.map(async (socket) => {
      await once(socket, 'open');
      socket.send(JSON.stringify({ type: 'connection_init', payload: { token } }));
      await once(socket, 'message');
      socket.pause();
    }),
  );
  while (!signal.aborted) {
    for (const socket of sockets) {
      if (socket.bufferedAmount < MB) {
        socket.send(JSON.stringify({ id: String(Math.random()), type: 'subscribe', payload: { query: goodQuery } }));
      }
    }
    await sleep(20);
  }
  for (const socket of sockets) socket.terminate();
};

const repeat = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

const attacks: Readonly<Record<string, Attack>> = {
  'wrong tokens': flood(
    () => '{}',
    () => ({ 'x-access-token': `rt_0123456789ab_${'x'.repeat(43)}` }),
  ),
  '250 KiB of tokens': document(`{ viewer { ${'a '.repeat(125_000)} } }`),
  'as many aliases as the tokens allow': document(`{ viewer { ${repeat(600, (index) => `a${index}: name`)} } }`),
  'one field a thousand times': document(`{ viewer { ${'name '.repeat(1_900)} } }`),
  'fragments that unfold to a billion': document(
    `{ viewer { ...F0 } } ${repeat(30, (index) => `fragment F${index} on Viewer { ...F${index + 1} ...F${index + 1} }`)} fragment F30 on Viewer { name }`,
  ),
  'the dearest query that may run': document(
    '{ sessions(first: 100) { nodes { events(first: 100) { nodes { at kind message } } } } }',
  ),
  'lists on 300 connections': document('{ sessions(first: 100) { nodes { sessionId status user { email } } } }', 300),
  '500 slow connections': slowLoris,
  '100 WebSockets that do not read': deafSockets,
};

const makeToken = async (url: string, token: string): Promise<string> => {
  using caller = new Caller(url, token);
  const { createToken } = await caller.ask<{ readonly createToken: { readonly secret: string } }>(
    'mutation ($name: String!) { createToken(input: { name: $name, role: AUDITOR }) { ... on CreateTokenPayload { secret } } }',
    { name: `attacker ${Math.random()}` },
  );
  return createToken.secret;
};

/** Milliseconds of each of the good client's requests. */
const askOneByOne = async (caller: Caller, count: number): Promise<readonly number[]> => {
  const times: number[] = [];
  for (let asked = 0; asked < count; asked += 1) {
    const start = performance.now();
    await caller.askText(goodQuery, {});
    times.push(performance.now() - start);
    await sleep(PAUSE_MS);
  }
  return times;
};

const p99 = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;

/** What one client waits for an answer while others attack, beside what it waits for when they do not. */
export const benchAttack: Bench = async ({ rounds, scale, tell }) => {
  await using room = await BenchRoom.open();
  await runVerb('import', '--quiet', '--data', room.data.path, await room.writeCast('one.cast', MB / 100));
  const serve = ['serve', '--data', room.data.path, '--listen', '127.0.0.1:0', '--log-level', 'error'];
  await (await ServerProcess.start(mainScript, serve))[Symbol.asyncDispose]();
  fillCatalog(room.data.catalog, SESSIONS);
  const goodToken = await room.adminToken();
  await using server = await ServerProcess.start(mainScript, serve);
  await room.dailyCopy();
  const waits = new Map<string, { quiet: number[]; attacked: number[] }>();
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, attack] of Object.entries(attacks)) {
      tell(`attack: round ${round} of ${rounds}, ${name}`);
      const place = { url: server.url, token: await makeToken(server.url, goodToken), goodToken };
      const result = await underAttack(place, attack, REQUESTS[scale]);
      const seen = waits.get(name) ?? { quiet: [], attacked: [] };
      seen.quiet.push(result.quiet);
      seen.attacked.push(result.attacked);
      waits.set(name, seen);
    }
  }
  const digits = (value: number): string => String(Number(value.toPrecision(3)));
  const rows = [...waits].map(([name, { quiet, attacked }]) => {
    const ratios = attacked.map((wait, round) => wait / (quiet[round] ?? wait));
    return `| ${name} | ${digits(median(quiet))} | ${digits(median(attacked))} | ${digits(median(ratios))} |`;
  });
  return [
    '### attack: p99 of a good client',
    '',
    '| while | quiet ms | attacked ms | times |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
};

/** The good client's p99, without the attack and then with it, on a connection that it has already. */
const underAttack = async (
  place: Place,
  attack: Attack,
  requests: number,
): Promise<{ readonly quiet: number; readonly attacked: number }> => {
  using caller = new Caller(place.url, place.goodToken);
  const quiet = p99(await askOneByOne(caller, requests));
  const stop = new AbortController();
  const attacking = attack(place, stop.signal);
  await sleep(200);
  const attacked = p99(await askOneByOne(caller, requests));
  stop.abort();
  await attacking;
  await sleep(200);
  return { quiet, attacked };
};
