import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { workerScript } from '../../src/cli/assets.ts';
import { seesAll } from '../../src/model/access.ts';
import { firstPage } from '../../src/model/page.ts';
import { CopyFolder } from '../../src/store/catalog/copy-folder.ts';
import { StoredFiles } from '../../src/store/recordings/stored-files.ts';
import { type RestorationOutcome, restoreRecordings } from '../../src/upkeep/restoration.ts';
import {
  closeChunks,
  type Feed,
  noise,
  openFeed,
  output,
  plain,
  producer,
  readEvents,
  seal,
} from '../store/feeding.ts';
import { catalogPathOf, openFolder, type OpenedFolder, recordingsPathOf } from '../store/opened-folder.ts';
import { whole } from '../store/catalog-contract/subject.ts';
import { appendWrite, killWrite } from '../store/writes.ts';
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

/** The catalog goes, or another one comes into its place; the files stay. */
const reopen = async (catalog: Uint8Array | null): Promise<void> => {
  await opened[Symbol.asyncDispose]();
  for (const ending of ['', '-wal', '-shm']) await rm(`${catalogPathOf(folder.path)}${ending}`, { force: true });
  if (catalog !== null) await writeFile(catalogPathOf(folder.path), catalog);
  opened = await openFolder(folder.path, { clock: opened.clock });
};

const restore = async (stop?: AbortController): Promise<readonly RestorationOutcome[]> => {
  const outcomes: RestorationOutcome[] = [];
  const { catalog: reader, writer, clock, closer } = opened;
  const listener = {
    found: () => {},
    read: () => {},
    done: (_locator: string, outcome: RestorationOutcome) => {
      outcomes.push(outcome);
      stop?.abort();
    },
  };
  const files = new StoredFiles(recordingsPathOf(folder.path));
  const parts = { reader, writer, files, clock: () => clock.nowMs };
  await restoreRecordings(parts, listener, stop?.signal ?? new AbortController().signal);
  await closer.settled();
  return outcomes;
};

const fileOf = async (feed: Feed): Promise<string> =>
  path.join(recordingsPathOf(folder.path), (await opened.catalog.locator(seesAll, feed.recordingId)) ?? '');
const sessionOf = (feed: Feed) => opened.catalog.session(seesAll, feed.sessionId);
const recordingOf = (feed: Feed) => opened.catalog.recording(seesAll, feed.recordingId);

/** Several chunks of what does not compress. */
const longFeed = async (): Promise<Feed> => {
  const feed = await openFeed(opened);
  for (let at = 0; at < 8; at += 1) await feed.append(output(at * 10, noise(140_000, at + 1)));
  return feed;
};

describe('a catalog that was lost', () => {
  test('is made anew from what the files say: who, what, where, when, how it ended, and every event', async () => {
    const feed = await longFeed();
    opened.clock.nowMs += 60_000;
    await seal(opened, feed);
    const killed = await openFeed(opened, { labels: { team: 'ops' }, authInfo: 'policy 7', sshUser: null });
    await killed.append(output(5, 'about to be cut'));
    await opened.writer.requestKill({ ...killWrite(killed.sessionId, 'eve', 'why'), atMs: opened.clock.nowMs });
    await seal(opened, killed);
    const before = [await sessionOf(feed), await recordingOf(feed), await sessionOf(killed), await recordingOf(killed)];
    await reopen(null);
    const outcomes = await restore();
    expect(outcomes).toHaveLength(2);
    expect(outcomes[0]).toMatchObject({ kind: 'restored', isNewSession: true, state: 'COMPLETE', restBytes: 0 });
    const after = [await sessionOf(feed), await recordingOf(feed), await sessionOf(killed), await recordingOf(killed)];
    const ofTheCatalog = { position: expect.any(Number) as number };
    for (const [at, was] of before.entries()) {
      const revision = at % 2 === 0 ? { revision: expect.any(Object) as object } : {};
      expect(after[at]).toEqual({ ...was, ...ofTheCatalog, ...revision });
    }
    expect(after[2]).toMatchObject({ status: 'KILLED', kill: { requestedBy: 'eve', reason: 'why' } });
    expect(plain(await readEvents(opened.reader, feed.recordingId))).toEqual(plain(feed.ledger));
    expect(await opened.catalog.user(seesAll, 'ANN@example.com')).toMatchObject({ name: 'Ann' });
    expect(await opened.catalog.socket(seesAll, feed.session.socket.socketId)).toMatchObject({ name: 'bastion' });
  });

  test('has another key: what the old one signed is told so, is not shown as verified, and is not damage', async () => {
    const feed = await longFeed();
    await seal(opened, feed);
    const { keyId } = await opened.catalog.signingKey();
    await reopen(null);
    expect(await restore()).toMatchObject([{ unknownKeyId: keyId }]);
    const verdict = await opened.reader.verify(seesAll, feed.recordingId);
    expect(verdict).toMatchObject({ ok: false, badFromEvent: null, unknownKeyId: keyId });
    expect(verdict?.message).toContain('signed by a key that this installation does not have');
    expect(opened.damage).toEqual([]);
    expect(await recordingOf(feed)).toMatchObject({ state: 'COMPLETE', keyId });
    // Its chunks are checked all the same.
    const file = await fileOf(feed);
    const bytes = await readFile(file);
    await writeFile(file, bytes.with(bytes.length - 5000, (bytes.at(-5000) ?? 0) ^ 1));
    expect(await opened.reader.verify(seesAll, feed.recordingId)).toMatchObject({ ok: false, unknownKeyId: null });
    expect(opened.damage).toHaveLength(1);
  });

  test('a recording that has no seal is PARTIAL, of a session that is LOST; its file stays as it is', async () => {
    const feed = await longFeed();
    await closeChunks(opened);
    const file = await fileOf(feed);
    const torn = Buffer.concat([await readFile(file), Buffer.from('P*M\u0018 torn off')]);
    await writeFile(file, torn);
    await reopen(null);
    const [outcome] = await restore();
    expect(outcome).toMatchObject({ kind: 'restored', state: 'PARTIAL', restBytes: 13, unknownKeyId: null });
    expect(await sessionOf(feed)).toMatchObject({ status: 'LOST', endedAtMs: null, recordingState: 'PARTIAL' });
    const recording = await recordingOf(feed);
    expect(recording).toMatchObject({ state: 'PARTIAL', signature: null });
    expect(recording?.stateReason).toContain('its session was not in the catalog');
    expect(await readFile(file)).toEqual(torn);
    const events = plain(await readEvents(opened.reader, feed.recordingId));
    expect(events.length).toBeGreaterThan(0);
    expect(events).toEqual(plain(feed.ledger.slice(0, events.length)));
  });

  test('files of one session become one session, in the order of their opening, that ended when one of them says so', async () => {
    const feed = await openFeed(opened);
    await feed.append(output(1, 'first'));
    const ids = [feed.recordingId];
    for (const text of ['second', 'third']) {
      opened.clock.nowMs += 1000;
      const more = { recordingId: null, kind: 'TERMINAL', columns: 80, rows: 24 } as const;
      const { sessionId, epoch } = feed;
      const { recording } = await opened.intake.openRecording(producer, { ...more, sessionId, epoch });
      ids.push(recording.recordingId);
      const event = output(1, text);
      await opened.writer.appendBatch(appendWrite(recording.recordingId, 0, [event], { producer: 'tests', epoch }));
    }
    await seal(opened, feed);
    // The second was not sealed before the catalog was lost.
    const second = path.join(recordingsPathOf(folder.path), (await opened.catalog.locator(seesAll, ids[1]!)) ?? '');
    const chunks = await opened.catalog.contents(seesAll, ids[1]!, whole);
    const last = chunks?.chunks.at(-1);
    const end = Number(last?.locator.split(':').at(-1)) + (last?.storedSize ?? 0);
    await writeFile(second, (await readFile(second)).subarray(0, end));
    await reopen(null);
    const outcomes = await restore();
    expect(outcomes.map((outcome) => outcome.kind === 'restored' && outcome.isNewSession)).toEqual([
      true,
      false,
      false,
    ]);
    expect(await sessionOf(feed)).toMatchObject({ status: 'ENDED', recordingCount: 3, recordingState: 'PARTIAL' });
    const { items } = await opened.catalog.recordings(seesAll, feed.sessionId, firstPage(10));
    expect(items.map(({ recordingId }) => recordingId)).toEqual(ids);
    // The session is over, so it was sealed as what it is.
    expect(items.map(({ state, signature }) => [state, signature !== null])).toEqual([
      ['COMPLETE', true],
      ['PARTIAL', true],
      ['COMPLETE', true],
    ]);
  });

  test('a damaged chunk makes its recording CORRUPT; every other chunk plays', async () => {
    const feed = await longFeed();
    await seal(opened, feed);
    const contents = await opened.catalog.contents(seesAll, feed.recordingId, whole);
    const [, damaged] = contents?.chunks ?? [];
    if (damaged === undefined) throw new Error('it has several chunks');
    const file = await fileOf(feed);
    const bytes = await readFile(file);
    const at = Number(damaged.locator.split(':').at(-1)) + 50;
    await writeFile(file, bytes.with(at, (bytes[at] ?? 0) ^ 1));
    await reopen(null);
    const end = damaged.firstEvent + damaged.eventCount - 1;
    const reason = `events ${damaged.firstEvent} to ${end}: the stored bytes are not the ones that were written`;
    expect(await restore()).toMatchObject([{ state: 'CORRUPT', stateReason: reason }]);
    expect(await sessionOf(feed)).toMatchObject({ status: 'ENDED', recordingState: 'CORRUPT' });
    const events = await readEvents(opened.reader, feed.recordingId);
    expect(events.filter(({ code }) => code === 'gap')).toHaveLength(1);
    expect(events.filter(({ code }) => code === 'o')).toHaveLength(feed.ledger.length - damaged.eventCount);
  });

  test('what is no recording, or a second file of one, is told and left where it is', async () => {
    const feed = await longFeed();
    await seal(opened, feed);
    const file = await fileOf(feed);
    const strange = path.join(recordingsPathOf(folder.path), 'strange');
    await mkdir(strange);
    await writeFile(path.join(strange, 'garbage.rec.zst'), 'not a recording');
    await writeFile(path.join(strange, 'notes.txt'), 'not looked at');
    await copyFile(file, path.join(strange, 'twice.rec.zst'));
    await reopen(null);
    const reasons = (await restore()).flatMap((outcome) => (outcome.kind === 'refused' ? [outcome.reason] : []));
    expect(reasons).toEqual([
      'it does not begin with the header of a recording',
      expect.stringContaining('it is another file of recording'),
    ]);
    expect(await readdir(strange)).toHaveLength(3);
  });

  test('an interrupted run leaves whole recordings only, and the next one goes on; a third changes nothing', async () => {
    for (let at = 0; at < 4; at += 1) {
      opened.clock.nowMs += 1000;
      await seal(opened, await longFeed());
    }
    await reopen(null);
    expect(await restore(new AbortController())).toHaveLength(1);
    expect((await restore()).map(({ kind }) => kind)).toEqual(['known', 'restored', 'restored', 'restored']);
    const revision = await opened.catalog.revision();
    expect((await restore()).map(({ kind }) => kind)).toEqual(['known', 'known', 'known', 'known']);
    expect(await opened.catalog.revision()).toEqual(revision);
  });
});

describe('an older copy of the catalog in its place', () => {
  const copyNow = async (): Promise<Uint8Array> => {
    const place = { path: catalogPathOf(folder.path), nativeBinding: null };
    const copies = new CopyFolder(path.join(folder.path, 'copies'), place, workerScript('catalog-copier'));
    const { name } = await copies.make(opened.clock.nowMs, new AbortController().signal);
    return readFile(path.join(folder.path, 'copies', name));
  };

  test('loses nothing that is in a file: recordings go on or end as their files say, and unknown ones come back', async () => {
    const ended = await longFeed();
    const running = await longFeed();
    const copy = await copyNow();
    await ended.append(output(100, 'after the copy'));
    opened.clock.nowMs += 60_000;
    await seal(opened, ended);
    await running.append(output(100, noise(300_000)));
    await opened.closer.settled();
    const later = await longFeed();
    await seal(opened, later);
    const before = await sessionOf(ended);
    const chunked = (await opened.catalog.contents(seesAll, running.recordingId, whole))?.chunks.at(-1);
    const inFile = (chunked?.firstEvent ?? 0) + (chunked?.eventCount ?? 0);

    await reopen(copy);
    expect(opened.report.adoptedChunks).toBeGreaterThan(0);
    expect(opened.report.quarantinedFiles).toBe(0);
    expect(plain(await readEvents(opened.reader, ended.recordingId))).toEqual(plain(ended.ledger));
    expect(await sessionOf(ended)).toMatchObject({
      status: 'ENDED',
      endedAtMs: before?.endedAtMs,
      endReason: before?.endReason,
      durationMs: before?.durationMs,
      recordingState: 'COMPLETE',
    });
    expect(await opened.reader.verify(seesAll, ended.recordingId)).toMatchObject({ ok: true });
    expect(plain((await readEvents(opened.reader, running.recordingId)).slice(0, inFile))).toEqual(
      plain(running.ledger.slice(0, inFile)),
    );
    expect((await sessionOf(running))?.status).toBe('ACTIVE');
    expect(await sessionOf(later)).toBeNull();

    expect((await restore()).map(({ kind }) => kind).toSorted()).toEqual(['known', 'known', 'restored']);
    expect(await opened.reader.verify(seesAll, later.recordingId)).toMatchObject({ ok: true });
    expect(plain(await readEvents(opened.reader, later.recordingId))).toEqual(plain(later.ledger));
  });
});
