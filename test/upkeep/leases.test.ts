import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openInstallation } from '../../src/cli/compose.ts';
import { dataFolderAt } from '../../src/cli/data-folder.ts';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { killsTopic, sessionsTopic } from '../../src/live/bus.ts';
import { seesAll } from '../../src/model/access.ts';
import type { SessionId } from '../../src/model/ids.ts';
import { LEASE_MS, RESUME_WINDOW_MS } from '../../src/model/limits.ts';
import { Leases, type LeasesParts } from '../../src/upkeep/leases.ts';
import { aSession, type Feed, openFeed, output, plain, producer, readEvents } from '../store/feeding.ts';
import { openFolder, type OpenedFolder, testStartMs } from '../store/opened-folder.ts';
import { killWrite } from '../store/writes.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path);
});
afterEach(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const statusOf = async (sessionId: SessionId) => (await opened.catalog.session(seesAll, sessionId))?.status;
const pass = async (ms: number): Promise<void> => {
  opened.clock.nowMs += ms;
  await opened.leases.look();
};

describe('a session is LOST when nothing was heard of it for the time of the lease', () => {
  test('and not a moment before', async () => {
    const { sessionId } = await openFeed(opened);
    await pass(LEASE_MS - 1);
    expect(await statusOf(sessionId)).toBe('ACTIVE');
    await pass(1);
    expect(await opened.catalog.session(seesAll, sessionId)).toMatchObject({
      status: 'LOST',
      recordingState: 'PARTIAL',
      recordingStateReason: expect.stringContaining('after 0 events'),
    });
    expect(opened.failures).toEqual([]);
  });

  const contacts: readonly (readonly [string, (feed: Feed) => Promise<unknown>])[] = [
    ['events', (feed) => feed.append(output(0, 'x'))],
    ['a heartbeat', ({ sessionId }) => opened.intake.heartbeat(producer, [sessionId])],
    ['an open', ({ sessionId }) => openFeed(opened, { sessionId })],
    [
      'another recording',
      ({ sessionId }) =>
        opened.intake.openRecording(producer, {
          sessionId,
          epoch: 1,
          recordingId: null,
          kind: 'TERMINAL',
          columns: 80,
          rows: 24,
        }),
    ],
    [
      'a line told',
      ({ sessionId }) =>
        opened.intake.recordSessionEvent(producer, {
          sessionId,
          eventId: null,
          atMs: null,
          kind: 'NOTE',
          message: 'noted',
          details: null,
        }),
    ],
  ];
  test.each(contacts)('%s begins the lease anew', async (_what, contact) => {
    const feed = await openFeed(opened);
    await pass(LEASE_MS - 1);
    await contact(feed);
    await pass(LEASE_MS - 1);
    expect(await statusOf(feed.sessionId)).toBe('ACTIVE');
    await pass(1);
    expect(await statusOf(feed.sessionId)).toBe('LOST');
  });

  test('each by its own contacts', async () => {
    const [quiet, busy] = [await openFeed(opened), await openFeed(opened)];
    await pass(LEASE_MS / 2);
    await busy.append(output(0, 'x'));
    await pass(LEASE_MS / 2);
    expect([await statusOf(quiet.sessionId), await statusOf(busy.sessionId)]).toEqual(['LOST', 'ACTIVE']);
  });

  test('and what it sends again makes it ACTIVE, without anything missing', async () => {
    const feed = await openFeed(opened);
    await feed.append(output(0, 'a'));
    await pass(LEASE_MS);
    await feed.append(output(1, 'b'));
    expect(await opened.catalog.session(seesAll, feed.sessionId)).toMatchObject({
      status: 'ACTIVE',
      recordingState: 'LIVE',
    });
    await feed.close();
    await opened.closer.settled();
    expect(await opened.catalog.recording(seesAll, feed.recordingId)).toMatchObject({ state: 'COMPLETE' });
    expect(plain(await readEvents(opened.reader, feed.recordingId))).toEqual(plain(feed.ledger));
  });

  test('but one that ended is left alone', async () => {
    const feed = await openFeed(opened);
    await feed.close();
    const announced = opened.announced.length;
    await pass(LEASE_MS);
    expect(await statusOf(feed.sessionId)).toBe('ENDED');
    expect(opened.announced.slice(announced).filter(({ kind }) => kind === 'session')).toEqual([]);
  });
});

test('a cut that nobody confirms is KILLED with the lease, also of a session that was lost', async () => {
  const feed = await openFeed(opened);
  await pass(LEASE_MS);
  await opened.writer.requestKill(killWrite(feed.sessionId));
  await pass(LEASE_MS - 1);
  expect(await statusOf(feed.sessionId)).toBe('KILLING');
  await pass(1);
  expect(await opened.catalog.session(seesAll, feed.sessionId)).toMatchObject({
    status: 'KILLED',
    kill: { confirmedAtMs: null },
  });
  await opened.closer.settled();
  expect(await opened.catalog.recording(seesAll, feed.recordingId)).toMatchObject({ state: 'PARTIAL' });
});

test('a kill is heard of by what was committed: nothing is read for it, however many kills wait', async () => {
  let reads = 0;
  const sessions: LeasesParts['reader']['sessions'] = (...asked) => {
    reads += 1;
    return opened.catalog.sessions(...asked);
  };
  const now = (): number => opened.clock.nowMs;
  const onFailure = (_sessionId: unknown, error: unknown): void => void opened.failures.push(error);
  const parts = {
    reader: { sessions },
    writer: opened.writer,
    monotonic: now,
    clock: now,
    leaseMs: LEASE_MS,
    onFailure,
  };
  await using leases = new Leases(parts);
  const feeds = await Promise.all(Array.from({ length: 50 }, () => openFeed(opened)));
  await pass(LEASE_MS);
  for (const { sessionId } of feeds) {
    const from = opened.announced.length;
    await opened.writer.requestKill(killWrite(sessionId));
    leases.notice(opened.announced.slice(from));
  }
  const statuses = async () => new Set(await Promise.all(feeds.map(({ sessionId }) => statusOf(sessionId))));
  opened.clock.nowMs += LEASE_MS - 1;
  await leases.look();
  expect(await statuses()).toEqual(new Set(['KILLING']));
  opened.clock.nowMs += 1;
  await leases.look();
  expect(await statuses()).toEqual(new Set(['KILLED']));
  expect([reads, opened.failures]).toEqual([0, []]);
});

test('the lease of what runs at the start begins with the start, however long ago it was heard of', async () => {
  const feed = await openFeed(opened);
  await feed.append(output(0, 'a'));
  await opened[Symbol.asyncDispose]();
  opened = await openFolder(folder.path, { clock: { nowMs: testStartMs + 10 * LEASE_MS } });
  await pass(LEASE_MS - 1);
  expect(await statusOf(feed.sessionId)).toBe('ACTIVE');
  await pass(1);
  expect(await statusOf(feed.sessionId)).toBe('LOST');
});

test('nothing is LOST while a call waits for the disk, and what it was about is not LOST after it', async () => {
  const [waiting, quiet] = [await openFeed(opened), await openFeed(opened)];
  opened.clock.nowMs += LEASE_MS;
  let isLooked = false;
  let looked: Promise<void>;
  {
    using call = opened.leases.begin();
    looked = opened.leases.look().then(() => void (isLooked = true));
    await opened.writer.heartbeat({ ...producer, sessionIds: [], atMs: opened.clock.nowMs });
    expect([isLooked, await statusOf(waiting.sessionId), await statusOf(quiet.sessionId)]).toEqual([
      false,
      'ACTIVE',
      'ACTIVE',
    ]);
    call.with(waiting.sessionId);
  }
  await looked;
  expect([await statusOf(waiting.sessionId), await statusOf(quiet.sessionId)]).toEqual(['ACTIVE', 'LOST']);
});

test('what is found again while it is being written as lost is ACTIVE, whatever the order', async () => {
  const feeds = await Promise.all(Array.from({ length: 20 }, () => openFeed(opened)));
  opened.clock.nowMs += LEASE_MS;
  const looked = opened.leases.look();
  await Promise.all(
    feeds.map(({ recordingId }) =>
      opened.intake.appendEvents(producer, {
        recordingId,
        epoch: 1,
        firstEvent: 0,
        msgpack: encodeBatch([output(0, 'x')]),
      }),
    ),
  );
  await looked;
  const statuses = await Promise.all(feeds.map(({ sessionId }) => statusOf(sessionId)));
  expect(new Set(statuses)).toEqual(new Set(['ACTIVE']));
});

test('hundreds are lost together, and again when they were found again', async () => {
  const sessions = await Promise.all(
    Array.from({ length: 600 }, async () => {
      const { session } = await opened.intake.openSession(producer, aSession({ recording: null }));
      return session;
    }),
  );
  await pass(LEASE_MS);
  const statuses = async () => new Set(await Promise.all(sessions.map(({ sessionId }) => statusOf(sessionId))));
  expect(await statuses()).toEqual(new Set(['LOST']));
  await opened.intake.heartbeat(
    producer,
    sessions.map(({ sessionId }) => sessionId),
  );
  expect(await statuses()).toEqual(new Set(['ACTIVE']));
  await pass(LEASE_MS);
  expect(await statuses()).toEqual(new Set(['LOST']));
});

test('when its producer does not come back in time, what there is of a LOST session is sealed, and says so', async () => {
  const feed = await openFeed(opened);
  await feed.append(output(0, 'a'), output(1, 'b'));
  await pass(LEASE_MS);
  opened.clock.nowMs += RESUME_WINDOW_MS - 1;
  await opened.closer.sweep();
  await opened.closer.settled();
  expect(await opened.catalog.recording(seesAll, feed.recordingId)).toMatchObject({ signature: null });
  opened.clock.nowMs += 1;
  await opened.closer.sweep();
  await opened.closer.settled();
  expect(opened.failures).toEqual([]);
  expect(await opened.catalog.recording(seesAll, feed.recordingId)).toMatchObject({
    state: 'PARTIAL',
    stateReason: 'its producer went silent at 2026-04-05T06:07:08Z, after 2 events, and it did not come back',
    signature: expect.anything(),
  });
  expect(await opened.catalog.session(seesAll, feed.sessionId)).toMatchObject({
    status: 'LOST',
    recordingStateReason: expect.stringContaining('did not come back'),
  });
  expect(await opened.reader.verify(seesAll, feed.recordingId)).toMatchObject({ ok: true });
  await expect(feed.append(output(2, 'c'))).rejects.toThrow('LOST for too long');
  expect(plain(await readEvents(opened.reader, feed.recordingId))).toEqual(plain(feed.ledger));
});

test('an installation that is served by itself finds who is silent, and tells who listens for sessions and for kills', async () => {
  await using own = await temporaryFolder();
  const told: unknown[] = [];
  const log = (level: string, ...words: unknown[]): void => void (level === 'error' && told.push(words));
  await using installation = await openInstallation(dataFolderAt(own.path), log, { leaseMs: 20 });
  const { bus, catalog, writer } = installation;
  const { signal } = new AbortController();
  using sessions = bus.listen(sessionsTopic);
  using kills = bus.listen(killsTopic(producer.producer));
  const { sessionId } = await openFeed(installation);
  const until = async (status: string): Promise<void> => {
    while ((await catalog.session(seesAll, sessionId))?.status !== status) await sessions.next(signal, 10_000);
  };
  await until('LOST');
  await writer.requestKill(killWrite(sessionId));
  await kills.next(signal, 10_000);
  await until('KILLED');
  expect(told).toEqual([]);
});
