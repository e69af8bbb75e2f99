import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { unfinishedLength } from '../../src/format/utf8-carry.ts';
import { recordingTopic } from '../../src/live/bus.ts';
import { seesAll } from '../../src/model/access.ts';
import {
  BATCH_BYTES_MAX,
  CHUNK_AGE_FOLLOWED_MS,
  CHUNK_AGE_MAX_MS,
  CHUNK_AGE_MS,
  CHUNK_BYTES_FORCED,
  CHUNK_BYTES_TARGET,
  CHUNK_FOLLOWED_MS,
  CHUNK_QUIET_BYTES,
  EVENT_BYTES_MAX,
  PENDING_BYTES_MAX,
} from '../../src/model/limits.ts';
import type { ChunkRow } from '../../src/store/catalog/chunk-row.ts';
import type { Recordings } from '../../src/store/recordings/recordings.ts';
import {
  closeChunks,
  everything,
  type Feed,
  noise,
  openFeed,
  output,
  plain,
  readEvents,
  seal,
} from '../store/feeding.ts';
import { type FolderOptions, openFolder, type OpenedFolder, recordingsPathOf } from '../store/opened-folder.ts';
import { changedRecordings } from '../store/recordings/changed-recordings.ts';
import { killWrite } from '../store/writes.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';

let folder: TemporaryFolder;
/** Of most tests: each feeds recordings of its own. */
let shared: OpenedFolder;
let opened: OpenedFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
  shared = await openFolder(folder.path);
});
afterAll(async () => {
  await shared[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
beforeEach(() => {
  opened = shared;
});

/** Goes on in a folder of the test's own, with something else in the place of the usual. */
const openOwn = async (options: FolderOptions): Promise<AsyncDisposable> => {
  const own = await temporaryFolder();
  opened = await openFolder(own.path, options);
  return {
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await own[Symbol.asyncDispose]();
    },
  };
};

const chunksOf = async (feed: Feed): Promise<readonly ChunkRow[]> => {
  const part = { fromEvent: 0, fromMs: 0, toMs: null, chunksMax: 1000, batchBytesMax: 1, batchesBefore: 0 };
  return (await opened.catalog.contents(seesAll, feed.recordingId, part))?.chunks ?? [];
};
const countsOf = async (feed: Feed): Promise<readonly number[]> =>
  (await chunksOf(feed)).map(({ eventCount }) => eventCount);
const look = async (afterMs = 0): Promise<void> => {
  opened.clock.nowMs += afterMs;
  await opened.closer.sweep();
  await opened.closer.settled();
};

/** Nothing that was acknowledged is missing, doubled or changed, the seal is there, and all of it holds. */
const expectWhole = async (feed: Feed): Promise<void> => {
  expect(plain(await readEvents(opened.reader, feed.recordingId))).toEqual(plain(feed.ledger));
  expect(await opened.catalog.recording(seesAll, feed.recordingId)).toMatchObject({
    state: 'COMPLETE',
    eventCount: feed.ledger.length,
  });
  expect(await opened.reader.verify(seesAll, feed.recordingId)).toMatchObject({ ok: true });
};

describe('a chunk is closed', () => {
  test('at the first event boundary at or beyond 256 KiB, as soon as it is there', async () => {
    const feed = await openFeed(opened);
    const half = noise(CHUNK_BYTES_TARGET / 2 - 16);
    await feed.append(output(0, half));
    await feed.append(output(1, half));
    await opened.closer.settled();
    expect(await countsOf(feed)).toEqual([]);
    await feed.append(output(2, 'x'.repeat(20)), output(3, 'y'));
    await opened.closer.settled();
    expect(await countsOf(feed)).toEqual([3]);
    expect((await chunksOf(feed))[0]?.rawSize).toBeGreaterThanOrEqual(CHUNK_BYTES_TARGET);
    await feed.append(...Array.from({ length: 9 }, (_, at) => output(10 + at, half)));
    await opened.closer.settled();
    expect(await countsOf(feed)).toEqual([3, 4, 3, 3]);
  });

  test('at 60 s when it holds 16 KiB, and not before', async () => {
    const feed = await openFeed(opened);
    await feed.append(output(0, noise(CHUNK_QUIET_BYTES)));
    await look(CHUNK_AGE_MS - 1);
    expect(await countsOf(feed)).toEqual([]);
    await look(1);
    expect(await countsOf(feed)).toEqual([1]);
  });

  test('at 5 min whatever it holds, counted from its oldest batch, and not before', async () => {
    const feed = await openFeed(opened);
    await feed.append(output(0, 'x'));
    await look(CHUNK_AGE_MAX_MS - 1);
    await feed.append(output(1, 'y'));
    await look();
    expect(await countsOf(feed)).toEqual([]);
    await look(1);
    expect(await countsOf(feed)).toEqual([2]);
    await feed.append(output(2, 'z'));
    await look();
    expect(await countsOf(feed)).toEqual([2]);
  });

  test('within 30 s whatever it holds while somebody follows what is in chunks, and not after', async () => {
    const feed = await openFeed(opened);
    await feed.append(output(0, 'x'));
    opened.closer.followed();
    await look(CHUNK_AGE_FOLLOWED_MS - 1);
    expect(await countsOf(feed)).toEqual([]);
    await look(1);
    expect(await countsOf(feed)).toEqual([1]);
    opened.clock.nowMs += CHUNK_FOLLOWED_MS;
    await feed.append(output(1, 'y'));
    await look(CHUNK_AGE_FOLLOWED_MS);
    expect(await countsOf(feed)).toEqual([1]);
  });

  test('at the end of the session, which is sealed then; one without events too', async () => {
    const feed = await openFeed(opened);
    const empty = await openFeed(opened);
    await feed.append(output(0, 'x'));
    await feed.close();
    await empty.close();
    await opened.closer.settled();
    expect(await countsOf(feed)).toEqual([1]);
    await expectWhole(feed);
    await expectWhole(empty);
  });

  test('and a killed session is sealed like one that ended', async () => {
    const feed = await openFeed(opened);
    await feed.append(output(0, 'x'));
    await opened.writer.requestKill(killWrite(feed.sessionId));
    await look();
    expect((await opened.catalog.recording(seesAll, feed.recordingId))?.state).toBe('LIVE');
    await feed.append(output(1, 'the last words'));
    await opened.intake.confirmKill({ producer: 'tests', actor: 'tests' }, feed.sessionId);
    await opened.closer.settled();
    await expectWhole(feed);
  });

  test('never inside a UTF-8 character of terminal output, but at the end', async () => {
    const bytes = Buffer.from('€é𝄞aü'.repeat(12));
    for (const step of [1, 2, 3]) {
      const feed = await openFeed(opened);
      for (let at = 0; at < bytes.length; at += step) {
        await feed.append(output(at, bytes.subarray(at, at + step)));
        if (at % 4 === 0) await closeChunks(opened);
      }
      const events = await readEvents(opened.reader, feed.recordingId);
      const chunks = await chunksOf(feed);
      expect(chunks.length).toBeGreaterThan(10);
      for (const { firstEvent, eventCount } of chunks) {
        const data = events.slice(firstEvent, firstEvent + eventCount).map(({ payload }) => payload[0] as Uint8Array);
        expect(unfinishedLength(Buffer.concat(data))).toBe(0);
      }
      await seal(opened, feed);
      await expectWhole(feed);
    }
    const cut = await openFeed(opened);
    await cut.append(output(0, Buffer.from('€').subarray(0, 2)));
    await closeChunks(opened);
    expect(await countsOf(cut)).toEqual([]);
    await seal(opened, cut);
    await expectWhole(cut);
  });
});

describe('batches that are large', () => {
  const large = (bytes: number, timeMs: number) =>
    Array.from({ length: Math.ceil(bytes / EVENT_BYTES_MAX) }, (_, at) =>
      output(timeMs, noise(Math.min(EVENT_BYTES_MAX, bytes - at * EVENT_BYTES_MAX), at + 1)),
    );

  test.each([
    ['one of the largest there may be', [BATCH_BYTES_MAX - 200]],
    ['a small one before a large one', [1000, CHUNK_BYTES_FORCED + 1_000_000]],
    ['a large one before a small one', [CHUNK_BYTES_FORCED + 1_000_000, 1000]],
    ['small ones around two large ones', [10, 3_000_000, 20, 5_000_000, 30]],
  ])('%s: when the session ends nothing of them is left out of the seal', async (_name, sizes) => {
    const feed = await openFeed(opened);
    for (const [at, size] of sizes.entries()) await feed.append(...large(size, at));
    await seal(opened, feed);
    expect(opened.failures).toEqual([]);
    await expectWhole(feed);
    expect((await chunksOf(feed)).every(({ rawSize }) => rawSize <= CHUNK_BYTES_FORCED + EVENT_BYTES_MAX + 100)).toBe(
      true,
    );
  });

  test('no boundary of which is outside a character are closed at 4 MiB all the same', async () => {
    const feed = await openFeed(opened);
    const piece = Buffer.from(`${'€'.repeat(100_000)}`).subarray(1, -2);
    await feed.append(output(0, Buffer.from('€').subarray(0, 1)));
    for (let at = 0; at < 16; at += 1) await feed.append(output(at, piece), output(at, piece));
    await look();
    expect(await countsOf(feed)).toHaveLength(2);
    await seal(opened, feed);
    await expectWhole(feed);
  });
});

describe('what fails', () => {
  test('for want of a folder is told, is tried again at the next look, and loses nothing', async () => {
    await using _own = await openOwn({});
    const inTheWay = path.join(recordingsPathOf(opened.path), '2026');
    await writeFile(inTheWay, 'no folder');
    const feed = await openFeed(opened);
    await feed.append(output(0, noise(CHUNK_BYTES_TARGET + 10)));
    await opened.closer.settled();
    expect(opened.failures).toMatchObject([{ code: 'UNAVAILABLE' }]);
    await feed.append(output(1, 'goes on'));
    expect(plain(await readEvents(opened.reader, feed.recordingId))).toEqual(plain(feed.ledger));
    await feed.close();
    await opened.closer.settled();
    expect((await opened.catalog.recording(seesAll, feed.recordingId))?.state).toBe('LIVE');
    await rm(inTheWay);
    await mkdir(inTheWay, { mode: 0o700 });
    await look();
    await expectWhole(feed);
  });

  /** The disk took it, and then something happened before the catalog heard of it. */
  const deafAfter = (step: 'append' | 'seal') => {
    let isDeaf = true;
    const once = <Result>(result: Result): Result => {
      if (!isDeaf) return result;
      isDeaf = false;
      throw new Error('the power went');
    };
    return (files: Recordings): Recordings =>
      changedRecordings(
        files,
        step === 'append'
          ? { append: async (target, chunk) => once(await files.append(target, chunk)) }
          : { seal: async (target, asked) => once(await files.seal(target, asked)) },
      );
  };

  test.each(['append', 'seal'] as const)(
    'after the disk took the %s is found in the file, and not done twice',
    async (step) => {
      await using _own = await openOwn({ wrap: deafAfter(step), closes: false });
      const feed = await openFeed(opened);
      await feed.append(output(0, 'one'), output(1, 'two'));
      await closeChunks(opened);
      await feed.append(output(2, 'three'));
      await seal(opened, feed);
      expect(opened.failures).toMatchObject([{ message: 'the power went' }]);
      await look();
      await look();
      expect(await countsOf(feed)).toEqual([2, 1]);
      await expectWhole(feed);
      const kinds = await opened.catalog.sessionEvents(seesAll, feed.sessionId, ['NOTE'], {
        limit: 9,
        backward: false,
        after: null,
        before: null,
      });
      expect(kinds.items).toEqual([]);
    },
  );

  test('because the file lost bytes is CORRUPT, and what pends is kept and read', async () => {
    const feed = await openFeed(opened);
    await feed.append(output(0, 'one'));
    await closeChunks(opened);
    const locator = (await opened.catalog.locator(seesAll, feed.recordingId)) ?? '';
    await rm(path.join(recordingsPathOf(opened.path), locator));
    await feed.append(output(1, 'two'));
    await seal(opened, feed);
    expect(await opened.catalog.recording(seesAll, feed.recordingId)).toMatchObject({
      state: 'CORRUPT',
      stateReason: 'file is missing',
      signature: null,
    });
    const events = await readEvents(opened.reader, feed.recordingId);
    expect(events.map(({ code }) => code)).toEqual(['gap', 'o']);
    expect(await opened.reader.stretch(seesAll, feed.recordingId, everything, null)).toMatchObject({ isOver: true });
  });
});

test('looking again changes nothing', async () => {
  const feed = await openFeed(opened);
  await feed.append(output(0, noise(20_000)));
  const live = await openFeed(opened);
  await live.append(output(0, noise(20_000)));
  await seal(opened, feed);
  await look(CHUNK_AGE_MAX_MS);
  const before = [await opened.catalog.revision(), await chunksOf(feed), await chunksOf(live)];
  const announced = opened.announced.length;
  await Promise.all([opened.closer.sweep(), opened.closer.sweep(), opened.closer.sweep()]);
  await opened.closer.settled();
  expect([await opened.catalog.revision(), await chunksOf(feed), await chunksOf(live)]).toEqual(before);
  expect(opened.announced.length).toBe(announced);
});

test('many recordings that end together are all sealed', async () => {
  const feeds = await Promise.all(Array.from({ length: 30 }, () => openFeed(opened)));
  await Promise.all(feeds.map((feed) => feed.append(output(0, 'x'))));
  await Promise.all(feeds.map((feed) => feed.close()));
  await opened.closer.settled();
  for (const feed of feeds) await expectWhole(feed);
});

test('a producer that is faster than the disk waits, and what it sent is acknowledged then', async () => {
  const { promise: disk, resolve: goesOn } = Promise.withResolvers<void>();
  await using _own = await openOwn({
    wrap: (files) =>
      changedRecordings(files, {
        append: async (target, chunk) => {
          await disk;
          return files.append(target, chunk);
        },
      }),
  });
  const feed = await openFeed(opened);
  const batch = Array.from({ length: 7 }, (_, at) => output(0, noise(EVENT_BYTES_MAX, at + 1)));
  const batches = Math.ceil(PENDING_BYTES_MAX / (7 * EVENT_BYTES_MAX));
  for (let at = 1; at < batches; at += 1) await feed.append(...batch);
  let isAcknowledged = false;
  const waiting = feed.append(...batch).then(() => (isAcknowledged = true));
  // It is on disk, and readable, and the producer is not told yet.
  using listener = opened.bus.listen(recordingTopic(feed.recordingId));
  const stored = async (): Promise<number> =>
    (await opened.catalog.recording(seesAll, feed.recordingId))?.eventCount ?? 0;
  while ((await stored()) < 7 * batches) await listener.next(new AbortController().signal, 1000);
  expect(isAcknowledged).toBe(false);
  goesOn();
  await waiting;
  expect((await opened.catalog.unsealedRecording(feed.recordingId))?.pendingBytes).toBeLessThan(CHUNK_BYTES_TARGET);
});
