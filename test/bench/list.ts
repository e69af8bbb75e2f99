import { fileURLToPath } from 'node:url';
import type { Bench, BenchOptions } from './bench-room.ts';
import { Caller } from './caller.ts';
import { benchPlaces } from './list-places.ts';
import { askMany, ListServer } from './list-server.ts';
import { installPeers } from './peers.ts';
import { type Contestant, race, type Series, standingsTable } from './race.ts';
import { ServerProcess } from './server-process.ts';

const SMALL = 10_000;
const LARGE = 1_000_000;
// Enough for whatever is compiled when it is hot.
const REQUESTS = 2_000;
const CONNECTIONS = 4;
const listYardstick = fileURLToPath(new URL('list-yardstick.ts', import.meta.url));
const listMercurius = fileURLToPath(new URL('list-mercurius.ts', import.meta.url));

const query = `{ sessions(first: 50) { nodes { sessionId protocol upstream status user { email name } socket { name }
  client { ip } sshUser startedAt duration recordingState } } }`;

/**
 * One request beside a hand-written handler with the same SQL over a copy of the same catalog; then pages of a large history
 * beside the first page of a small one. `--rows` says how large.
 */
export const benchList: Bench = async (options) => {
  const { scale, rows, tell } = options;
  await using small = await ListServer.open(SMALL, tell);
  const tables = [await benchFirstPage(small, options)];
  if (scale === 'full' || rows !== null) {
    await using large = await ListServer.open(rows ?? LARGE, tell);
    tables.push(await benchFirstPage(large, options), await benchPlaces(small, large, options));
  }
  return tables.join('\n\n');
};

async function benchFirstPage(list: ListServer, { rounds, tell }: BenchOptions): Promise<string> {
  const { server, caller, token, count } = list;
  const copy = list.copy();
  await using handler = await ServerProcess.start(listYardstick, [copy]);
  await using mercurius = installPeers(tell) ? await ServerProcess.start(listMercurius, [copy]) : null;
  using peerCaller = new Caller(mercurius?.url ?? '', token, CONNECTIONS);
  using handCaller = new Caller(handler.url, token, CONNECTIONS);
  await refuseUnlike(caller, handCaller);
  if (mercurius !== null) await refuseUnlike(caller, peerCaller);

  const asking = (name: string, of: ServerProcess, through: Caller): Contestant => ({
    name,
    run: () => of.measure(() => askMany(through, query, {}, REQUESTS)),
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

/** A comparison of servers that answer differently would say nothing. @throws when they do */
async function refuseUnlike(one: Caller, other: Caller): Promise<void> {
  const [ours, theirs] = await Promise.all([one.askText(query, {}), other.askText(query, {})]);
  // What the operation cost stands beside the data of the one alone.
  const data = (text: string): string => JSON.stringify((JSON.parse(text) as { readonly data: unknown }).data);
  if (data(ours) !== data(theirs))
    throw new Error(`the answers differ:\n${ours.slice(0, 500)}\n${theirs.slice(0, 500)}`);
}
