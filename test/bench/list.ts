import { fileURLToPath } from 'node:url';
import { type Bench, type BenchOptions, BenchRoom, MB } from './bench-room.ts';
import { Caller } from './caller.ts';
import { copyCatalog, fillCatalog } from './many-sessions.ts';
import { installPeers } from './peers.ts';
import { runVerb } from './program.ts';
import { type Contestant, race, type Series, standingsTable } from './race.ts';
import { mainScript, ServerProcess } from './server-process.ts';

const sessionCounts = { small: [10_000], full: [10_000, 1_000_000] };
const REQUESTS = 400;
const CONNECTIONS = 4;
const listYardstick = fileURLToPath(new URL('list-yardstick.ts', import.meta.url));
const listMercurius = fileURLToPath(new URL('list-mercurius.ts', import.meta.url));

const query = `{ sessions(first: 50) { nodes { sessionId protocol upstream status user { email name } socket { name }
  client { ip } sshUser startedAt duration recordingState } } }`;

/** The first page of a list, beside a hand-written handler with the same SQL over a copy of the same catalog. */
export const benchList: Bench = async (options) => {
  const tables: string[] = [];
  for (const count of sessionCounts[options.scale]) tables.push(await benchListOf(count, options));
  return tables.join('\n\n');
};

async function benchListOf(count: number, { rounds, tell }: BenchOptions): Promise<string> {
  await using room = await BenchRoom.open();
  await runVerb('import', '--quiet', '--data', room.data.path, await room.writeCast('one.cast', MB / 100));
  const rate = ['--requests-per-second', '100000'];
  const serve = ['serve', '--data', room.data.path, '--listen', '127.0.0.1:0', '--log-level', 'warn', ...rate];
  // The first start makes the token; the copy must know it too.
  await (await ServerProcess.start(mainScript, serve))[Symbol.asyncDispose]();
  tell(`list: making ${count} sessions`);
  fillCatalog(room.data.catalog, count);
  copyCatalog(room.data.catalog, room.file('copy.db'));
  const token = await room.adminToken();
  await using server = await ServerProcess.start(mainScript, serve);
  await using handler = await ServerProcess.start(listYardstick, [room.file('copy.db')]);
  await using mercurius = installPeers(tell) ? await ServerProcess.start(listMercurius, [room.file('copy.db')]) : null;
  using caller = new Caller(server.url, token, CONNECTIONS);
  using peerCaller = new Caller(mercurius?.url ?? '', token, CONNECTIONS);
  using handCaller = new Caller(handler.url, token, CONNECTIONS);
  await refuseUnlike(caller, handCaller);
  if (mercurius !== null) await refuseUnlike(caller, peerCaller);
  tell('list: waiting for the daily copy of the catalog, which is not to be measured');
  await room.dailyCopy();

  const asking = (name: string, of: ServerProcess, through: Caller): Contestant => ({
    name,
    run: () => of.measure(() => askMany(through)),
  });
  const series: Series = {
    title: `list: first page of 50 of ${count} sessions × 12 fields`,
    unit: 'requests/s',
    yardstick: 'hand-written handler',
    contestants: [
      asking('hand-written handler', handler, handCaller),
      ...(mercurius === null ? [] : [asking('Mercurius with its jit', mercurius, peerCaller)]),
      asking('reeltime', server, caller),
    ],
  };
  return standingsTable(series, await race(series, rounds, tell));
}

async function askMany(caller: Caller): Promise<number> {
  const one = async (): Promise<void> => {
    for (let asked = 0; asked < REQUESTS / CONNECTIONS; asked += 1) await caller.askText(query, {});
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  return REQUESTS;
}

/** A comparison of servers that answer differently would say nothing. @throws when they do */
async function refuseUnlike(one: Caller, other: Caller): Promise<void> {
  const [ours, theirs] = await Promise.all([one.askText(query, {}), other.askText(query, {})]);
  // What the operation cost stands beside the data of the one alone.
  const data = (text: string): string => JSON.stringify((JSON.parse(text) as { readonly data: unknown }).data);
  if (data(ours) !== data(theirs))
    throw new Error(`the answers differ:\n${ours.slice(0, 500)}\n${theirs.slice(0, 500)}`);
}
