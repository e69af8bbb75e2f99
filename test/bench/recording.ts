import { fileURLToPath } from 'node:url';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { type Bench, BenchRoom, MB } from './bench-room.ts';
import { Caller } from './caller.ts';
import { runInto, runProgram, runVerb } from './program.ts';
import { type Contestant, race, type Series, standingsTable, timed } from './race.ts';
import { mainScript, ServerProcess } from './server-process.ts';

const rawBytes = { small: 10 * MB, full: 100 * MB };
const fileYardstick = fileURLToPath(new URL('file-yardstick.ts', import.meta.url));

type Target = { readonly sessionId: string; readonly recordingId: string; readonly rawSize: number };

/** One recording read in every way there is, beside decompressing it, and beside serving it as a plain file. */
export const benchRecording: Bench = async ({ rounds, scale, tell }) => {
  await using room = await BenchRoom.open();
  const cast = await room.writeCast('terminal.cast', rawBytes[scale]);
  await runVerb('import', '--quiet', '--data', room.data.path, cast);
  const serve = ['serve', '--data', room.data.path, '--listen', '127.0.0.1:0', '--log-level', 'warn'];
  await using server = await ServerProcess.start(mainScript, serve);
  const token = await room.adminToken();
  using caller = new Caller(server.url, token);
  const target = await findTarget(caller);
  const [stored, raw] = [room.file('stored.rec.zst'), room.file('raw.msgpack')];
  await runInto(stored, 'curl', ['-sSf', '-H', `x-access-token: ${token}`, `${server.url}${pathOf(target)}.rec.zst`]);
  await runInto(raw, 'zstd', ['-dcq', stored]);
  await using plain = await ServerProcess.start(fileYardstick, [raw]);
  using plainCaller = new Caller(plain.url, token);

  const amount = target.rawSize / MB;
  const reading = (name: string, read: () => Promise<unknown>, of = server): Contestant => ({
    name,
    run: () => of.measure(async () => (await read(), amount)),
  });
  const download = (ending: string): Contestant => reading(ending, () => caller.drain(pathOf(target) + ending));
  const series: Series = {
    title: `recording: ${amount.toFixed(1)} MB of msgpack`,
    unit: 'MB/s',
    yardstick: 'zstd -dc',
    contestants: [
      { name: 'zstd -dc', run: () => timed(async () => (await runProgram('zstd', ['-dcq', stored]), amount)) },
      reading('plain file server', () => plainCaller.drain('/'), plain),
      ...['.rec.zst', '.msgpack', '.cast'].map(download),
      reading('Subscription.recording { msgpack }', () => subscribe(server.url, token, target)),
      reading('chunks { tuples }', () => pageThrough(caller, target, 'tuples')),
      reading('chunks { events }', () => pageThrough(caller, target, `events { ${typedEvents} }`)),
    ],
  };
  return standingsTable(series, await race(series, rounds, tell));
};

const typedEvents = '__typename time ... on TerminalOutput { data } ... on TerminalResize { columns rows }';

const pathOf = ({ recordingId }: Target): string => `/recordings/${recordingId}`;

async function findTarget(caller: Caller): Promise<Target> {
  type Answer = { sessions: { nodes: { sessionId: string; recording: { recordingId: string; rawSize: number } }[] } };
  const query = '{ sessions(first: 1) { nodes { sessionId recording { recordingId rawSize } } } }';
  const [session] = (await caller.ask<Answer>(query, {})).sessions.nodes;
  if (session === undefined) throw new Error('nothing was imported');
  return { sessionId: session.sessionId, ...session.recording };
}

/** Page after page. Only the cursor is looked at, which is asked for first: reading JSON would be the client's time. */
async function pageThrough(caller: Caller, { sessionId }: Target, fields: string): Promise<void> {
  const query = `query ($id: UUID!, $after: String) { session(sessionId: $id) { recording { chunks(first: 16, after: $after) {
    pageInfo { hasNextPage endCursor } nodes { ${fields} } } } } }`;
  for (let after: string | null = null; ;) {
    const text: string = await caller.askText(query, { id: sessionId, after });
    const page = /"pageInfo":\{"hasNextPage":(true|false),"endCursor":"([^"]+)"\}/.exec(text.slice(0, 1000));
    if (page === null) throw new Error(`not a page of chunks: ${text.slice(0, 200)}`);
    if (page[1] === 'false') return;
    after = page[2] ?? null;
  }
}

async function subscribe(url: string, token: string, { sessionId }: Target): Promise<void> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { token },
  });
  const query = 'subscription ($id: UUID!) { recording(sessionId: $id, follow: false) { msgpack } }';
  for await (const { errors } of client.iterate({ query, variables: { id: sessionId } })) {
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
  }
  await client.dispose();
}
