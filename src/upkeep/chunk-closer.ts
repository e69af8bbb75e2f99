import { setImmediate } from 'node:timers/promises';
import { seesAll } from '../model/access.ts';
import type { RecordingId } from '../model/ids.ts';
import {
  BATCH_BYTES_MAX,
  CHUNK_AGE_FOLLOWED_MS,
  CHUNK_AGE_MAX_MS,
  CHUNK_AGE_MS,
  CHUNK_BYTES_FORCED,
  CHUNK_BYTES_TARGET,
  CHUNK_FOLLOWED_MS,
  CHUNK_QUIET_BYTES,
} from '../model/limits.ts';
import type { Recording } from '../model/recording.ts';
import { isRunning } from '../model/session.ts';
import { chunkEnd } from '../format/chunk-end.ts';
import { chunkOf } from '../format/chunk-of.ts';
import type {
  CatalogReader,
  CatalogWriter,
  CommitAnnouncement,
  PendingBatch,
  UnsealedRecording,
} from '../store/catalog/catalog.ts';
import type { AppendTarget, Recordings } from '../store/recordings/recordings.ts';
import { recoverRecording } from './recovery.ts';

export type ChunkCloserParts = {
  readonly reader: CatalogReader;
  readonly writer: CatalogWriter;
  readonly recordings: Recordings;
  readonly clock: () => number;
  /** A LOST session may be resumed for this long: then what there is of it is sealed. */
  readonly resumeWindowMs: number;
  /** When a recording is continued by another. */
  readonly rotation: Rotation;
  /** Told of what could not be closed: it is tried again. Null: what is due could not be looked for. Must not throw. */
  readonly onFailure: (recordingId: RecordingId | null, error: unknown) => void;
};

/** A recording is sealed and goes on in another at this length in milliseconds, or at so many bytes of msgpack. */
export type Rotation = {
  readonly ms: number;
  readonly bytes: number;
  /** The id of the one that goes on. */
  readonly newId: () => string;
};

/** Recordings that are closed or sealed at once: their compression and syncs overlap. */
const AT_ONCE = 8;
/** A recording that always ends inside a character is continued at so many times its length or size. */
const ROTATION_TIMES_MAX = 2;
/** How often what is due by its age is looked for. */
const SWEEP_EVERY_MS = 5000;
/** Recordings that a sweep reads at once. */
const SWEEP_PAGE = 50;

/**
 * Moves pending batches into chunks when they are large or old enough, and seals what has ended. Every step is safe to
 * repeat, one recording is worked on by one step at a time, and what fails is tried again at the next sweep.
 */
export class ChunkCloser implements AsyncDisposable {
  readonly #parts: ChunkCloserParts;
  /** Recordings that want a look, oldest wish first. */
  readonly #wanted = new Set<RecordingId>();
  /** Those that are being worked on. */
  readonly #working = new Map<RecordingId, Promise<void>>();
  #sweeper: NodeJS.Timeout | null = null;
  #sweeping: Promise<void> = Promise.resolve();
  #isEnding = false;
  #followedAtMs: number | null = null;

  constructor(parts: ChunkCloserParts) {
    this.#parts = parts;
  }

  /** Begins to look for what is due by its age. */
  start(): void {
    this.#sweeper = setInterval(() => {
      this.#sweeping = this.#sweeping
        .then(() => this.sweep())
        .catch((error: unknown) => this.#parts.onFailure(null, error));
    }, SWEEP_EVERY_MS);
    this.#sweeper.unref();
  }

  /** Wakes for commits that make a recording due: called with each commit's announcements. */
  notice(announcements: readonly CommitAnnouncement[]): void {
    for (const announcement of announcements) {
      if (announcement.kind !== 'recording') continue;
      const { change, pendingBytes, recordingId } = announcement;
      if (change === 'ending' || (change === 'appended' && pendingBytes >= CHUNK_BYTES_TARGET)) this.#want(recordingId);
    }
  }

  /** Somebody has asked for what is in closed chunks, and may ask again: until CHUNK_FOLLOWED_MS from now none waits long. */
  followed(): void {
    this.#followedAtMs = this.#parts.clock();
  }

  /** Resolves when what is due of the recording has been closed, or could not be. */
  async relief(recordingId: RecordingId): Promise<void> {
    this.#want(recordingId);
    // All places may be taken by others: it waits for its own.
    while (this.#wanted.has(recordingId) && this.#working.size > 0) await Promise.race(this.#working.values());
    await this.#working.get(recordingId);
  }

  /** Looks at every recording that is not sealed. */
  async sweep(): Promise<void> {
    let after: RecordingId | null = null;
    for (;;) {
      const page: readonly UnsealedRecording[] = await this.#parts.reader.unsealedRecordings(after, SWEEP_PAGE);
      for (const unsealed of page) if (this.#isDue(unsealed)) this.#want(unsealed.recording.recordingId);
      after = page.at(-1)?.recording.recordingId ?? null;
      if (after === null || this.#isEnding) return;
      // Reading is on this thread: others have their turn between two pages.
      await setImmediate();
    }
  }

  #isDue(unsealed: UnsealedRecording): boolean {
    const { pendingBytes } = unsealed;
    if (this.#isOver(unsealed) || this.#isLong(unsealed)) return true;
    return pendingBytes >= CHUNK_BYTES_TARGET || this.#isAged(unsealed);
  }

  #isAged({ pendingBytes, pendingSinceMs }: UnsealedRecording): boolean {
    if (pendingSinceMs === null) return false;
    const nowMs = this.#parts.clock();
    const ageMs = nowMs - pendingSinceMs;
    const isFollowed = this.#followedAtMs !== null && nowMs - this.#followedAtMs < CHUNK_FOLLOWED_MS;
    if (ageMs >= (isFollowed ? CHUNK_AGE_FOLLOWED_MS : CHUNK_AGE_MAX_MS)) return true;
    return ageMs >= CHUNK_AGE_MS && pendingBytes >= CHUNK_QUIET_BYTES;
  }

  /** Whether it takes nothing more, and wants its seal. */
  #isOver(unsealed: UnsealedRecording): boolean {
    const { session, isContinued } = unsealed;
    return isContinued || this.#isGivenUp(unsealed) || !(isRunning(session.status) || session.status === 'LOST');
  }

  #isGivenUp({ session, lostAtMs }: UnsealedRecording): boolean {
    return session.status === 'LOST' && this.#parts.clock() - (lostAtMs ?? 0) >= this.#parts.resumeWindowMs;
  }

  /** Whether it should go on in another. */
  #isLong({ session, recording }: UnsealedRecording, times = 1): boolean {
    const ms = times * this.#parts.rotation.ms;
    const bytes = times * this.#parts.rotation.bytes;
    const isLive = isRunning(session.status) && recording.state === 'LIVE';
    return isLive && recording.eventCount > 0 && (recording.durationMs >= ms || recording.rawSize >= bytes);
  }

  #want(recordingId: RecordingId): void {
    if (this.#isEnding) return;
    this.#wanted.add(recordingId);
    this.#begin();
  }

  #begin(): void {
    for (const recordingId of this.#wanted) {
      if (this.#working.size >= AT_ONCE) return;
      if (this.#working.has(recordingId)) continue;
      this.#wanted.delete(recordingId);
      const work = this.#work(recordingId).finally(() => {
        this.#working.delete(recordingId);
        this.#begin();
      });
      this.#working.set(recordingId, work);
    }
  }

  async #work(recordingId: RecordingId): Promise<void> {
    try {
      while (await this.#step(recordingId));
    } catch (error) {
      this.#parts.onFailure(recordingId, error);
    }
  }

  /** Closes one chunk, or seals. @returns whether there may be more to do */
  async #step(recordingId: RecordingId): Promise<boolean> {
    const { reader, writer, recordings } = this.#parts;
    const unsealed = await reader.unsealedRecording(recordingId);
    if (unsealed === null) return false;
    const size = await recordings.size(unsealed.locator);
    if ((size ?? 0) !== unsealed.indexedSize) {
      // An earlier step wrote bytes that the catalog did not hear of, or somebody else did something to the file.
      const found = await recoverRecording(this.#parts, unsealed, await reader.signingKey());
      return found.adopted.length > 0 || found.quarantined !== null;
    }
    const chunk = await this.#nextChunk(unsealed);
    if (chunk !== null) {
      const appended = await recordings.append(targetOf(unsealed), chunk);
      await writer.closeChunk({ recordingId, chunk: appended.row, indexedSize: appended.indexedSize });
      return true;
    }
    if (this.#isOver(unsealed)) await this.#seal(unsealed);
    else if (this.#isLong(unsealed)) return this.#rotate(unsealed);
    return false;
  }

  async #nextChunk(unsealed: UnsealedRecording): Promise<ReturnType<typeof chunkOf> | null> {
    // Nearly always two chunks' worth hold one; a batch may be larger, and a good boundary further.
    for (const batchBytesMax of [2 * CHUNK_BYTES_TARGET, CHUNK_BYTES_FORCED + BATCH_BYTES_MAX]) {
      const { batches, hasMore } = await this.#pending(unsealed, batchBytesMax);
      const eventCount = chunkEnd(batches, CHUNK_BYTES_TARGET, {
        atEnd: this.#isOver(unsealed) && !hasMore,
        aged: this.#isAged(unsealed),
      });
      if (eventCount !== null) return chunkOf(batches, eventCount);
      if (!hasMore) return null;
    }
    return null;
  }

  async #pending(
    { recording, nextPendingEvent }: UnsealedRecording,
    batchBytesMax: number,
  ): Promise<{ readonly batches: readonly PendingBatch[]; readonly hasMore: boolean }> {
    const contents = await this.#parts.reader.contents(seesAll, recording.recordingId, {
      fromEvent: nextPendingEvent,
      fromMs: 0,
      toMs: null,
      chunksMax: 1,
      batchBytesMax,
      batchesBefore: 0,
    });
    return { batches: contents?.batches ?? [], hasMore: contents?.moreBatches === true };
  }

  /** @returns whether there is more to do: the old one's rest, and its seal */
  async #rotate(unsealed: UnsealedRecording): Promise<boolean> {
    if (!(await this.#endsWell(unsealed)) && !this.#isLong(unsealed, ROTATION_TIMES_MAX)) return false;
    const { recording } = unsealed;
    const { writer, recordings, rotation, clock } = this.#parts;
    const recordingId = rotation.newId() as RecordingId;
    const startsAtMs = recording.startedAtMs + recording.durationMs;
    const next = { recordingId, locator: recordings.locate(recordingId, startsAtMs) };
    await writer.rotateRecording({ recordingId: recording.recordingId, next, atMs: clock() });
    return true;
  }

  /** Whether its last event does not end inside a character, of which the rest would be in another recording. */
  async #endsWell(unsealed: UnsealedRecording): Promise<boolean> {
    if (unsealed.pendingBytes === 0) return true;
    const { batches } = await this.#pending(unsealed, CHUNK_BYTES_FORCED);
    const eventCount = batches.reduce((sum, batch) => sum + batch.eventCount, 0);
    return chunkEnd(batches, CHUNK_BYTES_FORCED, { aged: true }) === eventCount;
  }

  async #seal(unsealed: UnsealedRecording): Promise<void> {
    const { reader, writer, recordings, clock } = this.#parts;
    const { recording } = unsealed;
    const { state, stateReason } = sealedAs(recording, this.#isGivenUp(unsealed));
    const key = await reader.signingKey();
    const sealedAtMs = clock();
    const seal = await recordings.seal(targetOf(unsealed), {
      key,
      state,
      stateReason,
      sealedAtMs,
    });
    await writer.sealRecording({ recordingId: recording.recordingId, ...seal, keyId: key.keyId, atMs: sealedAtMs });
  }

  /** Resolves when all that was wanted is done, or has failed. */
  async settled(): Promise<void> {
    while (this.#working.size > 0) await Promise.allSettled(this.#working.values());
  }

  /** Finishes the steps that have begun and what has ended; the rest stays pending, which is safe. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    await this.#sweeping;
    await this.settled();
    this.#isEnding = true;
  }
}

/** What is missing or damaged by now does not come back with the end. */
const sealedAs = (
  { state, stateReason }: Recording,
  isGivenUp: boolean,
): { readonly state: 'COMPLETE' | 'PARTIAL' | 'CORRUPT'; readonly stateReason: string | null } => {
  if (state === 'CORRUPT') return { state, stateReason };
  if (state !== 'PARTIAL') return { state: 'COMPLETE', stateReason: null };
  const andThen = isGivenUp ? ', and it did not come back' : '';
  return { state, stateReason: `${stateReason ?? 'its producer went silent'}${andThen}` };
};

const targetOf = ({ session, recording, locator, indexedSize }: UnsealedRecording): AppendTarget => ({
  session,
  recording,
  locator,
  indexedSize,
});
