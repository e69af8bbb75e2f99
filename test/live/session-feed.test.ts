import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { followSessions } from '../../src/live/session-feed.ts';
import { seesAll } from '../../src/model/access.ts';
import { RevisionUnknown } from '../../src/model/errors.ts';
import type { SessionId } from '../../src/model/ids.ts';
import { PAGE_ITEMS_MAX, SEEN_TOLD_MS } from '../../src/model/limits.ts';
import { firstPage } from '../../src/model/page.ts';
import type { Revision } from '../../src/model/revision.ts';
import type { SessionChange } from '../../src/model/session-change.ts';
import { everySession, newestFirst, type SessionFilter } from '../../src/model/session-filter.ts';
import { aSession, type Feed, openFeed, output, producer } from '../store/feeding.ts';
import { openFolder, type OpenedFolder } from '../store/opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';
import { killWrite } from '../store/writes.ts';
import { type Fate, UnreliableBus } from './unreliable-bus.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
const bus = new UnreliableBus();
beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path, { bus });
});
beforeEach(() => {
  bus.fate = () => 'told';
  bus.isHasty = false;
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const parts = () => ({ catalog: opened.catalog, bus, clock: () => opened.clock.nowMs });
const active: SessionFilter = { ...everySession, statuses: ['ACTIVE'] };

const follow = (filter: SessionFilter, after: Revision | null, signal = new AbortController().signal) =>
  followSessions(parts(), seesAll, filter, after, signal);

const next = async (feed: AsyncGenerator<SessionChange, void, void>): Promise<SessionChange> => {
  const { value } = await feed.next();
  if (value === undefined) throw new Error('the feed has ended');
  return value;
};

const close = (feed: Feed) =>
  opened.intake.closeSession(producer, { sessionId: feed.sessionId, epoch: feed.epoch, endedAtMs: null, reason: null });

test('tells of a session when it starts, changes, ends, and leaves the filter', async () => {
  const stop = new AbortController();
  const after = await opened.catalog.revision();
  const all = follow(everySession, after, stop.signal);
  const running = follow(active, after, stop.signal);
  const feed = await openFeed(opened);
  expect(await next(all)).toMatchObject({ kind: 'STARTED', sessionId: feed.sessionId, session: { status: 'ACTIVE' } });
  expect(await next(running)).toMatchObject({ kind: 'STARTED', sessionId: feed.sessionId });
  await opened.writer.requestKill(killWrite(feed.sessionId));
  expect(await next(all)).toMatchObject({ kind: 'UPDATED', session: { status: 'KILLING' } });
  expect(await next(running)).toMatchObject({ kind: 'LEFT', sessionId: feed.sessionId, session: null });
  await close(feed);
  expect(await next(all)).toMatchObject({ kind: 'ENDED', session: { status: 'KILLED' } });
  stop.abort();
  expect((await all.next()).done).toBe(true);
});

test('goes on from a revision with the newest state of each session, once', async () => {
  const after = await opened.catalog.revision();
  const one = await openFeed(opened);
  const two = await openFeed(opened);
  await opened.writer.requestKill(killWrite(one.sessionId));
  await close(one);
  const feed = follow(everySession, after);
  const first = await next(feed);
  expect([first, await next(feed)]).toMatchObject([
    { kind: 'STARTED', sessionId: two.sessionId },
    { kind: 'ENDED', sessionId: one.sessionId, session: { status: 'KILLED' } },
  ]);
  await feed.return();
  const later = follow(everySession, first.revision);
  expect(await next(later)).toMatchObject({ kind: 'ENDED', sessionId: one.sessionId });
  await later.return();
});

test('another log, and a revision that is still to come, are refused', async () => {
  const { log, position } = await opened.catalog.revision();
  await expect(follow(everySession, { log: '00000000', position }).next()).rejects.toThrow(RevisionUnknown);
  await expect(follow(everySession, { log, position: position + 1000 }).next()).rejects.toThrow(RevisionUnknown);
});

test('who was seen again comes along, at most once in ten seconds a session, and has no place in the log', async () => {
  const fed = await openFeed(opened);
  // What the tests before ended is sealed by now.
  await opened.closer.settled();
  const stop = new AbortController();
  const after = await opened.catalog.revision();
  const feed = follow(active, after, stop.signal);
  const waiting = next(feed);
  for (let second = 1; second <= 5; second += 1) {
    opened.clock.nowMs += SEEN_TOLD_MS / 5;
    await fed.append(output(second * 2_000, 'x'));
  }
  expect(await opened.catalog.revision()).toEqual(after);
  // Its time to look has come: it is woken by whatever changes.
  bus.publish('sessions');
  expect(await waiting).toMatchObject({ kind: 'UPDATED', sessionId: fed.sessionId, revision: after });
  stop.abort();
});

type Step = {
  readonly what: 'open' | 'refuse' | 'kill' | 'close' | 'lose' | 'beat' | 'list' | 'reconnect' | 'read';
  readonly which: number;
  readonly fate: Fate;
};

const steps = fc.array(
  fc.record({
    what: fc.constantFrom<Step['what']>(
      'open',
      'open',
      'refuse',
      'kill',
      'close',
      'lose',
      'beat',
      'list',
      'reconnect',
      'read',
      'read',
    ),
    which: fc.nat(9),
    fate: fc.constantFrom<Fate>('lost', 'told', 'told twice', 'late'),
  }),
  { minLength: 5, maxLength: 40 },
);

/** Every matching session, and the revision from which nothing of them is missed. */
const list = async (
  filter: SessionFilter,
): Promise<{ readonly shown: Map<SessionId, string>; readonly revision: Revision }> => {
  const revision = await opened.catalog.revision();
  const { items } = await opened.catalog.sessions(seesAll, filter, newestFirst, firstPage(PAGE_ITEMS_MAX));
  return { shown: new Map(items.map((session) => [session.sessionId, session.status])), revision };
};

const filters: readonly (() => SessionFilter)[] = [
  () => active,
  () => everySession,
  () => ({ ...everySession, killed: true }),
  () => ({ ...everySession, statuses: ['ACTIVE', 'KILLING', 'LOST'], killed: false }),
];

test('who lists and then follows sees what a list shows, whatever becomes of hints, however often they come back', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom(...filters), async (all, filterOf) => {
      const begunMs = (opened.clock.nowMs += 60_000);
      // Sessions of this run alone.
      const filter = { ...filterOf(), startedFromMs: begunMs };
      let stop = new AbortController();
      let { shown, revision } = await list(filter);
      let feed = follow(filter, revision, stop.signal);
      const fed: Feed[] = [];
      bus.isHasty = true;
      const take = async (): Promise<boolean> => {
        const newest = await opened.catalog.revision();
        if (revision.position >= newest.position) return false;
        const rows = await opened.catalog.changedSessions(seesAll, filter, revision, 100);
        if (!rows.some(({ matches, mayHaveMatched }) => matches || mayHaveMatched)) return false;
        const change = await next(feed);
        ({ revision } = change);
        if (change.session === null) shown.delete(change.sessionId);
        else shown.set(change.sessionId, change.session.status);
        return true;
      };
      for (const { what, which, fate } of all) {
        bus.fate = () => fate;
        const chosen = fed[which % Math.max(fed.length, 1)];
        opened.clock.nowMs += 10;
        if (what === 'open') fed.push(await openFeed(opened, { startedAtMs: opened.clock.nowMs }));
        if (what === 'refuse') {
          const refused = { startedAtMs: opened.clock.nowMs, denyReason: `no ${which}`, recording: null };
          await opened.intake.openSession(producer, aSession(refused));
        }
        if (what === 'kill' && chosen !== undefined)
          await opened.writer.requestKill(killWrite(chosen.sessionId)).catch(() => {});
        if (what === 'close' && chosen !== undefined) await close(chosen).catch(() => {});
        if (what === 'lose' && chosen !== undefined) {
          await opened.writer.loseSession({ sessionId: chosen.sessionId, atMs: opened.clock.nowMs });
        }
        if (what === 'beat' && chosen !== undefined) await opened.intake.heartbeat(producer, [chosen.sessionId]);
        if (what === 'list') ({ shown, revision } = await list(filter));
        if (what === 'list' || what === 'reconnect') {
          stop.abort();
          stop = new AbortController();
          feed = follow(filter, revision, stop.signal);
        }
        if (what === 'read') await take();
      }
      while (await take());
      stop.abort();
      expect([...shown].toSorted()).toEqual([...(await list(filter)).shown].toSorted());
    }),
    { numRuns: 40 },
  );
});
