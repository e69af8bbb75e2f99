import type { Visibility } from '../model/access.ts';
import type { RecordingId, SessionId } from '../model/ids.ts';
import { SEEN_TOLD_MS } from '../model/limits.ts';
import type { Run } from '../model/run.ts';
import { isRunning, type Session } from '../model/session.ts';
import type { CatalogReader } from '../store/catalog/catalog.ts';
import type { RecordingReader, RunsPart } from '../store/recordings/recording-reader.ts';
import { type Bus, recordingTopic, sessionTopic } from './bus.ts';

export type TailParts = { readonly catalog: CatalogReader; readonly reader: RecordingReader; readonly bus: Bus };

/**
 * Asked by a tail that has told all there is and would wait, with the ordinal of the event that comes next, or the position of
 * the revision that it has told: whether it ends there, because somebody else goes on for it.
 */
export type AtRest<Place> = (place: Place) => boolean;

/** It waits. */
export const waitsAtRest = (): boolean => false;

/** A hint may be lost: whoever waits looks again after this time without one. */
const LOOK_AGAIN_MS = 5000;

/**
 * What is stored, then what comes, without gap or repeat, until the recording is sealed or the signal aborts. Reads only
 * when asked for the next run, so a watcher that does not read holds one run, whatever comes in meanwhile. It does not rest
 * before it knows that its place is one that others come to: it has told something, or begins at the recording's start.
 */
export async function* tailRecording(
  { reader, bus }: TailParts,
  visibility: Visibility,
  recordingId: RecordingId,
  part: RunsPart,
  signal: AbortSignal,
  atRest: AtRest<number> = waitsAtRest,
): AsyncGenerator<Run, void, void> {
  using listener = bus.listen(recordingTopic(recordingId));
  let place: RunsPart = part;
  let before: Run | null = null;
  while (!signal.aborted) {
    const stretch = await reader.stretch(visibility, recordingId, place, before);
    if (stretch === null) return;
    for await (const run of stretch.runs) {
      if (signal.aborted) return;
      place = { fromEvent: run.firstEvent + run.eventCount, fromMs: 0, toMs: part.toMs };
      before = run;
      yield run;
    }
    if (stretch.hasMore) continue;
    // NOTE of the same moment as what was told: what is sealed by then has all its events in it.
    const { fromEvent, fromMs } = place;
    const isKnown = before !== null || (fromEvent === 0 && fromMs === 0);
    if (stretch.isOver || (isKnown && atRest(fromEvent))) return;
    await listener.next(signal, LOOK_AGAIN_MS);
  }
}

/**
 * The session's state now, then at each change, and when it was seen again, at most once in SEEN_TOLD_MS; ends when it has ended
 * and its recordings are sealed.
 */
export async function* tailSession(
  { catalog, bus, clock }: TailParts & { readonly clock: () => number },
  visibility: Visibility,
  sessionId: SessionId,
  signal: AbortSignal,
): AsyncGenerator<Session, void, void> {
  using listener = bus.listen(sessionTopic(sessionId));
  let shown = -1;
  let seenAtMs = 0;
  let toldAtMs = 0;
  while (!signal.aborted) {
    const session = await catalog.session(visibility, sessionId);
    if (session === null) return;
    const isSeenAgain = session.lastSeenAtMs > seenAtMs && clock() - toldAtMs >= SEEN_TOLD_MS;
    if (session.revision.position > shown || isSeenAgain) {
      shown = session.revision.position;
      seenAtMs = session.lastSeenAtMs;
      toldAtMs = clock();
      yield session;
    }
    if (isOver(session)) return;
    await listener.next(signal, LOOK_AGAIN_MS);
  }
}

/** Nothing about it changes by itself any more. A LOST session may come back. */
const isOver = (session: Session): boolean =>
  !isRunning(session.status) && session.status !== 'LOST' && session.recordingState !== 'LIVE';
