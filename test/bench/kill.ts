import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { killRequestsDocument } from '../../src/client/producer-documents.ts';
import { type Bench, BenchRoom } from './bench-room.ts';
import { Caller } from './caller.ts';
import { type LiveSession, LiveSessions } from './live-sessions.ts';
import { shownMs, type Waits, waitsOf } from './percentile.ts';
import { median } from './race.ts';
import { mainScript, ServerProcess } from './server-process.ts';

const LIVE_SESSIONS = 1000;
/** Of one round, one after the other. */
const KILLS = { small: 50, full: 200 };

const killDocument =
  'mutation ($id: UUID!) { killSession(input: { sessionId: $id, reason: "a bench" }) { __typename } }';
const sessionDocument = 'query ($id: UUID!) { session(sessionId: $id) { status } }';

/** From the request to the producer that is told, beside a question that changes nothing. */
export const benchKill: Bench = async ({ rounds, scale, tell }) => {
  await using room = await BenchRoom.open();
  const serve = ['serve', '--data', room.data.path, '--listen', '127.0.0.1:0', '--log-level', 'error', '--lease', '1d'];
  await using server = await ServerProcess.start(mainScript, serve);
  using sessions = await LiveSessions.of(server, room);
  using caller = new Caller(server.url, await room.adminToken());
  await sessions.open(LIVE_SESSIONS);
  await room.dailyCopy();
  await using hearing = new Hearing(server.url, sessions.token);
  const seen: Record<'asked' | 'answered' | 'told', Waits[]> = { asked: [], answered: [], told: [] };
  for (let round = 0; round <= rounds; round += 1) {
    tell(`kill: ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`);
    const victims = await sessions.open(KILLS[scale]);
    const asked: number[] = [];
    for (const { sessionId } of victims) asked.push(await timeOf(caller.ask(sessionDocument, { id: sessionId })));
    const waits = await killAll(sessions, caller, hearing, victims);
    if (round === 0) continue;
    seen.asked.push(waitsOf(asked));
    seen.answered.push(waitsOf(waits.map(({ answeredMs }) => answeredMs)));
    seen.told.push(waitsOf(waits.map(({ toldMs }) => toldMs)));
  }
  const row = (name: string, waits: readonly Waits[]): string => {
    const ratios = waits.map(({ p50 }, round) => p50 / (seen.asked[round]?.p50 ?? p50));
    const [p50, p99] = [median(waits.map((each) => each.p50)), median(waits.map((each) => each.p99))];
    return `| ${name} | ${shownMs(p50)} | ${shownMs(p99)} | ${shownMs(median(ratios))} |`;
  };
  return [
    `### kill: ${LIVE_SESSIONS} live sessions, one kill after the other`,
    '',
    '| from the request | p50 ms | p99 ms | of the question |',
    '| --- | --- | --- | --- |',
    row('to the answer of a question, session { status }', seen.asked),
    row('to the answer of killSession: it is on disk', seen.answered),
    row('to the producer that is told over killRequests', seen.told),
  ].join('\n');
};

const timeOf = async (work: Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work;
  return performance.now() - start;
};

type KillWaits = { readonly answeredMs: number; readonly toldMs: number };

const killAll = async (
  sessions: LiveSessions,
  caller: Caller,
  hearing: Hearing,
  victims: readonly LiveSession[],
): Promise<readonly KillWaits[]> => {
  const waits: KillWaits[] = [];
  for (const { sessionId } of victims) {
    const told = timeOf(hearing.of(sessionId));
    const [answeredMs, toldMs] = await Promise.all([timeOf(caller.ask(killDocument, { id: sessionId })), told]);
    waits.push({ answeredMs, toldMs });
    await sessions.confirmKill(sessionId);
  }
  return waits;
};

/** A producer that hears of its kills over one WebSocket. */
class Hearing implements AsyncDisposable {
  readonly #client: ReturnType<typeof createClient>;
  readonly #awaited = new Map<string, () => void>();
  readonly #hearing: Promise<void>;

  constructor(url: string, token: string) {
    this.#client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { token },
      retryAttempts: 0,
    });
    this.#hearing = this.#hear();
    this.#hearing.catch(() => {});
  }

  async #hear(): Promise<void> {
    type Data = { readonly killRequests: { readonly sessionId: string } };
    for await (const { data, errors } of this.#client.iterate<Data>({ query: killRequestsDocument })) {
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      this.#awaited.get(data?.killRequests.sessionId ?? '')?.();
    }
  }

  /** Resolves when it is told of the session's kill. @throws when it hears no more */
  async of(sessionId: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaited.set(sessionId, resolve);
    await Promise.race([promise, this.#hearing.then(() => Promise.reject(new Error('it hears no more')))]);
    this.#awaited.delete(sessionId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.dispose();
  }
}
