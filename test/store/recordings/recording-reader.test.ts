import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeRun, typedEvents } from '../../../src/format/run-events.ts';
import { TextCarry } from '../../../src/format/utf8-carry.ts';
import { seesAll } from '../../../src/model/access.ts';
import { CHUNK_BYTES_TARGET } from '../../../src/model/limits.ts';
import type { RecordedEvent } from '../../../src/model/recorded-event.ts';
import type { Run } from '../../../src/model/run.ts';
import { cutAnywhere } from '../../format/arbitrary-events.ts';
import {
  closeChunks,
  everything,
  type Feed,
  noise,
  openFeed,
  output,
  plain,
  readEvents,
  readRuns,
  seal,
} from '../feeding.ts';
import { openFolder, type OpenedFolder, recordingsPathOf } from '../opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../temporary-folder.ts';
import { countReads, type CountedRecordings } from './changed-recordings.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
let counted: CountedRecordings;
beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path, { wrap: (files) => (counted = countReads(files)).recordings, closes: false });
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Five chunks of two events each (at 0, 5; 10, 15; …), and then two batches that pend. */
const fiveChunks = async (): Promise<Feed> => {
  const feed = await openFeed(opened);
  for (let chunk = 0; chunk < 5; chunk += 1) {
    await feed.append(output(chunk * 10, `a${chunk}`), output(chunk * 10 + 5, `b${chunk}`));
    await closeChunks(opened);
  }
  await feed.append(output(50, 'c'));
  await feed.append(output(60, 'd'));
  return feed;
};
const edges = (runs: readonly Run[]): readonly unknown[] =>
  runs.map(({ firstEvent, eventCount }) => [firstEvent, eventCount]);

describe('reading', () => {
  test('is each chunk, then what pends, as runs without hole or repeat', async () => {
    const feed = await fiveChunks();
    const runs = await readRuns(opened.reader, feed.recordingId);
    expect(edges(runs)).toEqual([
      [0, 2],
      [2, 2],
      [4, 2],
      [6, 2],
      [8, 2],
      [10, 2],
    ]);
    expect(plain(runs.flatMap(({ msgpack }) => decodeRun(msgpack)))).toEqual(plain(feed.ledger));
    expect(runs.map(({ firstMs, lastMs }) => [firstMs, lastMs]).slice(3)).toEqual([
      [30, 35],
      [40, 45],
      [50, 60],
    ]);
  });

  test('from an event begins exactly there, and reads no chunk before it', async () => {
    const feed = await fiveChunks();
    for (let fromEvent = 0; fromEvent <= feed.ledger.length + 1; fromEvent += 1) {
      counted.reads.length = 0;
      const runs = await readRuns(opened.reader, feed.recordingId, { ...everything, fromEvent });
      expect(runs[0]?.firstEvent ?? null).toBe(fromEvent < feed.ledger.length ? fromEvent : null);
      expect(plain(runs.flatMap(({ msgpack }) => decodeRun(msgpack)))).toEqual(plain(feed.ledger.slice(fromEvent)));
      expect(counted.reads.toSorted((one, other) => one - other)).toEqual(
        [0, 2, 4, 6, 8].filter((first) => first + 2 > fromEvent),
      );
    }
  });

  test('by time reads only the chunks that overlap', async () => {
    const feed = await fiveChunks();
    for (const [fromMs, toMs, chunks] of [
      [0, null, [0, 2, 4, 6, 8]],
      [16, null, [4, 6, 8]],
      [15, 20, [2, 4]],
      [0, 9, [0]],
      [46, 49, []],
      [55, null, []],
    ] as const) {
      counted.reads.length = 0;
      const runs = await readRuns(opened.reader, feed.recordingId, { fromEvent: 0, fromMs, toMs });
      expect(counted.reads).toEqual(chunks);
      const times = runs.flatMap(({ msgpack }) => decodeRun(msgpack)).map(({ timeMs }) => timeMs);
      const wanted = feed.ledger.map(({ timeMs }) => timeMs).filter((at) => at >= fromMs && at <= (toMs ?? Infinity));
      expect(times).toEqual(expect.arrayContaining(wanted));
    }
  });

  test('stops at once when its reader leaves: one chunk is read ahead, and no more', async () => {
    const feed = await fiveChunks();
    counted.reads.length = 0;
    for await (const run of opened.reader.runs(seesAll, feed.recordingId, everything)) {
      expect(run.firstEvent).toBe(0);
      break;
    }
    expect(counted.reads).toEqual([0, 2]);
  });

  test('what nobody may see, or nobody knows, is nothing', async () => {
    const feed = await fiveChunks();
    const others = { scope: 'producer', producer: 'somebody-else' } as const;
    expect(await opened.reader.page(others, feed.recordingId, everything, 10, 1000)).toBeNull();
    expect(await opened.reader.stored(others, feed.recordingId)).toBeNull();
    expect(await opened.reader.verify(others, feed.recordingId)).toBeNull();
    expect(await opened.reader.stretch(others, feed.recordingId, everything, null)).toBeNull();
    for await (const run of opened.reader.runs(others, feed.recordingId, everything)) expect(run).toBeNull();
  });
});

describe('a page', () => {
  test('has at most so many runs, and says whether more follow', async () => {
    const feed = await fiveChunks();
    for (const [fromEvent, runsMax, wanted, hasMore] of [
      [
        0,
        2,
        [
          [0, 2],
          [2, 2],
        ],
        true,
      ],
      [
        0,
        5,
        [
          [0, 2],
          [2, 2],
          [4, 2],
          [6, 2],
          [8, 2],
        ],
        true,
      ],
      [
        0,
        6,
        [
          [0, 2],
          [2, 2],
          [4, 2],
          [6, 2],
          [8, 2],
          [10, 2],
        ],
        false,
      ],
      [
        7,
        2,
        [
          [7, 1],
          [8, 2],
        ],
        true,
      ],
      [10, 1, [[10, 2]], false],
      [11, 4, [[11, 1]], false],
      [12, 4, [], false],
    ] as const) {
      const page = await opened.reader.page(seesAll, feed.recordingId, { ...everything, fromEvent }, runsMax, 1e6);
      expect([edges(page?.runs ?? []), page?.hasMore]).toEqual([wanted, hasMore]);
    }
  });

  test('ends before the run that would go beyond its bytes, but has one', async () => {
    const feed = await fiveChunks();
    const all = await readRuns(opened.reader, feed.recordingId);
    const sizes = all.map(({ msgpack }) => msgpack.length);
    const two = (sizes[0] ?? 0) + (sizes[1] ?? 0);
    for (const [bytesMax, count] of [
      [1, 1],
      [two - 1, 1],
      [two, 2],
    ] as const) {
      const page = await opened.reader.page(seesAll, feed.recordingId, everything, 10, bytesMax);
      expect([page?.runs.length, page?.hasMore]).toEqual([count, true]);
    }
  });

  test('after page is the whole recording, whatever pends', async () => {
    const feed = await openFeed(opened);
    for (let at = 0; at < 6; at += 1) await feed.append(output(at, noise(CHUNK_BYTES_TARGET / 2 - 100, at + 1)));
    const events: RecordedEvent[] = [];
    for (let pages = 0; ; pages += 1) {
      const page = await opened.reader.page(
        seesAll,
        feed.recordingId,
        { ...everything, fromEvent: events.length },
        4,
        1,
      );
      events.push(...(page?.runs ?? []).flatMap(({ msgpack }) => decodeRun(msgpack)));
      if (page?.hasMore !== true) {
        expect(pages).toBe(2);
        break;
      }
    }
    expect(plain(events)).toEqual(plain(feed.ledger));
  });
});

test('text is the same from whichever event one begins, however characters, batches and chunks are cut', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }).map((value) => Buffer.from(value)),
    // Bytes that begin no character: one that begins and never ends is shown with what follows, or not at all.
    fc.constantFrom(Buffer.of(0x80), Buffer.of(0xff, 0xbf, 0x41)),
  );
  const pieces = text.chain((bytes) => cutAnywhere(bytes));
  const beside = fc.constantFrom<RecordedEvent[]>(
    [],
    [{ timeMs: 0, code: 'm', payload: ['mark'] }],
    [{ timeMs: 0, code: 'i', payload: [Buffer.from('é').subarray(0, 1)] }],
  );
  const batches = fc.array(
    fc.tuple(pieces, beside).map(([parts, more]) => [...parts.map((part) => output(0, part)), ...more, ...more]),
    { minLength: 1, maxLength: 10 },
  );
  await fc.assert(
    fc.asyncProperty(batches, fc.nat(10), fc.nat(10), async (parts, ...closings) => {
      const feed = await openFeed(opened);
      for (const [at, part] of parts.entries()) {
        // Each event is a batch of its own in every other part.
        if (at % 2 === 0) for (const event of part) await feed.append(event);
        else await feed.append(...part);
        if (closings.includes(at)) await closeChunks(opened);
      }
      const carry = new TextCarry();
      const expected = feed.ledger.map(({ code, payload }) =>
        code === 'o' ? carry.decode(payload[0] as Uint8Array) : null,
      );
      for (let fromEvent = 0; fromEvent < feed.ledger.length; fromEvent += 1) {
        const runs = await readRuns(opened.reader, feed.recordingId, { ...everything, fromEvent });
        const texts = runs
          .flatMap((run) => [...typedEvents(run)])
          .map(({ event, text: shown }) => (event.code === 'o' ? shown : null));
        expect([fromEvent, texts]).toEqual([fromEvent, expected.slice(fromEvent)]);
      }
    }),
    { numRuns: 25 },
  );
});

describe('what is damaged on disk', () => {
  const fileOf = async (feed: Feed): Promise<string> =>
    path.join(recordingsPathOf(folder.path), (await opened.catalog.locator(seesAll, feed.recordingId)) ?? '');

  test.each(['in the life of', 'after the seal of'])(
    '%s a recording is a gap of exactly its events; all others still read',
    async (when) => {
      const feed = await fiveChunks();
      if (when === 'after the seal of') await seal(opened, feed);
      const file = await fileOf(feed);
      const whole = await readFile(file);
      const { chunks } =
        (await opened.catalog.contents(seesAll, feed.recordingId, {
          ...everything,
          chunksMax: 9,
          batchBytesMax: 1,
          batchesBefore: 0,
        })) ?? {};
      const third = chunks?.[2];
      if (third === undefined) throw new Error('it has five');
      const at = Number(third.locator.split(':').at(-1));
      await writeFile(file, whole.with(at + 6, (whole[at + 6] ?? 0) ^ 4));
      opened.damage.length = 0;
      const runs = await readRuns(opened.reader, feed.recordingId);
      expect(edges(runs).slice(0, 5)).toEqual([
        [0, 2],
        [2, 2],
        [4, 2],
        [6, 2],
        [8, 2],
      ]);
      const gap = {
        timeMs: 20,
        code: 'gap',
        payload: [{ lostEvents: 2, lostBytes: third.rawSize, cause: expect.stringContaining('SHA-256') }],
      };
      const events = runs.flatMap(({ msgpack }) => decodeRun(msgpack));
      expect(plain(events)).toEqual(plain([...feed.ledger.slice(0, 4), gap as RecordedEvent, ...feed.ledger.slice(6)]));
      expect(opened.damage).toEqual([expect.stringMatching(/^events 4 to 5: /)]);
      expect(await opened.reader.verify(seesAll, feed.recordingId)).toMatchObject({ ok: false, badFromEvent: 4 });
      await opened.damageTold();
      expect(await opened.catalog.session(seesAll, feed.sessionId)).toMatchObject({
        recordingState: 'CORRUPT',
        recordingStateReason: opened.damage[0],
      });
      const middle = await readRuns(opened.reader, feed.recordingId, { ...everything, fromEvent: 5 });
      expect(edges(middle)[0]).toEqual([5, 1]);
      await writeFile(file, whole);
      expect((await opened.reader.verify(seesAll, feed.recordingId))?.ok).toBe(true);
    },
  );

  test('a file that is cut, or gone, is a gap for each chunk that it held, and what pends still reads', async () => {
    const feed = await fiveChunks();
    const file = await fileOf(feed);
    const whole = await readFile(file);
    await writeFile(file, whole.subarray(0, -1));
    expect((await readEvents(opened.reader, feed.recordingId)).map(({ code }) => code).join(' ')).toBe(
      'o o o o o o o o gap o o',
    );
    expect(await opened.reader.verify(seesAll, feed.recordingId)).toMatchObject({ ok: false, badFromEvent: 8 });
    await rm(file);
    const events = await readEvents(opened.reader, feed.recordingId);
    expect(events.map(({ code }) => code).join(' ')).toBe('gap gap gap gap gap o o');
    expect(events[0]?.payload).toEqual([expect.objectContaining({ cause: 'file is missing', lostEvents: 2 })]);
    expect(await opened.reader.verify(seesAll, feed.recordingId)).toMatchObject({ ok: false, badFromEvent: 0 });
  });
});
