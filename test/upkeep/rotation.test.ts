import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { seesAll } from '../../src/model/access.ts';
import type { RecordingId, SessionId } from '../../src/model/ids.ts';
import { LEASE_MS } from '../../src/model/limits.ts';
import { firstPage } from '../../src/model/page.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import type { Recording } from '../../src/model/recording.ts';
import { restoreRecordings } from '../../src/upkeep/restoration.ts';
import { StoredFiles } from '../../src/store/recordings/stored-files.ts';
import { noise, openFeed, output, plain, producer, readEvents, terminal } from '../store/feeding.ts';
import { openFolder, type OpenedFolder, recordingsPathOf } from '../store/opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';

const rotation = { ms: 60_000, bytes: 100_000 };

let folder: TemporaryFolder;
let opened: OpenedFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path, { rotation });
});
afterEach(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const look = async (): Promise<void> => {
  await opened.closer.sweep();
  await opened.closer.settled();
};

const recordingsOf = async (sessionId: SessionId): Promise<readonly Recording[]> =>
  (await opened.catalog.recordings(seesAll, sessionId, firstPage(100))).items;

/** All events of a session's recordings, by the clock of the first one. */
const eventsOf = async (sessionId: SessionId): Promise<readonly RecordedEvent[]> => {
  const events: RecordedEvent[] = [];
  const recordings = await recordingsOf(sessionId);
  for (const { recordingId, startedAtMs } of recordings) {
    const shiftMs = startedAtMs - (recordings[0]?.startedAtMs ?? 0);
    const own = await readEvents(opened.reader, recordingId);
    events.push(...own.map((event) => ({ ...event, timeMs: event.timeMs + shiftMs })));
  }
  return events;
};

const resize = (timeMs: number, columns: number, rows: number): RecordedEvent => ({
  timeMs,
  code: 'r',
  payload: [columns, rows],
});

test('a long recording is sealed and goes on in another, by length and by size, and its producer knows of nothing', async () => {
  const feed = await openFeed(opened);
  await feed.append(output(0, 'a'), resize(10, 132, 43), output(59_999, 'b'));
  await look();
  expect(await recordingsOf(feed.sessionId)).toHaveLength(1);
  await feed.append(output(60_000, 'c'));
  await look();
  await feed.append(output(60_000, noise(100_000)), output(60_500, 'd'));
  await look();
  await feed.append(output(61_000, 'e'));
  const [first, second, third] = await recordingsOf(feed.sessionId);
  expect(first).toMatchObject({ state: 'COMPLETE', eventCount: 4, signature: expect.anything(), continues: null });
  expect(second).toMatchObject({
    state: 'COMPLETE',
    eventCount: 2,
    continues: feed.recordingId,
    columns: 132,
    rows: 43,
    kind: 'TERMINAL',
  });
  expect(third).toMatchObject({ state: 'LIVE', eventCount: 1, continues: second?.recordingId, signature: null });
  expect(await opened.catalog.session(seesAll, feed.sessionId)).toMatchObject({
    recordingCount: 3,
    recordingState: 'LIVE',
  });
  await feed.close();
  await opened.closer.settled();
  expect(opened.failures).toEqual([]);
  expect(plain(await eventsOf(feed.sessionId))).toEqual(plain(feed.ledger));
  for (const { recordingId } of await recordingsOf(feed.sessionId)) {
    expect(await opened.reader.verify(seesAll, recordingId)).toMatchObject({ ok: true });
  }
  expect(await opened.catalog.session(seesAll, feed.sessionId)).toMatchObject({ recordingState: 'COMPLETE' });
});

test('a recording does not end inside a character, unless it always would', async () => {
  const [whole, never] = [await openFeed(opened), await openFeed(opened)];
  const halves = [Uint8Array.of(0xc3), Uint8Array.of(0xa9)] as const;
  for (const feed of [whole, never]) await feed.append(output(60_000, 'x'), output(60_001, halves[0]));
  await look();
  expect(await recordingsOf(whole.sessionId)).toHaveLength(1);
  await whole.append(output(60_002, halves[1]));
  await never.append(output(120_000, 'x'), output(120_000, halves[0]));
  await look();
  expect((await recordingsOf(whole.sessionId)).map(({ eventCount }) => eventCount)).toEqual([3, 0]);
  expect((await recordingsOf(never.sessionId)).map(({ eventCount }) => eventCount)).toEqual([4, 0]);
});

test('a recording without events, of a lost session, or damaged, goes on as it is', async () => {
  const [lost, damaged, quiet] = [await openFeed(opened), await openFeed(opened), await openFeed(opened)];
  for (const feed of [lost, damaged]) await feed.append(output(60_000, 'x'));
  await opened.writer.markCorrupt({ recordingId: damaged.recordingId, reason: 'bad', atMs: opened.clock.nowMs });
  await opened.writer.loseSession({ sessionId: lost.sessionId, atMs: opened.clock.nowMs });
  await look();
  for (const { sessionId } of [lost, damaged, quiet]) expect(await recordingsOf(sessionId)).toHaveLength(1);
});

test('a producer that comes back after rotations, a crash and a lost lease goes on where it was', async () => {
  const feed = await openFeed(opened);
  const sent = [output(0, 'a'), output(60_000, 'b'), output(60_001, 'c'), output(70_000, 'd')];
  await feed.append(...sent.slice(0, 2));
  await look();
  await feed.append(...sent.slice(2, 3));
  await opened[Symbol.asyncDispose]();
  opened = await openFolder(folder.path, { rotation, clock: { nowMs: opened.clock.nowMs } });
  opened.clock.nowMs += LEASE_MS;
  await opened.leases.look();
  const again = await openFeed(opened, { sessionId: feed.sessionId, recording: terminal });
  expect([again.recordingId, again.epoch]).toEqual([feed.recordingId, 2]);
  // It sends all that it has again, and what is new.
  const { nextEvent } = await opened.intake.appendEvents(producer, {
    recordingId: feed.recordingId,
    epoch: 2,
    firstEvent: 0,
    msgpack: encodeBatch(sent),
  });
  expect(nextEvent).toBe(4);
  await again.close();
  await opened.closer.settled();
  expect(plain(await eventsOf(feed.sessionId))).toEqual(plain(sent));
});

test('what is restored from its files without the catalog is one recording after the other again', async () => {
  const feed = await openFeed(opened);
  await feed.append(output(60_000, 'a'));
  await look();
  await feed.append(output(120_000, 'b'));
  await look();
  await feed.append(output(120_001, noise(30_000)));
  opened.clock.nowMs += 3_600_000;
  await look();
  const before = await recordingsOf(feed.sessionId);
  await opened[Symbol.asyncDispose]();
  await using other = await temporaryFolder();
  opened = await openFolder(other.path, { rotation });
  const files = new StoredFiles(recordingsPathOf(folder.path));
  await restoreRecordings(
    { reader: opened.catalog, writer: opened.writer, files, clock: () => opened.clock.nowMs },
    { found: () => {}, read: () => {}, done: () => {} },
    new AbortController().signal,
  );
  expect(await recordingsOf(feed.sessionId)).toHaveLength(3);
  const { nextEvent } = await opened.intake.appendEvents(producer, {
    recordingId: feed.recordingId,
    epoch: 1,
    firstEvent: 3,
    msgpack: encodeBatch([output(130_000, 'c')]),
  });
  expect(nextEvent).toBe(4);
  const newest = before.at(-1)?.recordingId as RecordingId;
  expect(await opened.catalog.recording(seesAll, newest)).toMatchObject({ eventCount: 2 });
});
