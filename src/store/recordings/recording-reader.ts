import { seesAll, type Visibility } from '../../model/access.ts';
import type { RecordingId } from '../../model/ids.ts';
import { CHUNK_BYTES_TARGET } from '../../model/limits.ts';
import type { Recording } from '../../model/recording.ts';
import type { Run } from '../../model/run.ts';
import { carryAfter, gapRun, joinRun, sliceRun } from '../../format/run-bytes.ts';
import type { CatalogReader, Contents, ContentsPart, PendingBatch } from '../catalog/catalog.ts';
import type { ChunkRow } from '../catalog/chunk-row.ts';
import { DamagedChunk, MissingRecording, type Recordings, type Verdict } from './recordings.ts';

/** Which events are wanted. */
export type RunsPart = {
  /** Ordinal of the first event wanted: the first run begins exactly there. */
  readonly fromEvent: number;
  /** Milliseconds from the recording's start; the first run is the one that holds it (whole chunks only). */
  readonly fromMs: number;
  readonly toMs: number | null;
};

export type RunPage = {
  readonly recording: Recording;
  readonly runs: readonly Run[];
  /** Whether stored or pending events follow these runs now. */
  readonly hasMore: boolean;
};

/** Runs that follow one another, of one moment. */
export type Stretch = {
  readonly runs: AsyncGenerator<Run, void, void>;
  /** Whether more was stored behind them. */
  readonly hasMore: boolean;
  /** Whether nothing will follow what was stored. */
  readonly isOver: boolean;
};

/** Told when stored bytes are not what was written, so that the catalog can say so. Must not throw. */
export type DamageListener = (recordingId: RecordingId, reason: string) => void;

export type RecordingReaderParts = {
  readonly catalog: CatalogReader;
  readonly recordings: Recordings;
  readonly onDamage: DamageListener;
};

const nothing = new Uint8Array(0);

/** Reads recordings: closed chunks, then pending batches, as runs of events without hole or repeat. */
export class RecordingReader {
  readonly #parts: RecordingReaderParts;

  constructor(parts: RecordingReaderParts) {
    this.#parts = parts;
  }

  /** At most runsMax runs, and no run that would go beyond bytesMax but the first. Null when there is no such recording. */
  async page(
    visibility: Visibility,
    recordingId: RecordingId,
    part: RunsPart,
    runsMax: number,
    bytesMax: number,
  ): Promise<RunPage | null> {
    const contents = await this.#contents(visibility, recordingId, part, runsMax, null);
    if (contents === null) return null;
    const sources = sourcesOf(contents);
    const taken = sources.slice(0, countWithin(sources, runsMax, bytesMax));
    const runs: Run[] = [];
    for (const loaded of await Promise.all(taken.map((source) => this.#load(contents.recording, source)))) {
      if (loaded !== null) runs.push(continued(loaded, part.fromEvent, runs.at(-1) ?? null));
    }
    const hasMore = contents.moreChunks || contents.moreBatches || taken.length < sources.length;
    return { recording: contents.recording, runs, hasMore };
  }

  /**
   * Everything from the part's begin to what is stored when the end is reached; one run in memory, and the next one.
   */
  async *runs(visibility: Visibility, recordingId: RecordingId, part: RunsPart): AsyncGenerator<Run, void, void> {
    let place = part;
    let before: Run | null = null;
    for (;;) {
      const stretch = await this.stretch(visibility, recordingId, place, before);
      if (stretch === null) return;
      for await (const run of stretch.runs) {
        yield run;
        before = run;
        place = { fromEvent: run.firstEvent + run.eventCount, fromMs: 0, toMs: part.toMs };
      }
      if (!stretch.hasMore) return;
    }
  }

  /**
   * What is stored from the part's begin on, as much as is looked up at once. Null when there is no such recording.
   * @param follows the run that was read before these, when they go on from it
   */
  async stretch(
    visibility: Visibility,
    recordingId: RecordingId,
    part: RunsPart,
    follows: Run | null,
  ): Promise<Stretch | null> {
    const contents = await this.#contents(visibility, recordingId, part, CHUNKS_AT_ONCE, follows);
    if (contents === null) return null;
    const { isOver, moreChunks, moreBatches } = contents;
    return { runs: this.#runsOf(contents, part.fromEvent, follows), hasMore: moreChunks || moreBatches, isOver };
  }

  async *#runsOf(contents: Contents, fromEvent: number, follows: Run | null): AsyncGenerator<Run, void, void> {
    let [place, before] = [fromEvent, follows];
    for await (const loaded of this.#loadAhead(contents)) {
      const run = continued(loaded, place, before);
      yield run;
      before = run;
      place = run.firstEvent + run.eventCount;
    }
  }

  #contents(
    visibility: Visibility,
    recordingId: RecordingId,
    part: RunsPart,
    chunksMax: number,
    before: Run | null,
  ): Promise<Contents | null> {
    const batchesBefore = before === null ? BATCHES_BEFORE : 0;
    const wanted: ContentsPart = { ...part, chunksMax, batchBytesMax: CHUNK_BYTES_TARGET, batchesBefore };
    return this.#parts.catalog.contents(visibility, recordingId, wanted);
  }

  /** Each source's run in order. The next one is read while the reader looks at the one before: one ahead, and no more. */
  async *#loadAhead({ recording, chunks, batches }: Contents): AsyncGenerator<Loaded, void, void> {
    const sources = sourcesOf({ chunks, batches });
    let next = this.#load(recording, sources[0]);
    for (let at = 1; at <= sources.length; at += 1) {
      const loaded = await next;
      next = this.#load(recording, sources[at]);
      // A reader that leaves does not hear how the read ahead went.
      next.catch(() => {});
      if (loaded !== null) yield loaded;
    }
  }

  async #load(recording: Recording, source: Source | undefined): Promise<Loaded | null> {
    if (source === undefined) return null;
    return 'chunk' in source
      ? { run: await this.readChunk(recording, source.chunk), isPending: false }
      : { run: { ...joinBatches(source.batches), carry: nothing }, isPending: true };
  }

  /** A closed chunk's run; the gap that stands for it when its bytes are not what was written, which is told. */
  async readChunk(recording: Recording, chunk: ChunkRow): Promise<Run> {
    const { firstEvent, eventCount, firstMs, lastMs } = chunk;
    try {
      const msgpack = await this.#parts.recordings.read(chunk);
      return { firstEvent, eventCount, firstMs, lastMs, msgpack, carry: nothing };
    } catch (error) {
      if (!(error instanceof DamagedChunk) && !(error instanceof MissingRecording)) throw error;
      this.#parts.onDamage(recording.recordingId, damageReason(error, chunk));
      return gapRun(
        { firstEvent, eventCount, firstMs, lastMs },
        { lostEvents: eventCount, lostBytes: chunk.rawSize, cause: error.message },
      );
    }
  }

  /** The file as stored. Null when there is no such recording, nothing is stored of it yet, or its file is gone. */
  async stored(visibility: Visibility, recordingId: RecordingId): Promise<StoredRecording | null> {
    const { catalog, recordings } = this.#parts;
    const recording = await catalog.recording(visibility, recordingId);
    const locator = await catalog.locator(visibility, recordingId);
    if (recording === null || locator === null || recording.storedSize === 0) return null;
    const found = await recordings.size(locator);
    if (found === null || found < recording.storedSize) {
      const short = `the file has ${found} bytes, and ${recording.storedSize} were written`;
      this.#parts.onDamage(recordingId, found === null ? 'file is missing' : short);
    }
    if (found === null) return null;
    return {
      recording,
      size: Math.min(found, recording.storedSize),
      read: (start, end) => recordings.stored(locator, start, end),
    };
  }

  /** Reads the whole recording from disk and recomputes the chain. Null when there is no such recording. */
  async verify(visibility: Visibility, recordingId: RecordingId): Promise<Verdict | null> {
    const { catalog, recordings } = this.#parts;
    const recording = await catalog.recording(visibility, recordingId);
    const locator = await catalog.locator(visibility, recordingId);
    if (recording === null || locator === null) return null;
    if (recording.storedSize === 0) {
      return { ok: true, badFromEvent: null, unknownKeyId: null, message: 'nothing is stored yet' };
    }
    const verdict = await recordings.verify(locator, this.#rows(recordingId), recording, await catalog.signingKey());
    if (!verdict.ok && verdict.unknownKeyId === null) this.#parts.onDamage(recordingId, verdict.message);
    return verdict;
  }

  async *#rows(recordingId: RecordingId): AsyncGenerator<ChunkRow, void, void> {
    let fromEvent = 0;
    for (;;) {
      const part = { fromEvent, fromMs: 0, toMs: null, chunksMax: CHUNKS_AT_ONCE, batchBytesMax: 0, batchesBefore: 0 };
      const contents = await this.#parts.catalog.contents(seesAll, recordingId, part);
      const chunks = contents?.chunks ?? [];
      yield* chunks;
      const last = chunks.at(-1);
      if (last === undefined || contents?.moreChunks !== true) return;
      fromEvent = last.firstEvent + last.eventCount;
    }
  }
}

/** Rows of the chunk index that are read together. */
const CHUNKS_AT_ONCE = 64;
/**
 * All that pend: a character may have begun in any of them, before batches that hold no output. That is a chunk's worth, or
 * PENDING_BYTES_MAX and a batch where a producer is ahead of the disk; they are read only where one begins among them.
 */
const BATCHES_BEFORE = 2 ** 31 - 1;

type Source =
  | { readonly chunk: ChunkRow; readonly rawSize: number }
  | { readonly batches: readonly PendingBatch[]; readonly rawSize: number };

/** A run that was read, and whether it is of pending batches. */
type Loaded = { readonly run: Run; readonly isPending: boolean };

/** The run from the wanted event on, with what of a character came before it. */
const continued = ({ run, isPending }: Loaded, fromEvent: number, before: Run | null): Run => {
  // A chunk begins at a whole character. Pending batches may not: what was read before them says so.
  const follows = before !== null && before.firstEvent + before.eventCount === run.firstEvent;
  const carry = isPending && follows ? carryAfter(before) : nothing;
  return sliceRun({ ...run, carry }, fromEvent);
};

/** What runs are made of: each chunk, then all pending batches together. */
const sourcesOf = ({ chunks, batches }: Pick<Contents, 'chunks' | 'batches'>): readonly Source[] => {
  const sources: Source[] = chunks.map((chunk) => ({ chunk, rawSize: chunk.rawSize }));
  const rawSize = batches.reduce((sum, batch) => sum + batch.msgpack.length, 0);
  return batches.length === 0 ? sources : [...sources, { batches, rawSize }];
};

/** How many of the sources a page takes: the first, and those that fit beside it. */
const countWithin = (sources: readonly Source[], runsMax: number, bytesMax: number): number => {
  let bytes = 0;
  const beyond = sources.findIndex(({ rawSize }, at) => {
    bytes += rawSize;
    return at === runsMax || (at > 0 && bytes > bytesMax);
  });
  return beyond === -1 ? sources.length : beyond;
};

const joinBatches = (batches: readonly PendingBatch[]): Omit<Run, 'carry'> => {
  const [first] = batches;
  const last = batches.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('a run has at least one batch');
  return {
    firstEvent: first.firstEvent,
    eventCount: last.firstEvent + last.eventCount - first.firstEvent,
    firstMs: first.firstMs,
    lastMs: last.lastMs,
    msgpack: joinRun(first.firstEvent, batches),
  };
};

const damageReason = (error: Error, chunk: ChunkRow): string =>
  error instanceof MissingRecording
    ? error.message
    : `events ${chunk.firstEvent} to ${chunk.firstEvent + chunk.eventCount - 1}: ${error.message}`;

export type StoredRecording = {
  readonly recording: Recording;
  /** Bytes that the catalog knows of, what of the file is whole; fewer when the file lost its end. */
  readonly size: number;
  /** From start (inclusive) to end (exclusive). */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
};
