import { setTimeout as sleep } from 'node:timers/promises';
import { type ReadRecording, type ReadSession, type ReadStoryEvent } from '../client/read-session.ts';
import { type ReadPage, RemoteReading } from '../client/remote-reading.ts';
import type { ServerParts } from '../client/server-calls.ts';
import { seesAll } from '../model/access.ts';
import { NotFound } from '../model/errors.ts';
import type { RecordingId, SessionId } from '../model/ids.ts';
import { firstPage, type Page, readCursor, writeCursor } from '../model/page.ts';
import type { Run } from '../model/run.ts';
import type { SessionFilter, SessionOrder } from '../model/session-filter.ts';
import { sessionKey, sessionKeyLength, sessionOrderName } from '../model/session-order.ts';
import type { Session } from '../model/session.ts';
import type { RunsPart } from '../store/recordings/recording-reader.ts';
import { openReadingRoom, type ReadingRoom } from './compose.ts';
import type { DataFolder } from './data-folder.ts';
import { type DownloadFormat, localDownload } from './local-download.ts';

/** A recording and the session that it is of. */
export type FoundRecording = { readonly session: ReadSession; readonly recording: ReadRecording };

/**
 * What verbs that read are told, the same of a data folder and of a server. Nothing that is not there is an error, but for
 * what is read of it: that is NotFound.
 */
export type ReadingDoor = AsyncDisposable & {
  /** A page has at most `limit` sessions; with fewer, or none, it may yet not be the last. */
  readonly sessions: (
    filter: SessionFilter,
    order: SessionOrder,
    limit: number,
    after: string | null,
  ) => Promise<ReadPage>;
  readonly session: (sessionId: SessionId) => Promise<ReadSession | null>;
  readonly recording: (recordingId: RecordingId) => Promise<FoundRecording | null>;
  /** Oldest first. */
  readonly recordings: (sessionId: SessionId) => AsyncIterable<ReadRecording>;
  /** Oldest first. */
  readonly story: (sessionId: SessionId) => AsyncIterable<ReadStoryEvent>;
  /** Events from the first one; while the recording is LIVE also what comes, until the signal aborts. */
  readonly runs: (recordingId: RecordingId, signal: AbortSignal) => AsyncIterable<Run>;
  readonly download: (
    recordingId: RecordingId,
    format: DownloadFormat,
    signal: AbortSignal,
  ) => AsyncIterable<string | Uint8Array>;
};

export const openRemoteReadingDoor = (server: ServerParts): ReadingDoor => {
  const remote = new RemoteReading(server);
  return {
    sessions: (...given) => remote.sessions(...given),
    session: (sessionId) => remote.session(sessionId),
    recording: (recordingId) => remote.recording(recordingId),
    recordings: (sessionId) => remote.recordings(sessionId),
    story: (sessionId) => remote.story(sessionId),
    runs: (recordingId, signal) => remote.runs(recordingId, signal),
    download: (recordingId, format, signal) => remote.download(recordingId, format, signal),
    [Symbol.asyncDispose]: async () => {},
  };
};

/** Reads the folder itself, beside a running server or without one. */
export const openLocalReadingDoor = (folder: DataFolder): ReadingDoor => {
  const room = openReadingRoom(folder);
  const { catalog } = room;
  return {
    sessions: (...given) => localSessions(room, ...given),
    session: (sessionId) => catalog.session(seesAll, sessionId),
    recording: async (recordingId) => {
      const recording = await catalog.recording(seesAll, recordingId);
      const session = recording === null ? null : await catalog.sessionOfRecording(seesAll, recordingId);
      return recording === null || session === null ? null : { session, recording };
    },
    recordings: (sessionId) =>
      everyPage(
        (after) => catalog.recordings(seesAll, sessionId, after),
        recordingOrder,
        ({ position }) => position,
      ),
    story: (sessionId) =>
      everyPage(
        (after) => catalog.sessionEvents(seesAll, sessionId, null, after),
        storyOrder,
        ({ position }) => position,
      ),
    runs: (recordingId, signal) => followed(room, recordingId, signal),
    download: (recordingId, format) => localDownload(room, recordingId, format),
    [Symbol.asyncDispose]: () => room[Symbol.asyncDispose](),
  };
};

const localSessions = async (
  { catalog }: ReadingRoom,
  filter: SessionFilter,
  order: SessionOrder,
  limit: number,
  after: string | null,
): Promise<ReadPage> => {
  const name = sessionOrderName(order);
  const place = after === null ? null : readCursor(after, '--after', name, sessionKeyLength(order));
  const page = await catalog.sessions(seesAll, filter, order, { ...firstPage(limit), after: place });
  const last = page.items.at(-1);
  const next = page.stoppedAt ?? (last === undefined || !page.hasNextPage ? null : placeOf(last, order, name));
  return { sessions: page.items, nextCursor: next === null ? null : writeCursor(next) };
};

const placeOf = (session: Session, order: SessionOrder, name: string): { order: string; key: readonly number[] } => ({
  order: name,
  key: sessionKey(session, order),
});

/** Names of the orders in cursors; nobody sees these. */
const recordingOrder = 'recording';
const storyOrder = 'story';
const PAGE_ITEMS = 100;

async function* everyPage<Item>(
  read: (page: ReturnType<typeof firstPage>) => Promise<Page<Item>>,
  order: string,
  positionOf: (item: Item) => number,
): AsyncGenerator<Item, void, void> {
  let request = firstPage(PAGE_ITEMS);
  for (;;) {
    const page = await read(request);
    yield* page.items;
    const last = page.items.at(-1);
    if (last === undefined || !page.hasNextPage) return;
    request = { ...request, after: { order, key: [positionOf(last)] } };
  }
}

/** The folder is looked at again this often while its recording is LIVE: another process writes to it. */
const LOOK_AGAIN_MS = 250;
const everything: RunsPart = { fromEvent: 0, fromMs: 0, toMs: null };

async function* followed(
  { catalog, reader }: ReadingRoom,
  recordingId: RecordingId,
  signal: AbortSignal,
): AsyncGenerator<Run, void, void> {
  let place = everything;
  let before: Run | null = null;
  while (!signal.aborted) {
    // NOTE asked before reading: what is no more LIVE then has all its events in what is read next.
    const recording = await catalog.recording(seesAll, recordingId);
    const stretch = await reader.stretch(seesAll, recordingId, place, before);
    if (recording === null || stretch === null) throw new NotFound('no such recording');
    for await (const run of stretch.runs) {
      if (run.eventCount === 0) continue;
      place = { ...everything, fromEvent: run.firstEvent + run.eventCount };
      before = run;
      yield run;
    }
    if (stretch.hasMore) continue;
    if (recording.state !== 'LIVE') return;
    await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => {});
  }
}
