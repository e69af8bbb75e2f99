import { type AsciicastReader, openAsciicast } from '../format/asciicast/asciicast-reader.ts';
import { SessionEnded } from '../model/errors.ts';
import type { RecordingId, SessionId } from '../model/ids.ts';
import type { OpenedSession } from '../model/intake.ts';
import { type EventBatch, EventBatches } from './event-batches.ts';
import type { ImportDefaults } from './import-defaults.ts';
import type { HashStream, ImportParts } from './import-parts.ts';
import type { ImportSource } from './import-source.ts';
import { recordingIdOf, sessionIdOf } from './session-id.ts';
import { sessionOfAsciicast } from './session-of-asciicast.ts';

export type Imported = {
  readonly sessionId: SessionId;
  readonly recordingId: RecordingId | null;
  readonly events: number;
  readonly status: 'imported' | 'known';
  /** Times that went backwards and were set to the time before. */
  readonly clampedTimes: number;
};

/** Msgpack of a file that is kept from the first reading, so that most files are read once. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;

/** Batches of one recording that are on their way at once. */
const BATCHES_AT_ONCE = 4;

type Checked = {
  readonly header: AsciicastReader['header'];
  readonly sessionId: SessionId;
  readonly events: number;
  readonly durationMs: number;
  readonly clampedTimes: number;
  /** The whole recording; null when it is too large to be kept. */
  readonly batches: readonly EventBatch[] | null;
};

/**
 * Takes in an asciicast as one session that has ended. It is read to its end before anything is opened, so a file that is
 * refused leaves nothing. The session's id is made from the producer and the content: the same content is the same session, and
 * an import that was interrupted goes on where it stopped.
 * @throws NotARecording, Refusal (of the intake), and what the source throws
 */
export const importAsciicast = async (
  parts: ImportParts,
  source: ImportSource,
  defaults: ImportDefaults,
  signal: AbortSignal,
): Promise<Imported> => {
  const checked = await check(parts, source, signal);
  const { sessionId, events, clampedTimes } = checked;
  await using _claim = await claim(parts.claims, sessionId);
  const input = sessionOfAsciicast(checked.header, sessionId, source.modifiedAtMs, defaults);
  try {
    const opened = await parts.intake.openSession(parts.producer, input);
    await feed(parts, source, checked, opened, signal);
    await parts.intake.closeSession(parts.producer, {
      sessionId,
      epoch: opened.epoch,
      endedAtMs: opened.session.startedAtMs + checked.durationMs,
      reason: 'end of the recording',
    });
    return { sessionId, recordingId: opened.recording?.recordingId ?? null, events, status: 'imported', clampedTimes };
  } catch (error) {
    if (!(error instanceof SessionEnded)) throw error;
    return { sessionId, recordingId: recordingIdOf(sessionId), events, status: 'known', clampedTimes };
  }
};

/** Waits until nobody else feeds the session; disposing lets the next one in. */
const claim = async (claims: ImportParts['claims'], sessionId: SessionId): Promise<AsyncDisposable> => {
  while (claims.has(sessionId)) await claims.get(sessionId);
  const { promise, resolve } = Promise.withResolvers<void>();
  claims.set(sessionId, promise);
  return {
    async [Symbol.asyncDispose]() {
      claims.delete(sessionId);
      resolve();
    },
  };
};

/** Reads the whole file: whether it is a recording, what it is named, how long it is. */
const check = async (
  { newHash, producer }: ImportParts,
  source: ImportSource,
  signal: AbortSignal,
): Promise<Checked> => {
  const hash = newHash();
  hash.update(new TextEncoder().encode(`${producer.producer}\0`));
  await using reader = await openAsciicast(hashed(source.open(), hash, signal));
  const batches = new EventBatches();
  let kept: EventBatch[] | null = [];
  let keptBytes = 0;
  for await (const group of reader.groups()) {
    for (const batch of batches.push(group)) {
      keptBytes += batch.msgpack.length;
      if (keptBytes > KEPT_BYTES_MAX) kept = null;
      kept?.push(batch);
    }
  }
  kept?.push(...batches.end());
  const { events, clampedTimes } = reader.counts;
  return {
    header: reader.header,
    sessionId: sessionIdOf(hash.digest()),
    events,
    durationMs: batches.lastMs,
    clampedTimes,
    batches: kept,
  };
};

async function* hashed(
  pieces: AsyncIterable<Uint8Array>,
  hash: HashStream,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    signal.throwIfAborted();
    hash.update(piece);
    yield piece;
  }
}

/** Sends what the server does not have yet. */
const feed = async (
  { intake, producer }: ImportParts,
  source: ImportSource,
  checked: Checked,
  { recording, nextEvent, epoch }: OpenedSession,
  signal: AbortSignal,
): Promise<void> => {
  if (recording === null) return;
  const { recordingId } = recording;
  let firstEvent = 0;
  // Batches are on their way in order, a few at once: they share commits, and the next one is read meanwhile.
  const sent: Promise<unknown>[] = [];
  for await (const { msgpack, eventCount } of batchesOf(source, checked)) {
    if (sent.length >= BATCHES_AT_ONCE) await sent.shift();
    signal.throwIfAborted();
    const end = firstEvent + eventCount;
    if (end > (nextEvent ?? 0)) {
      const one = intake.appendEvents(producer, { recordingId, epoch, firstEvent, msgpack });
      // Whoever waits for it is told; meanwhile nobody is.
      one.catch(() => {});
      sent.push(one);
    }
    firstEvent = end;
  }
  await Promise.all(sent);
};

async function* batchesOf(source: ImportSource, { batches: kept }: Checked): AsyncGenerator<EventBatch, void, void> {
  if (kept !== null) {
    yield* kept;
    return;
  }
  const batches = new EventBatches();
  await using reader = await openAsciicast(source.open());
  for await (const group of reader.groups()) yield* batches.push(group);
  yield* batches.end();
}
