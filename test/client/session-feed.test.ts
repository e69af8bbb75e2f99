import { cp, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hearKillRequests } from '../../src/client/kill-requests.ts';
import { type LeftoverOutcome, sendLeftovers } from '../../src/client/leftovers.ts';
import { RemoteIntake } from '../../src/client/remote-intake.ts';
import { type FeedListener, FeedStopped, SessionFeed } from '../../src/client/session-feed.ts';
import { Spool } from '../../src/client/spool.ts';
import { SpoolOwner } from '../../src/client/spool-owner.ts';
import { ownProcess } from '../../src/cli/own-process.ts';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { seesAll } from '../../src/model/access.ts';
import { Fenced, InvalidInput, SessionKilled, Unavailable } from '../../src/model/errors.ts';
import type { Intake, KillRequest, OpenSession } from '../../src/model/intake.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import { producer, type Running, startTestServer } from '../api/running.ts';
import { openFolder } from '../store/opened-folder.ts';
import { anOpenSession } from './sessions.ts';

let running: Running;
let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'reeltime-feed-'));
  running = await startTestServer();
});
afterEach(async () => {
  await running[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

const self = ownProcess();
const common = {
  producer,
  clock: () => performance.now(),
  random: () => 0,
  patienceMs: Infinity,
};
const remote = (): RemoteIntake => new RemoteIntake({ url: running.url, token: running.tokens.PRODUCER });

/** A feed over a spool of its own. */
const feeding = (
  session: OpenSession,
  listener: FeedListener = {},
  intake: Intake = remote(),
  patienceMs = Infinity,
): { readonly feed: SessionFeed; readonly spool: Spool } => {
  const owner = SpoolOwner.create(root, session.sessionId ?? '', self);
  const spool = Spool.create(root, { version: 1, server: 'this', session });
  return { feed: new SessionFeed({ ...common, intake, spool, owner, patienceMs }, listener), spool };
};

const output = (timeMs: number, text: string): RecordedEvent => ({ timeMs, code: 'o', payload: [Buffer.from(text)] });
const end = { endedAtMs: null, reason: 'done', isCut: false };

const sessionOf = async ({ sessionId }: OpenSession) => {
  const session = sessionId === null ? null : await running.installation.catalog.session(seesAll, sessionId);
  if (session === null) throw new Error('the server does not know it');
  return session;
};

const requestKill = async (session: OpenSession): Promise<void> => {
  const { socket } = await sessionOf(session);
  const response = await fetch(`${running.url}/api/v1/session/${socket.socketId}/${session.sessionId}`, {
    method: 'PUT',
    headers: { 'x-access-token': running.tokens.AUDITOR, 'content-type': 'application/json' },
    body: '{"killed":true}',
  });
  expect(response.status).toBe(200);
};

/** What becomes of what earlier processes left. */
const leftoverOutcomes = async (intake: Intake = remote()): Promise<readonly LeftoverOutcome[]> => {
  const parts = { ...common, intake, root, server: 'this', self };
  const outcomes: LeftoverOutcome[] = [];
  for await (const outcome of sendLeftovers(parts, new AbortController().signal)) outcomes.push(outcome);
  return outcomes;
};

/** What the server has of the terminal's output. */
const outputOf = async ({ recording }: OpenSession): Promise<string> => {
  const headers = { 'x-access-token': running.tokens.ADMIN };
  const response = await fetch(`${running.url}/recordings/${recording?.recordingId}.ndjson`, { headers });
  const lines = (await response.text()).trim().split('\n');
  const events = lines.map((line) => JSON.parse(line) as [number, string, string]);
  return events.flatMap(([, code, text]) => (code === 'o' ? [text] : [])).join('');
};

/** An intake that lets calls through to the server, or not. */
class Line {
  readonly intake: Intake;
  isCut = false;
  /** Answers that get lost: the server did what it was asked. */
  lostAnswers = 0;
  readonly refused = Promise.withResolvers<void>();

  constructor(inner: Intake) {
    this.intake = {
      openSession: (...given) => this.#pass(() => inner.openSession(...given)),
      openRecording: (...given) => this.#pass(() => inner.openRecording(...given)),
      appendEvents: (...given) => this.#pass(() => inner.appendEvents(...given)),
      heartbeat: (...given) => this.#pass(() => inner.heartbeat(...given)),
      recordSessionEvent: (...given) => this.#pass(() => inner.recordSessionEvent(...given)),
      confirmKill: (...given) => this.#pass(() => inner.confirmKill(...given)),
      closeSession: (...given) => this.#pass(() => inner.closeSession(...given)),
    };
  }

  async #pass<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    if (this.isCut) this.refused.resolve();
    if (this.isCut) throw new Unavailable('the line is cut', 1, { cause: 'test' });
    const answer = await call();
    this.lostAnswers -= 1;
    if (this.lostAnswers >= 0) throw new Unavailable('the answer is lost', 1, { cause: 'test' });
    return answer;
  }
}

test('what is pushed is with the server when the feed is over, whatever answers were lost on the way', async () => {
  const session = anOpenSession();
  const line = new Line(remote());
  line.lostAnswers = 3;
  const { feed } = feeding(session, {}, line.intake);
  feed.push(output(0, 'one '));
  feed.push(output(5, 'two '));
  feed.close(end, [output(9, 'three')]);
  expect(await feed.over).toEqual({ error: null });
  expect(await outputOf(session)).toBe('one two three');
  expect(await sessionOf(session)).toMatchObject({ status: 'ENDED', endReason: 'done' });
});

test('while the line is cut it is away and keeps all, and goes on where it was when the line is there again', async () => {
  const session = anOpenSession();
  const line = new Line(remote());
  const states: string[] = [];
  const { feed, spool } = feeding(session, { changed: ({ kind }) => states.push(kind) }, line.intake);
  line.isCut = true;
  feed.push(output(0, 'one '));
  await line.refused.promise;
  for (let timeMs = 0; timeMs < 500; timeMs += 1) feed.push(output(timeMs, `${timeMs} `));
  expect(spool.waitingEvents).toBe(501);
  line.isCut = false;
  feed.close(end);
  await feed.over;
  expect(states.slice(-3)).toEqual(['away', 'feeding', 'over']);
  expect(await outputOf(session)).toBe(`one ${Array.from({ length: 500 }, (_, n) => `${n} `).join('')}`);
});

test('a kill is heard over the subscription before anything is sent, and is confirmed when what happened until then is there', async () => {
  const session = anOpenSession();
  const killed = Promise.withResolvers<KillRequest>();
  const opened = Promise.withResolvers<void>();
  const { feed } = feeding(session, { killed: killed.resolve, changed: () => opened.resolve() });
  await opened.promise;
  using _hearing = hearKillRequests({
    server: () => ({ url: running.url, token: running.tokens.PRODUCER }),
    random: () => 0,
    killed: (kill) => feed.hear(kill),
  });
  await requestKill(session);
  expect(await killed.promise).toMatchObject({ sessionId: session.sessionId, requestedBy: 'AUDITOR' });
  expect(await sessionOf(session)).toMatchObject({ status: 'KILLING', kill: { confirmedAtMs: null } });
  feed.close({ ...end, isCut: true }, [output(3, 'last words')]);
  expect(await feed.over).toEqual({ error: null });
  expect(await sessionOf(session)).toMatchObject({ status: 'KILLED', kill: { confirmedAtMs: expect.any(Number) } });
  expect(await outputOf(session)).toBe('last words');
});

test('when another opens the same session this one stops, and leaves what it has', async () => {
  const session = anOpenSession();
  const opened = Promise.withResolvers<void>();
  const { feed, spool } = feeding(session, { changed: () => opened.resolve() });
  await opened.promise;
  await remote().openSession(producer, session);
  feed.push(output(0, 'too late'));
  const { error } = await feed.over;
  expect(error).toBeInstanceOf(Fenced);
  expect(Spool.open(spool.folder)?.nextEvent).toBe(1);
});

test('a later process sends what is left, of killed sessions too, and sets aside what is never taken', async () => {
  const sessions = [anOpenSession(), anOpenSession(), anOpenSession()] as const;
  for (const session of sessions) {
    const opened = Promise.withResolvers<void>();
    const { feed } = feeding(session, { changed: () => opened.resolve() });
    await opened.promise;
    feed.push(output(0, 'left behind'));
    feed.stop();
    expect((await feed.over).error).toBeInstanceOf(FeedStopped);
  }
  const [plain, killing, killed] = sessions;
  for (const session of [killing, killed]) await requestKill(session);
  if (killed.sessionId !== null) await remote().confirmKill(producer, killed.sessionId);
  const outcomes = await leftoverOutcomes();
  expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['refused', 'sent', 'sent']);
  const refused = outcomes.find(({ kind }) => kind === 'refused');
  expect(refused?.error).toBeInstanceOf(SessionKilled);
  expect(Spool.open(refused?.folder ?? '')?.nextEvent).toBe(1);
  expect(await outputOf(plain)).toBe('left behind');
  expect(await outputOf(killing)).toBe('left behind');
  expect(await sessionOf(plain)).toMatchObject({ status: 'ENDED' });
  expect(await sessionOf(killing)).toMatchObject({ status: 'KILLED' });
});

test('a confirmation that the server did not hear is said again by a later process, though everything was taken', async () => {
  const session = anOpenSession();
  const inner = remote();
  const mute: Intake = new Proxy(inner, {
    get: (target, name) =>
      name === 'confirmKill'
        ? () => Promise.reject(new Unavailable('the line is cut', 1, { cause: 'test' }))
        : (target[name as keyof Intake] as () => unknown).bind(target),
  });
  const opened = Promise.withResolvers<void>();
  const { feed } = feeding(session, { changed: () => opened.resolve() }, mute, 0);
  await opened.promise;
  await requestKill(session);
  feed.close({ ...end, isCut: true }, [output(1, 'last words')]);
  expect((await feed.over).error).toBeInstanceOf(Unavailable);
  expect(await sessionOf(session)).toMatchObject({ status: 'KILLING' });
  expect(await leftoverOutcomes()).toMatchObject([{ kind: 'sent' }]);
  expect(await sessionOf(session)).toMatchObject({ status: 'KILLED', kill: { confirmedAtMs: expect.any(Number) } });
  expect(await outputOf(session)).toBe('last words');
});

test.for([true, false])(
  'a server that is put back from a backup of before the last open is fed on, and has all (something is left to send: %s)',
  async (hasMore) => {
    const session = anOpenSession();
    const clock = { nowMs: Date.now() };
    const folder = path.join(root, 'server');
    const backup = path.join(root, 'backup');
    const before = await openFolder(folder, { clock });
    await before.intake.openSession(producer, session);
    await before[Symbol.asyncDispose]();
    await cp(folder, backup, { recursive: true });
    const lost = await openFolder(folder, { clock });
    const line = new Proxy(lost.intake, {
      get: (_, name) => (current.intake[name as keyof Intake] as () => unknown).bind(current.intake),
    });
    let current = lost;
    const taken = Promise.withResolvers<void>();
    const { feed, spool } = feeding(session, {}, line);
    feed.push(output(0, 'one '));
    const acknowledge = spool.acknowledge.bind(spool);
    spool.acknowledge = (batch) => {
      acknowledge(batch);
      taken.resolve();
    };
    await taken.promise;
    await lost[Symbol.asyncDispose]();
    await using restored = await openFolder(backup, { clock });
    current = restored;
    feed.close(end, hasMore ? [output(1, 'two')] : []);
    expect(await feed.over).toEqual({ error: null });
    const { recordingId } = session.recording ?? {};
    const recording = recordingId == null ? null : await restored.catalog.recording(seesAll, recordingId);
    expect(recording?.eventCount).toBe(hasMore ? 2 : 1);
  },
);

test('an epoch that the server never gave is told by its field', async () => {
  const session = anOpenSession();
  const intake = remote();
  const { epoch } = await intake.openSession(producer, session);
  const { sessionId } = session;
  const recordingId = session.recording?.recordingId ?? null;
  if (sessionId === null || recordingId === null) throw new Error('it has ids of its own');
  const later = epoch + 1;
  const batch = { firstEvent: 0, msgpack: encodeBatch([output(0, 'one')]) };
  const append = (): Promise<unknown> => intake.appendEvents(producer, { recordingId, epoch: later, ...batch });
  const close = (): Promise<unknown> =>
    intake.closeSession(producer, { sessionId, epoch: later, endedAtMs: null, reason: null });
  for (const call of [append, close]) {
    const error: unknown = await call().catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error).toMatchObject({ field: 'epoch' });
  }
});

test('whoever looks for what is left does not touch a spool that is being made, nor send one that was just made', async () => {
  const session = anOpenSession();
  const folder = path.join(root, session.sessionId ?? '');
  await mkdir(folder);
  await utimes(folder, 1, 1);
  expect(await leftoverOutcomes()).toEqual([]);
  expect((await stat(folder)).mtimeMs).toBe(1000);
  await rm(folder, { recursive: true });
  using _owner = SpoolOwner.create(root, session.sessionId ?? '', self);
  expect(await readdir(folder)).toEqual(['owner.json']);
  expect(await leftoverOutcomes()).toEqual([]);
  expect(SpoolOwner.take(folder, self)).toBeNull();
  using spool = Spool.create(root, { version: 1, server: 'this', session });
  expect(await leftoverOutcomes()).toEqual([]);
  expect(await readdir(spool.folder)).toContain('owner.json');
});

test('what was sent, and only not deleted as a whole, is deleted', async () => {
  const folder = path.join(root, anOpenSession().sessionId ?? '');
  await mkdir(folder);
  await writeFile(path.join(folder, 'sent.json'), '{}');
  expect(await leftoverOutcomes()).toEqual([]);
  expect(await readdir(root)).toEqual([]);
});

test('what another process opens while it is sent is left where it is, for that one', async () => {
  const session = anOpenSession();
  const { feed, spool } = feeding(session);
  feed.push(output(0, 'left behind'));
  feed.stop();
  await feed.over;
  const inner = remote();
  const slow: Intake = new Proxy(inner, {
    get: (target, name) => {
      const call = (target[name as keyof Intake] as (...given: unknown[]) => Promise<unknown>).bind(target);
      if (name !== 'appendEvents') return call;
      return async (...given: unknown[]) => {
        await inner.openSession(producer, session);
        return call(...given);
      };
    },
  });
  const [outcome] = await leftoverOutcomes(slow);
  expect(outcome).toMatchObject({ kind: 'kept', folder: spool.folder, error: expect.any(Fenced) });
  expect(await leftoverOutcomes()).toMatchObject([{ kind: 'sent' }]);
  expect(await outputOf(session)).toBe('left behind');
});
