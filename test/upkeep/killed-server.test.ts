import { once } from 'node:events';
import { copyFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openInstallation, type Installation } from '../../src/cli/compose.ts';
import { dataFolderAt } from '../../src/cli/data-folder.ts';
import type { ServerParts } from '../../src/client/server-calls.ts';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { decodeRun } from '../../src/format/run-events.ts';
import { seesAll } from '../../src/model/access.ts';
import { openRaw } from '../api/raw-connection.ts';
import { copyCatalog } from '../bench/many-sessions.ts';
import { runProgram, type ServerProcess, startServerProcess } from '../cli/program.ts';
import { startChild } from '../store/child-process.ts';
import { firstPage } from '../../src/model/page.ts';
import { everySession, newestFirst } from '../../src/model/session-filter.ts';
import { aSession, everything, output, plain, readEvents, terminal } from '../store/feeding.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';
import { eventAt, type Feeding, type LedgerEntry, LedgerProducer, type WhichServer } from './ledger-producer.ts';

/** How often the server is killed: 25 times, or as often as the variable KILLS says. */
const KILLS = Number(process.env['KILLS'] ?? 25);
/** A server is to be killed when it has acknowledged a random number of batches, up to this. */
const BATCHES_MAX = 40;
/** What one server's life may take on a busy machine, start and all. */
const LIFE_MS_MAX = 8000;

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

/** Small batches, such as fill a chunk each, and such as go into the largest chunks: those are being written when the kill comes. */
const feedings: readonly Feeding[] = [
  { seed: 1, eventBytes: 1000, isCut: false, batchEvents: 20, sessionEvents: 4000 },
  { seed: 2, eventBytes: 50_000, isCut: false, batchEvents: 4, sessionEvents: 80 },
  { seed: 3, eventBytes: 100_000, isCut: false, batchEvents: 3, sessionEvents: 1_000_000 },
  { seed: 4, eventBytes: 900_000, isCut: true, batchEvents: 1, sessionEvents: 1_000_000 },
];

/** Producers that go on from one server to the next. */
class Load {
  readonly producers: readonly LedgerProducer[];
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>;
  #next = Promise.withResolvers<ServerParts>();
  #count = 0;
  #wanted = { count: Infinity, resolve: () => {} };

  constructor() {
    const which: WhichServer = (signal) => {
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
      promise.catch(() => {});
      return Promise.race([this.#next.promise, promise]);
    };
    this.producers = feedings.map((feeding) => new LedgerProducer(feeding, which, () => this.#hear()));
    this.#running = Promise.all(this.producers.map((producer) => producer.run(this.#stop.signal)));
  }

  comesBack({ url, token }: ServerParts): void {
    this.#next.resolve({ url, token });
  }

  /** Whoever asks for a server from now on waits for the next one. */
  goesAway(): void {
    this.#next = Promise.withResolvers<ServerParts>();
  }

  /** Resolves when so many more batches were acknowledged. */
  batches(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wanted = { count: this.#count + count, resolve };
    return Promise.race([promise, this.#running.then(() => Promise.reject(new Error('nobody feeds any more')))]);
  }

  #hear(): void {
    this.#count += 1;
    if (this.#count >= this.#wanted.count) this.#wanted.resolve();
  }

  get ledger(): readonly LedgerEntry[] {
    return this.producers.flatMap(({ ledger }) => ledger);
  }

  get broken(): readonly string[] {
    return this.producers.flatMap(({ broken }) => broken);
  }

  /** Resolves when everybody has stopped. @throws what no retry helps against */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

const dead = ({ child }: ServerProcess): Promise<unknown> =>
  child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve();

/** Kills the server again and again, in the middle of its writing. @returns the last one's end */
const killAgainAndAgain = async (load: Load, kills: number): Promise<void> => {
  await using killing = startChild('upkeep/killing-process.ts', [path.join(folder.path, 'recordings')]);
  for (let kill = 0; kill < kills; kill += 1) {
    await using server = await startServerProcess(folder.path);
    load.comesBack(server);
    await load.batches(1 + Math.floor(Math.random() * BATCHES_MAX));
    load.goesAway();
    killing.process.stdin?.write(`${server.child.pid}\n`);
    await dead(server);
    expect(server.child.signalCode).toBe('SIGKILL');
  }
};

const open = (problems: unknown[] = []): Promise<Installation> =>
  openInstallation(dataFolderAt(folder.path), (...told) => void problems.push(told));

/** How many events there are, all of which are what was sent at their places. */
const readableEvents = async ({ reader }: Installation, entry: LedgerEntry): Promise<number> => {
  let ordinal = 0;
  for await (const run of reader.runs(seesAll, entry.recordingId, everything)) {
    for (const { timeMs, code, payload } of decodeRun(run.msgpack)) {
      const sent = eventAt(entry, ordinal);
      const isSame = Buffer.compare(payload[0] as Uint8Array, sent.payload[0] as Uint8Array) === 0;
      if (timeMs !== sent.timeMs || code !== sent.code || payload.length !== 1 || !isSame) {
        throw new Error(`event ${ordinal} of ${entry.recordingId} is not what was sent`);
      }
      ordinal += 1;
    }
  }
  return ordinal;
};

const quarantined = async (): Promise<number> => {
  const names = await readdir(path.join(folder.path, 'quarantine'), { recursive: true });
  return names.filter((name) => name.includes('.from-')).length;
};

const expectKept = async (load: Load, installation: Installation): Promise<void> => {
  expect(load.broken).toEqual([]);
  const known = new Set<string>(load.ledger.map(({ sessionId }) => sessionId));
  const { items, hasNextPage } = await installation.catalog.sessions(
    seesAll,
    everySession,
    newestFirst,
    firstPage(500),
  );
  expect({ strange: items.filter(({ sessionId }) => !known.has(sessionId)), hasNextPage }).toEqual({
    strange: [],
    hasNextPage: false,
  });
  for (const entry of load.ledger) {
    const { recordingId, sent, acknowledged } = entry;
    if ((await installation.catalog.recording(seesAll, recordingId)) === null) {
      expect({ recordingId, acknowledged }).toEqual({ recordingId, acknowledged: 0 });
      continue;
    }
    const readable = await readableEvents(installation, entry);
    expect(readable).toBeGreaterThanOrEqual(acknowledged);
    expect(readable).toBeLessThanOrEqual(sent);
    expect(await installation.reader.verify(seesAll, recordingId)).toMatchObject({ ok: true });
  }
};

test(
  `a server that is killed ${KILLS} times under load: what was acknowledged is there, what is there is the beginning of what was sent`,
  { timeout: KILLS * LIFE_MS_MAX + 60_000 },
  async () => {
    const load = new Load();
    await killAgainAndAgain(load, KILLS);
    await load.stop();
    const problems: unknown[] = [];
    await using installation = await open(problems);
    await installation.closer.settled();
    const { ledger } = load;
    const events = ledger.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
    console.log(
      `${KILLS} kills: ${await quarantined()} left a torn tail; ${ledger.length} recordings, ${events} events acknowledged`,
    );
    await expectKept(load, installation);
    expect(problems.filter((told) => JSON.stringify(told).includes('"error"'))).toEqual([]);
  },
);

/** Events that are in chunks, and need no catalog. */
const eventsInFile = async ({ catalog }: Installation, { recordingId }: LedgerEntry): Promise<number> => {
  const unsealed = await catalog.unsealedRecording(recordingId);
  if (unsealed !== null) return unsealed.nextPendingEvent;
  return (await catalog.recording(seesAll, recordingId))?.eventCount ?? 0;
};

/** As whom the token of these tests feeds. */
const asAdmin = { producer: 'admin', actor: 'admin' };

/** Their producers open them again, and what they send stands behind what is there. */
const expectToGoOn = async (installation: Installation, entries: readonly LedgerEntry[]): Promise<void> => {
  const { intake } = installation;
  for (const { sessionId, recordingId } of entries) {
    const input = aSession({ sessionId, recording: { ...terminal, recordingId } });
    const { epoch, nextEvent } = await intake.openSession(asAdmin, input);
    const msgpack = encodeBatch([output(1_000_000, 'and on')]);
    await intake.appendEvents(asAdmin, { recordingId, epoch, firstEvent: nextEvent ?? 0, msgpack });
    await intake.closeSession(asAdmin, { sessionId, epoch, endedAtMs: null, reason: null });
    await installation.closer.settled();
    expect(await installation.reader.verify(seesAll, recordingId)).toMatchObject({ ok: true });
    expect(plain(await readEvents(installation.reader, recordingId)).at(-1)).toEqual(
      plain([output(1_000_000, 'and on')])[0],
    );
  }
  expect(entries.length).toBeGreaterThan(0);
};

test('with the catalog of an hour ago and the files of today, nothing is lost that is in a file, and recordings go on', async () => {
  const load = new Load();
  await killAgainAndAgain(load, 2);
  const { catalog } = dataFolderAt(folder.path);
  const older = path.join(folder.path, 'older.db');
  copyCatalog(catalog, older);
  await killAgainAndAgain(load, 2);
  await load.stop();
  const inFiles = new Map<LedgerEntry, number>();
  {
    await using installation = await open();
    await installation.closer.settled();
    for (const entry of load.ledger) inFiles.set(entry, await eventsInFile(installation, entry));
  }
  for (const ending of ['', '-wal', '-shm']) await rm(`${catalog}${ending}`, { force: true });
  await copyFile(older, catalog);
  const { code, stderr } = await runProgram(['reindex', '--data', folder.path]);
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining(' 0 refused\n') });
  await using installation = await open();
  await installation.closer.settled();
  const kept = [...inFiles].filter(([, events]) => events > 0);
  expect(kept.length).toBeGreaterThan(2);
  for (const [entry, events] of kept) {
    expect(await readableEvents(installation, entry)).toBeGreaterThanOrEqual(events);
    expect(await installation.reader.verify(seesAll, entry.recordingId)).toMatchObject({ ok: true });
  }
  await expectToGoOn(
    installation,
    kept.flatMap(([entry]) => (entry.end === 'none' ? [entry] : [])),
  );
});

/** Resolves when nothing listens there any more. */
const refusesConnections = async (url: string): Promise<void> => {
  for (;;) {
    const { socket, closed } = await openRaw(url).catch(() => ({ socket: null, closed: null }));
    if (socket === null) return;
    socket.destroy();
    await closed;
  }
};

test('SIGTERM under load: it takes no more connections, is not ready, closes its sockets, and ends with 0 and everything on disk', async () => {
  const load = new Load();
  await using server = await startServerProcess(folder.path);
  load.comesBack(server);
  await load.batches(BATCHES_MAX);
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  const closed = once(socket, 'close');
  // A request that is on its way keeps its connection, and what is asked behind it is answered.
  const begun = await openRaw(server.url);
  begun.socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n');
  // What came before these is read when they are answered.
  for (let times = 0; times < 2; times += 1) await (await fetch(`${server.url}/healthz`)).text();
  load.goesAway();
  const exited = once(server.child, 'exit');
  const start = performance.now();
  server.child.kill('SIGTERM');
  await refusesConnections(server.url);
  begun.socket.write('\r\nGET /readyz HTTP/1.1\r\nhost: x\r\n\r\n');
  const [[closeCode], exit, answers] = await Promise.all([closed, exited, begun.closed]);
  expect(exit).toEqual([0, null]);
  expect(performance.now() - start).toBeLessThan(10_000);
  expect(closeCode).toBe(1001);
  expect(answers).toMatch(/^HTTP\/1\.1 200 .*HTTP\/1\.1 503 .*"the server is stopping"/s);
  await load.stop();
  await using installation = await open();
  expect(await quarantined()).toBe(0);
  await expectKept(load, installation);
});
