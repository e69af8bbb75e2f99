import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeRun } from '../../src/format/run-events.ts';
import { recordingTopic, sessionTopic } from '../../src/live/bus.ts';
import { tailRecording, tailSession } from '../../src/live/tail.ts';
import { seesAll } from '../../src/model/access.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import type { Session } from '../../src/model/session.ts';
import {
  aSession,
  closeChunks,
  everything,
  type Feed,
  openFeed,
  output,
  plain,
  producer,
  seal,
} from '../store/feeding.ts';
import { openFolder, type OpenedFolder } from '../store/opened-folder.ts';
import { type CountedRecordings, countReads } from '../store/recordings/changed-recordings.ts';
import { killWrite } from '../store/writes.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';
import { type Fate, UnreliableBus } from './unreliable-bus.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
let counted: CountedRecordings;
const bus = new UnreliableBus();
beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path, {
    bus,
    closes: false,
    wrap: (files) => (counted = countReads(files)).recordings,
  });
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const parts = () => ({ catalog: opened.catalog, reader: opened.reader, bus, clock: () => opened.clock.nowMs });
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
/** Everything that was ready has run, and nothing is left but waiting. */
const quiet = async (): Promise<void> => {
  for (let turns = 0; turns < 20; turns += 1) await turn();
};

type Watcher = {
  readonly fromEvent: number;
  /** Turns of the event loop that it takes over each run. */
  readonly slowness: number;
  /** Runs after which it goes, and comes back with the next event that it wants. */
  readonly patience: number;
};

/** All that a watcher is told until the tail completes. @throws when runs have a hole or a repeat between them */
const watch = async (feed: Feed, { fromEvent, slowness, patience }: Watcher): Promise<RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  let next = fromEvent;
  for (;;) {
    const stop = new AbortController();
    let runs = 0;
    for await (const run of tailRecording(
      parts(),
      seesAll,
      feed.recordingId,
      { ...everything, fromEvent: next },
      stop.signal,
    )) {
      expect(run.firstEvent).toBe(next);
      const own = decodeRun(run.msgpack);
      expect(own).toHaveLength(run.eventCount);
      events.push(...own);
      next = run.firstEvent + run.eventCount;
      for (let turns = 0; turns < slowness; turns += 1) await turn();
      runs += 1;
      if (runs === patience) stop.abort();
    }
    if (!stop.signal.aborted) return events;
  }
};

describe('following a recording', () => {
  test('is the ledger without gap or repeat until the seal, whatever becomes of hints, however slow, however often one comes back', async () => {
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc
          .array(fc.nat(30), { minLength: 1, maxLength: 4 })
          .map((sizes) => ({ kind: 'append', sizes }) as const),
      },
      { weight: 2, arbitrary: fc.constant({ kind: 'close' } as const) },
      { weight: 2, arbitrary: fc.constant({ kind: 'pause' } as const) },
    );
    const watcher = fc.record({ fromEvent: fc.nat(6), slowness: fc.nat(6), patience: fc.integer({ min: 1, max: 5 }) });
    const fates = fc.infiniteStream(fc.constantFrom<Fate>('lost', 'told', 'told twice', 'late'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 16 }),
        fc.array(watcher, { minLength: 1, maxLength: 4 }),
        fates,
        async (steps, watchers, hints) => {
          bus.fate = () => hints.next().value;
          const feed = await openFeed(opened);
          const watching = watchers.map((each) => watch(feed, each));
          for (const [at, each] of steps.entries()) {
            if (each.kind === 'append') await feed.append(...each.sizes.map((size) => output(at, 'x'.repeat(size))));
            else if (each.kind === 'close') await closeChunks(opened);
            else await quiet();
          }
          await seal(opened, feed);
          bus.fate = () => 'told';
          // A lost hint is made up for after seconds, or by the next one.
          const told = Promise.all(watching);
          let isOver = false;
          void told.finally(() => (isOver = true)).catch(() => {});
          while (!isOver) {
            bus.publish(recordingTopic(feed.recordingId));
            await turn();
          }
          for (const [at, events] of (await told).entries()) {
            expect(plain(events)).toEqual(plain(feed.ledger.slice(watchers[at]?.fromEvent)));
          }
          expect(bus.listeners).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('finds what comes and the seal when no hint ever arrives', async () => {
    bus.fate = () => 'lost';
    bus.isHasty = true;
    const feed = await openFeed(opened);
    const watching = watch(feed, { fromEvent: 0, slowness: 0, patience: 1000 });
    await feed.append(output(0, 'one'));
    await closeChunks(opened);
    await feed.append(output(1, 'two'));
    await seal(opened, feed);
    expect(plain(await watching)).toEqual(plain(feed.ledger));
    bus.fate = () => 'told';
    bus.isHasty = false;
  });

  test('waits without looking while nothing comes, and looks once for a hint', async () => {
    const feed = await openFeed(opened);
    await feed.append(output(0, 'one'));
    const tail = tailRecording(parts(), seesAll, feed.recordingId, everything, new AbortController().signal);
    await tail.next();
    const next = tail.next();
    await quiet();
    const waits = bus.waits;
    await quiet();
    expect(bus.waits).toBe(waits);
    for (let count = 0; count < 5; count += 1) bus.publish(recordingTopic(feed.recordingId));
    await quiet();
    expect(bus.waits).toBeLessThanOrEqual(waits + 2);
    await feed.append(output(1, 'two'));
    expect((await next).value).toMatchObject({ firstEvent: 1, eventCount: 1 });
    await tail.return();
    expect(bus.listeners).toBe(0);
  });

  test('reads nothing until it is asked, and stops within one run of the signal', async () => {
    const feed = await openFeed(opened);
    for (let chunk = 0; chunk < 6; chunk += 1) {
      await feed.append(output(chunk, `chunk ${chunk}`));
      await closeChunks(opened);
    }
    const stop = new AbortController();
    counted.reads.length = 0;
    const tail = tailRecording(parts(), seesAll, feed.recordingId, everything, stop.signal);
    await quiet();
    expect(counted.reads).toEqual([]);
    expect((await tail.next()).value).toMatchObject({ firstEvent: 0 });
    await quiet();
    // The one that was asked for, and one ahead.
    expect(counted.reads).toEqual([0, 1]);
    stop.abort();
    expect(await tail.next()).toMatchObject({ done: true });
    await quiet();
    expect(counted.reads.length).toBeLessThanOrEqual(3);
    expect(bus.listeners).toBe(0);
  });

  test('that waits ends with the signal, and leaves no listener', async () => {
    const feed = await openFeed(opened);
    const stop = new AbortController();
    const waiting = tailRecording(parts(), seesAll, feed.recordingId, everything, stop.signal).next();
    await quiet();
    expect(bus.listeners).toBe(1);
    stop.abort();
    expect(await waiting).toMatchObject({ done: true });
    expect(bus.listeners).toBe(0);
  });

  test('completes for a recording that lost its file, once its session is over', async () => {
    const feed = await openFeed(opened);
    await feed.append(output(0, 'one'));
    const watching = watch(feed, { fromEvent: 0, slowness: 0, patience: 1000 });
    await opened.writer.markCorrupt({ recordingId: feed.recordingId, reason: 'file is missing', atMs: 0 });
    await feed.append(output(1, 'two'));
    await feed.close();
    expect(plain(await watching)).toEqual(plain(feed.ledger));
  });

  test('of what nobody may see is over at once', async () => {
    const feed = await openFeed(opened);
    const others = { scope: 'producer', producer: 'somebody-else' } as const;
    const { signal } = new AbortController();
    expect(await tailRecording(parts(), others, feed.recordingId, everything, signal).next()).toMatchObject({
      done: true,
    });
    expect(await tailSession(parts(), others, feed.sessionId, signal).next()).toMatchObject({ done: true });
  });
});

describe('following a session', () => {
  const statesOf = async (
    feed: Pick<Feed, 'sessionId'>,
    seen: (session: Session) => Promise<unknown>,
  ): Promise<readonly string[]> => {
    const states: string[] = [];
    for await (const session of tailSession(parts(), seesAll, feed.sessionId, new AbortController().signal)) {
      states.push(`${session.status} ${session.recordingState}`);
      await seen(session);
    }
    return states;
  };

  test('is ACTIVE, KILLING, KILLED, and completes when its recording is sealed', async () => {
    const feed = await openFeed(opened);
    const { sessionId } = feed;
    const states = await statesOf(feed, async ({ status, recordingState }) => {
      if (status === 'ACTIVE') {
        await opened.writer.requestKill(killWrite(sessionId));
      } else if (status === 'KILLING') await opened.intake.confirmKill(producer, sessionId);
      else if (recordingState === 'LIVE') await seal(opened, feed);
    });
    expect(states).toEqual(['ACTIVE LIVE', 'KILLING LIVE', 'KILLED LIVE', 'KILLED COMPLETE']);
    expect(bus.listeners).toBe(0);
  });

  test('tells the newest state to whoever was slow, and each state once', async () => {
    const feed = await openFeed(opened);
    const revisions: number[] = [];
    const states = await statesOf(feed, async ({ revision }) => {
      revisions.push(revision.position);
      for (let count = 0; count < 3; count += 1) bus.publish(sessionTopic(feed.sessionId));
      if (revisions.length === 1) await seal(opened, feed);
    });
    expect(states).toEqual(['ACTIVE LIVE', 'ENDED COMPLETE']);
    expect(revisions).toEqual(revisions.toSorted((one, other) => one - other));
  });

  test('that never ran is told, and completes', async () => {
    const denied = await opened.intake.openSession(producer, aSession({ denyReason: 'no', recording: null }));
    expect(await statesOf(denied.session, async () => {})).toEqual(['DENIED NONE']);
  });
});
