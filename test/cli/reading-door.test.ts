import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { version } from '../../src/cli/assets.ts';
import { chooseRecording } from '../../src/cli/chosen-recording.ts';
import { type DownloadFormat, downloadFormats } from '../../src/cli/local-download.ts';
import { openLocalReadingDoor, openRemoteReadingDoor, type ReadingDoor } from '../../src/cli/reading-door.ts';
import { recordingObject, sessionObject, storyEventObject } from '../../src/cli/session-json.ts';
import { eventsOf } from '../../src/format/run-events.ts';
import type { ReadSession } from '../../src/client/read-session.ts';
import { Forbidden, InvalidInput, NotFound, Unauthenticated } from '../../src/model/errors.ts';
import type { RecordingId, SessionId } from '../../src/model/ids.ts';
import { everySession, newestFirst, type SessionOrder } from '../../src/model/session-filter.ts';
import { type Fed, openFed, output } from '../api/feeding.ts';
import { type Running, startTestServer } from '../api/running.ts';

let running: Running;
let local: ReadingDoor;
let remote: ReadingDoor;
let feds: readonly Fed[];

beforeAll(async () => {
  running = await startTestServer();
  local = openLocalReadingDoor(running.installation.folder);
  remote = openRemoteReadingDoor({ url: running.url, token: running.tokens.AUDITOR });
  const web = { protocol: 'HTTP', recording: { recordingId: null, kind: 'HTTP', columns: null, rows: null } } as const;
  feds = [await openFed(running), await openFed(running, web), await openFed(running), await openFed(running)];
  const [terminal, http] = feds;
  await terminal?.append([output(0, 'zażółć \u001b[1m'), output(5, Uint8Array.of(0xc3))]);
  await terminal?.append([output(9, Uint8Array.of(0xa9)), { timeMs: 10, code: 'm', payload: ['here'] }]);
  await http?.append([
    { timeMs: 0, code: 'req', payload: ['1', { method: 'GET', url: 'https://x.example/', headers: [['a', 'b']] }] },
  ]);
  for (const fed of feds.slice(0, 3)) await fed.end();
});
afterAll(async () => {
  await local[Symbol.asyncDispose]();
  await running[Symbol.asyncDispose]();
});

const id = (at: number): { readonly sessionId: SessionId; readonly recordingId: RecordingId } => {
  const fed = feds[at];
  if (fed === undefined) throw new Error('there are four');
  return fed;
};

const gathered = async <Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> => {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
};

const pagesOf = async (door: ReadingDoor, order: SessionOrder): Promise<readonly (readonly ReadSession[])[]> => {
  const pages: (readonly ReadSession[])[] = [];
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<ReadingDoor['sessions']>> = await door.sessions(everySession, order, 3, after);
    pages.push(page.sessions);
    after = page.nextCursor;
  } while (after !== null);
  return pages;
};

test('both doors list the same sessions, page by page, and a cursor of one is good at the other', async () => {
  for (const order of [newestFirst, { field: 'LAST_SEEN_AT', direction: 'ASC' }] satisfies SessionOrder[]) {
    const [here, afar] = await Promise.all([pagesOf(local, order), pagesOf(remote, order)]);
    expect(here.map((page) => page.length)).toEqual([3, 1]);
    expect(afar.flat().map(sessionObject)).toEqual(here.flat().map(sessionObject));
  }
  const filter = { ...everySession, protocols: ['HTTP'], startedFromMs: 1 } as const;
  for (const door of [local, remote]) {
    const { sessions, nextCursor } = await door.sessions(filter, newestFirst, 3, null);
    expect(sessions.map(({ sessionId }) => sessionId)).toEqual([id(1).sessionId]);
    expect(nextCursor).toBeNull();
    await expect(door.sessions(everySession, newestFirst, 3, 'nowhere')).rejects.toThrow(InvalidInput);
  }
  const { nextCursor } = await local.sessions(everySession, newestFirst, 3, null);
  expect((await remote.sessions(everySession, newestFirst, 3, nextCursor)).sessions).toHaveLength(1);
});

const sessionOf = async (door: ReadingDoor, sessionId: SessionId): Promise<object | null> => {
  const session = await door.session(sessionId);
  return session === null ? null : sessionObject(session);
};

const foundOf = async (door: ReadingDoor, recordingId: RecordingId): Promise<object | null> => {
  const found = await door.recording(recordingId);
  return found === null ? null : { ...recordingObject(found.recording), of: sessionObject(found.session) };
};

test('both doors know the same of a session, its recordings, and its story', async () => {
  for (const at of [0, 1, 3]) {
    const { sessionId, recordingId } = id(at);
    const known = async (door: ReadingDoor): Promise<unknown> => ({
      session: await sessionOf(door, sessionId),
      recordings: (await gathered(door.recordings(sessionId))).map(recordingObject),
      story: (await gathered(door.story(sessionId))).map(storyEventObject),
      found: await foundOf(door, recordingId),
    });
    expect(await known(remote)).toEqual(await known(local));
  }
  const nobody = '93227a7e-8724-4be5-a5c5-2729f615ac50';
  for (const door of [local, remote]) {
    expect(await door.session(nobody as SessionId)).toBeNull();
    expect(await door.recording(nobody as RecordingId)).toBeNull();
    await expect(chooseRecording(door, nobody, undefined)).rejects.toThrow(NotFound);
    await expect(gathered(door.runs(nobody as RecordingId, new AbortController().signal))).rejects.toThrow(NotFound);
  }
});

const bytesOf = (door: ReadingDoor, recordingId: RecordingId, format: DownloadFormat): Promise<Buffer> =>
  buffer(Readable.from(door.download(recordingId, format, new AbortController().signal)));

/** Which program wrote it is all that differs: the tests' server has a version of its own. */
const textOf = (bytes: Buffer): string => bytes.toString('latin1').replace('0.0.0-test', version());

test('each format comes byte for byte the same through both doors, or is refused by both', async () => {
  for (const at of [0, 1]) {
    for (const format of downloadFormats) {
      const [here, afar] = await Promise.allSettled(
        [local, remote].map((door) => bytesOf(door, id(at).recordingId, format)),
      );
      expect({ format, status: afar?.status }).toEqual({ format, status: here?.status });
      if (here?.status === 'fulfilled' && afar?.status === 'fulfilled')
        expect({ format, text: textOf(afar.value) }).toEqual({ format, text: textOf(here.value) });
      if (here?.status === 'rejected' && afar?.status === 'rejected')
        expect(String(afar.reason)).toBe(String(here.reason));
    }
  }
});

test('events come through both doors, and a live recording is followed until it ends', async () => {
  const live = await openFed(running);
  await live.append([output(0, 'a')]);
  const { signal } = new AbortController();
  const begun = new Map([local, remote].map((door) => [door, Promise.withResolvers<void>()]));
  const seen = [local, remote].map(async (door) => {
    let text = '';
    for await (const run of door.runs(live.recordingId, signal)) {
      for (const { payload } of eventsOf(run.msgpack)) text += Buffer.from(payload[0] as Uint8Array).toString();
      if (text === 'a') begun.get(door)?.resolve();
    }
    return text;
  });
  await Promise.all([...begun.values()].map(({ promise }) => promise));
  await live.append([output(5, 'b'), output(6, 'c')]);
  await live.end();
  expect(await Promise.all(seen)).toEqual(['abc', 'abc']);
});

test('whoever stops following has the reading end', async () => {
  const live = await openFed(running);
  await live.append([output(0, 'a')]);
  for (const door of [local, remote]) {
    const stop = new AbortController();
    for await (const run of door.runs(live.recordingId, stop.signal)) {
      expect(run.eventCount).toBe(1);
      stop.abort();
    }
  }
  await live.end();
});

test('a recording is chosen by number, by id, or as the first; another is said not to be there', async () => {
  const { sessionId, recordingId } = id(0);
  for (const wanted of [undefined, '1', recordingId, recordingId.toUpperCase()]) {
    const chosen = await chooseRecording(remote, sessionId, wanted);
    expect(chosen.recording.recordingId).toBe(recordingId);
  }
  expect((await chooseRecording(local, recordingId, undefined)).session.sessionId).toBe(sessionId);
  for (const wanted of ['2', id(1).recordingId]) {
    await expect(chooseRecording(local, sessionId, wanted)).rejects.toThrow('is none of them');
  }
  for (const wanted of ['0', 'first', '-1']) {
    await expect(chooseRecording(local, sessionId, wanted)).rejects.toThrow('--recording must be');
  }
});

test('a token that is wrong, or may not, is refused as such', async () => {
  const doorOf = (token: string): ReadingDoor => openRemoteReadingDoor({ url: running.url, token });
  await expect(doorOf('wrong').session(id(0).sessionId)).rejects.toThrow(Unauthenticated);
  await expect(bytesOf(doorOf('wrong'), id(0).recordingId, 'cast')).rejects.toThrow(Unauthenticated);
  await expect(bytesOf(doorOf(running.tokens.VIEWER), id(0).recordingId, 'cast')).rejects.toThrow(Forbidden);
});
