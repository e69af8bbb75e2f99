import { randomUUID } from 'node:crypto';
import { array, assert, integer, nat, property, tuple } from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Viewings } from '../../src/ingest/viewings.ts';
import { seesAll } from '../../src/model/access.ts';
import type { AuditEntry } from '../../src/model/audit.ts';
import { AUDIT_WINDOW_MS, WATCHED_RANGES_MAX } from '../../src/model/limits.ts';
import { firstPage } from '../../src/model/page.ts';
import { joinRange, type SeenRange } from '../../src/model/seen-ranges.ts';
import type { SessionEvent } from '../../src/model/session-event.ts';
import type { Caller } from '../../src/model/viewer.ts';
import { openFeed, type Feed } from '../store/feeding.ts';
import { openFolder, type OpenedFolder } from '../store/opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path);
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const watching = (): Viewings =>
  new Viewings({
    writer: opened.writer,
    clock: () => opened.clock.nowMs,
    newId: () => randomUUID(),
    onFailure: (error) => expect.fail(String(error)),
  });

const caller = (name: string): Caller => ({
  viewer: {
    name,
    role: 'AUDITOR',
    producer: null,
    expiresAtMs: null,
    credential: `token ${name}`,
    account: `token ${name}`,
  },
  ip: '192.0.2.1',
  client: 'a test',
  requestId: 'r1',
});

/** Ten events a second. */
const range = (fromEvent: number, toEvent: number): SeenRange => ({
  fromEvent,
  toEvent,
  fromMs: fromEvent * 100,
  toMs: toEvent * 100,
});

const eventsOf = async ({ sessionId }: Feed): Promise<readonly SessionEvent[]> => {
  const page = await opened.catalog.sessionEvents(seesAll, sessionId, ['WATCHED', 'EXPORTED'], firstPage(100));
  return page.items;
};

const entriesOf = async ({ recordingId }: Feed): Promise<readonly AuditEntry[]> => {
  const filter = { actor: null, actions: null, target: `recording ${recordingId}`, fromMs: null, beforeMs: null };
  return (await opened.catalog.auditEntries(filter, firstPage(100))).items.toReversed();
};

test('watching leaves one event for each viewer and recording in ten minutes, with the ranges seen, and moves no revision', async () => {
  const feed = await openFeed(opened);
  const before = await opened.catalog.revision();
  {
    await using viewings = watching();
    await viewings.watched(caller('ann'), feed, range(0, 10));
    // It is on record before anything more is seen.
    expect(await eventsOf(feed)).toMatchObject([{ kind: 'WATCHED', actor: 'ann', details: { ranges: [[0, 1]] } }]);
    expect(await entriesOf(feed)).toMatchObject([{ action: 'recording.watched', actor: 'ann', ip: '192.0.2.1' }]);
    await viewings.watched(caller('ann'), feed, range(10, 600));
    await viewings.watched(caller('ann'), feed, range(5, 20));
    await viewings.watched(caller('ann'), feed, range(3000, 3010));
    await viewings.watched(caller('bob'), feed, range(0, 10));
  }
  expect(await eventsOf(feed)).toMatchObject([
    {
      actor: 'ann',
      message: 'watched 0:00 to 1:00, 5:00 to 5:01',
      details: {
        ranges: [
          [0, 60],
          [300, 301],
        ],
      },
    },
    { actor: 'bob', message: 'watched 0:00 to 0:01' },
  ]);
  expect((await entriesOf(feed)).map(({ actor, details }) => [actor, details?.['ranges']])).toEqual([
    ['ann', [[0, 1]]],
    ['bob', [[0, 1]]],
    [
      'ann',
      [
        [0, 60],
        [300, 301],
      ],
    ],
  ]);
  expect(await opened.catalog.revision()).toEqual(before);
});

test('two who bear one name, and one who comes from elsewhere, are told apart', async () => {
  const feed = await openFeed(opened);
  await using viewings = watching();
  const ann = caller('ann');
  const namesake = { ...ann, viewer: { ...ann.viewer, credential: 'proxy ann' } };
  for (const who of [ann, namesake, { ...ann, ip: '203.0.113.9' }]) {
    await viewings.watched(who, feed, range(0, 10));
    await viewings.downloaded(who, feed, 'cast');
  }
  expect((await entriesOf(feed)).map(({ action, credential, ip }) => [action, credential, ip])).toEqual([
    ['recording.watched', 'token ann', '192.0.2.1'],
    ['recording.downloaded', 'token ann', '192.0.2.1'],
    ['recording.watched', 'proxy', '192.0.2.1'],
    ['recording.downloaded', 'proxy', '192.0.2.1'],
    ['recording.watched', 'token ann', '203.0.113.9'],
    ['recording.downloaded', 'token ann', '203.0.113.9'],
  ]);
});

test('how far somebody came stands in the event soon, and in the audit log within a minute', async () => {
  const feed = await openFeed(opened);
  await using viewings = watching();
  await viewings.watched(caller('ann'), feed, range(0, 10));
  await viewings.watched(caller('ann'), feed, range(10, 20));
  await expect.poll(async () => (await eventsOf(feed))[0]?.details, { timeout: 5000 }).toEqual({ ranges: [[0, 2]] });
  expect(await entriesOf(feed)).toHaveLength(1);
  opened.clock.nowMs += 60_000;
  await expect.poll(async () => (await entriesOf(feed)).length, { timeout: 5000 }).toBe(2);
  expect((await entriesOf(feed))[1]?.details).toEqual({ ranges: [[0, 2]] });
});

test('what a name has seen is told before it is forgotten, and not after', async () => {
  const feed = await openFeed(opened);
  const viewings = watching();
  await viewings.watched(caller('carol'), feed, range(0, 10));
  await viewings.watched(caller('carol'), feed, range(10, 20));
  await viewings.finish('carol');
  const actor = { name: 'admin', credential: 'process', ip: null, client: null, requestId: null };
  const audit = { atMs: opened.clock.nowMs, actor, action: 'person.forgotten', target: null, details: null } as const;
  await opened.writer.forgetPerson({ name: 'carol', audit });
  await viewings[Symbol.asyncDispose]();
  const filter = { actor: 'carol', actions: null, target: null, fromMs: null, beforeMs: null };
  expect((await opened.catalog.auditEntries(filter, firstPage(10))).items).toEqual([]);
  expect((await entriesOf(feed)).map(({ details }) => details?.['ranges'])).toEqual([[[0, 1]], [[0, 2]]]);
});

test('after ten minutes the same viewer is told anew', async () => {
  const feed = await openFeed(opened);
  await using viewings = watching();
  await viewings.watched(caller('ann'), feed, range(0, 10));
  opened.clock.nowMs += AUDIT_WINDOW_MS - 1;
  await viewings.watched(caller('ann'), feed, range(10, 20));
  opened.clock.nowMs += 1;
  await viewings.watched(caller('ann'), feed, range(20, 30));
  await expect
    .poll(async () => (await eventsOf(feed)).map(({ details }) => details?.['ranges']))
    .toEqual([[[0, 2]], [[2, 3]]]);
});

test('a download leaves one event for each viewer, recording and format in ten minutes, and an audit entry', async () => {
  const feed = await openFeed(opened);
  await using viewings = watching();
  await Promise.all([1, 2, 3].map(() => viewings.downloaded(caller('ann'), feed, 'cast')));
  await viewings.downloaded(caller('ann'), feed, 'rec.zst');
  await viewings.downloaded(caller('bob'), feed, 'cast');
  expect((await eventsOf(feed)).map(({ kind, actor, message }) => [kind, actor, message])).toEqual([
    ['EXPORTED', 'ann', 'downloaded as .cast'],
    ['EXPORTED', 'ann', 'downloaded as .rec.zst'],
    ['EXPORTED', 'bob', 'downloaded as .cast'],
  ]);
  expect((await entriesOf(feed)).map(({ action, details }) => [action, details])).toEqual([
    ['recording.downloaded', { format: 'cast' }],
    ['recording.downloaded', { format: 'rec.zst' }],
    ['recording.downloaded', { format: 'cast' }],
  ]);
});

test('what cannot be written down is not shown, and is tried again', async () => {
  const feed = await openFeed(opened);
  let isBroken = true;
  const viewings = new Viewings({
    writer: {
      noteViewing: async (input) => {
        if (isBroken) throw new Error('no space left on device');
        await opened.writer.noteViewing(input);
      },
    },
    clock: () => opened.clock.nowMs,
    newId: () => randomUUID(),
    onFailure: () => {},
  });
  await expect(viewings.watched(caller('ann'), feed, range(0, 10))).rejects.toThrow('no space');
  await expect(viewings.downloaded(caller('ann'), feed, 'cast')).rejects.toThrow('no space');
  isBroken = false;
  await viewings.watched(caller('ann'), feed, range(0, 10));
  await viewings.downloaded(caller('ann'), feed, 'cast');
  expect(await eventsOf(feed)).toHaveLength(2);
  await viewings[Symbol.asyncDispose]();
});

test('ranges are in order, touch nowhere, and hold every event that was seen', () => {
  const someRange = tuple(nat(2000), integer({ min: 1, max: 40 }));
  assert(
    property(array(someRange, { minLength: 1, maxLength: 300 }), (seen) => {
      const ranges = seen.reduce<readonly SeenRange[]>(
        (all, [from, length]) => joinRange(all, range(from, from + length)),
        [],
      );
      expect(ranges.length).toBeLessThanOrEqual(WATCHED_RANGES_MAX);
      for (const [index, each] of ranges.entries()) {
        expect(each.fromEvent).toBeLessThan(each.toEvent);
        const before = ranges[index - 1];
        if (before !== undefined) expect(before.toEvent).toBeLessThan(each.fromEvent);
      }
      for (const [from, length] of seen) {
        expect(ranges.some((each) => each.fromEvent <= from && each.toEvent >= from + length)).toBe(true);
      }
    }),
  );
});
