import { NotARecording } from '../format/asciicast/not-a-recording.ts';
import { problemOf } from '../format/events/event-payload.ts';
import { InvalidInput, Refusal, SessionEnded } from '../model/errors.ts';
import type { RecordingId, SessionId } from '../model/ids.ts';
import { HEARTBEAT_SESSIONS_MAX, IMPORT_SESSIONS_OPEN_MAX, LEASE_MS, TEXT_LENGTH_MAX } from '../model/limits.ts';
import type { FeedReport } from './feed-report.ts';
import { FedSession, titleOf } from './fed-session.ts';
import type { ImportParts } from './import-parts.ts';
import type { ImportedSession, ImportStep } from './import-step.ts';
import { cut, fittingLabels } from './imported-session.ts';
import { RefusedAttempts } from './refused-attempts.ts';
import { recordingIdOf, sessionIdOf } from './session-id.ts';
import { SkippedLines } from './skipped-lines.ts';

export type FeedParts = ImportParts & {
  /** Milliseconds, of any clock that goes on: when leases must be kept. */
  readonly clock: () => number;
};

/** What is sent at once, of all sessions together: they share commits, and the file is read meanwhile. */
const SENDS_AT_ONCE = 64;
/** Bytes of events that wait in sessions that are not open yet, beyond which all are opened and sent. */
const HELD_BYTES_MAX = 32 * 1024 * 1024;
/** Lines without a session after which a file has none: it is not the log that it was said to be. */
const LINES_BEFORE_MAX = 100_000;
/** Sessions' refusals that are told one by one. */
const REFUSALS_TOLD_MAX = 100;
/** A session is kept from being LOST that often while its file is read. */
const HEARTBEAT_MS = LEASE_MS / 3;

/**
 * Takes in what a reader says of a file. Each session is fed in its order; different ones at the same time. A session that the
 * Intake does not take is counted, and the rest goes on; one that is there already is known.
 * @param format the format's name: with the producer and the key it makes the sessions' ids
 * @throws NotARecording when no session is in it, Unavailable and what is no Refusal of the Intake, and what the reader throws
 */
export const feedSteps = async (
  parts: FeedParts,
  format: string,
  steps: AsyncIterable<ImportStep>,
  signal: AbortSignal,
): Promise<FeedReport> => {
  const feeder = new StepFeeder(parts, format);
  try {
    for await (const step of steps) {
      signal.throwIfAborted();
      await feeder.take(step);
    }
    await feeder.end();
  } finally {
    await feeder.stop();
  }
  return feeder.report();
};

class StepFeeder {
  readonly #parts: FeedParts;
  readonly #format: string;
  readonly #attempts: RefusedAttempts;
  readonly #sessions = new Map<string, FedSession>();
  readonly #running = new Set<Promise<void>>();
  /** Lets other files' imports have a session. */
  readonly #releases = new Map<SessionId, () => void>();
  readonly #skipped = new SkippedLines();
  readonly #refusals: string[] = [];
  readonly #counts = { sessions: 0, known: 0, events: 0, clampedTimes: 0, refused: 0, outgrown: 0 };
  #only: { readonly sessionId: SessionId; readonly recordingId: RecordingId | null } | null = null;
  #hasSessions = false;
  #heldBytes = 0;
  #beatAtMs: number;
  #failure: { readonly error: unknown } | null = null;

  constructor(parts: FeedParts, format: string) {
    this.#parts = parts;
    this.#format = format;
    this.#attempts = new RefusedAttempts(parts);
    this.#beatAtMs = parts.clock();
  }

  async take(step: ImportStep): Promise<void> {
    if (step.kind === 'skip') this.#skip(step.line, step.reason);
    else if (step.kind === 'open') await this.#open(step.key, step.session);
    else await this.#feed(step);
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#parts.clock() - this.#beatAtMs > HEARTBEAT_MS) await this.#beat();
  }

  /** Closes what the reader left open, at its last event. */
  async end(): Promise<void> {
    for (const [key, session] of this.#sessions) {
      await this.#close(key, session, session.lastAtMs, 'the log ends');
    }
    await this.#settled();
    if (this.#counts.sessions + this.#counts.refused === 0) this.#refuseFile();
  }

  /** @throws NotARecording always */
  #refuseFile(): never {
    const [first] = this.#skipped.first;
    if (first === undefined) throw new NotARecording('there is no session in it', null);
    const more = this.#skipped.count === 1 ? '' : `, and ${this.#skipped.count - 1} more lines`;
    throw new NotARecording(`there is no session in it: ${first.reason}${more}`, first.line);
  }

  /** Waits for what is on its way. What is open and was not closed stays so: the next import goes on with it. */
  async stop(): Promise<void> {
    await Promise.all(this.#running);
    for (const release of this.#releases.values()) release();
  }

  report(): FeedReport {
    const { refused, ...counts } = this.#counts;
    return {
      ...counts,
      skipped: this.#skipped,
      refused: { count: refused, first: this.#refusals },
      only: counts.sessions === 1 ? this.#only : null,
    };
  }

  #skip(line: number | null, reason: string): void {
    this.#skipped.add(line, reason);
    if (this.#skipped.count >= LINES_BEFORE_MAX && !this.#hasSessions) this.#refuseFile();
  }

  async #open(key: string, session: ImportedSession): Promise<void> {
    const sessionId = this.#idOf(key);
    this.#hasSessions = true;
    if (session.denyReason !== null) {
      await this.#run(async () => {
        const isKnown = await this.#attempts.tell(sessionId, session);
        this.#count(isKnown, sessionId, null);
      }, session);
      return;
    }
    if (this.#sessions.size >= IMPORT_SESSIONS_OPEN_MAX) {
      throw new Error(`a reader has more than ${IMPORT_SESSIONS_OPEN_MAX} sessions open`);
    }
    if (this.#sessions.has(key)) throw new Error('a reader opens a session that is open');
    const fed = new FedSession(this.#parts, sessionId, session);
    this.#sessions.set(key, fed);
    if (this.#claim(sessionId)) return;
    // Another file that is being taken in has it too.
    fed.isOver = true;
    this.#count(true, sessionId, session.recording);
  }

  async #feed(step: Extract<ImportStep, { readonly kind: 'events' | 'tell' | 'close' }>): Promise<void> {
    const session = this.#sessions.get(step.key);
    if (session === undefined) throw new Error(`a reader speaks of a session that is not open: ${step.kind}`);
    if (step.kind === 'close') return this.#close(step.key, session, step.endedAtMs, step.reason);
    const heldBytes = session.heldBytes;
    if (step.kind === 'events') this.#push(session, step.events);
    else {
      const message = cut(step.message, TEXT_LENGTH_MAX).trim();
      session.tell({
        kind: step.event,
        message: message === '' ? step.event : message,
        details: step.details === null ? null : fittingLabels(step.details),
        atMs: step.atMs,
      });
    }
    this.#heldBytes += session.heldBytes - heldBytes;
    if (session.isFull) await this.#send(session);
    if (this.#heldBytes > HELD_BYTES_MAX) for (const held of this.#sessions.values()) await this.#send(held);
  }

  #push(session: FedSession, events: Extract<ImportStep, { readonly kind: 'events' }>['events']): void {
    for (const event of events) {
      const problem = problemOf(event.code, event.payload);
      try {
        if (problem !== null)
          throw new InvalidInput('payload', `${event.code}${problem.path} must be ${problem.wanted}`);
        if (session.push(event)) this.#counts.clampedTimes += 1;
        this.#counts.events += 1;
      } catch (error) {
        if (!(error instanceof InvalidInput)) throw error;
        this.#skip(null, `an event cannot be stored: ${error.message.replace(/^events\[\d+\]\S*\s/, '')}`);
      }
    }
  }

  async #send(session: FedSession): Promise<void> {
    if (session.heldBytes === 0) return;
    this.#heldBytes -= session.heldBytes;
    const sending = session.takeEarly();
    await this.#then(session, () => session.send(sending));
  }

  async #close(key: string, session: FedSession, endedAtMs: number, reason: string | null): Promise<void> {
    this.#sessions.delete(key);
    this.#heldBytes -= session.heldBytes;
    const rest = session.take();
    const endMs = Math.max(endedAtMs, session.lastAtMs);
    await this.#then(session, async () => {
      await session.close(rest, endMs, reason);
      this.#count(false, session.sessionId, session.recording);
      session.isOver = true;
    });
    void this.#start(async () => {
      await session.sent;
      if (session.isKnown) await this.#compareEnds(session, endMs, reason);
      this.#releases.get(session.sessionId)?.();
    });
  }

  /** A session that ended takes nothing more: what the file has of it beyond its end, its first import did not have. */
  async #compareEnds(session: FedSession, endedAtMs: number, reason: string | null): Promise<void> {
    const { intake, producer } = this.#parts;
    const close = { sessionId: session.sessionId, epoch: null, endedAtMs, reason };
    try {
      const known = await intake.closeSession(producer, close);
      // Where the log has no year, its sessions may have been of another one.
      const knownMs = (known.endedAtMs ?? Infinity) - known.startedAtMs;
      if (endedAtMs - session.startedAtMs > knownMs) this.#counts.outgrown += 1;
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === 'UNAVAILABLE') this.#failure ??= { error };
    }
  }

  /** Does it when what was sent of the session before is done. */
  async #then(session: FedSession, send: () => Promise<void>): Promise<void> {
    if (session.isOver) return;
    const before = session.sent;
    session.sent = this.#start(async () => {
      await before;
      if (session.isOver) return;
      try {
        await send();
      } catch (error) {
        session.isOver = true;
        if (error instanceof SessionEnded) {
          session.isKnown = true;
          this.#count(true, session.sessionId, session.recording);
        } else this.#refuse(error, session.title);
      }
    });
    await this.#room();
  }

  /** Does it now, beside all others. */
  async #run(work: () => Promise<void>, session: ImportedSession): Promise<void> {
    void this.#start(async () => {
      try {
        await work();
      } catch (error) {
        this.#refuse(error, titleOf(session));
      }
    });
    await this.#room();
  }

  #start(work: () => Promise<void>): Promise<void> {
    const one = work().finally(() => this.#running.delete(one));
    this.#running.add(one);
    return one;
  }

  async #room(): Promise<void> {
    while (this.#running.size >= SENDS_AT_ONCE) await Promise.race(this.#running);
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Of one session: counted. Of the Intake: the end. */
  #refuse(error: unknown, name: string): void {
    if (!(error instanceof Refusal) || error.code === 'UNAVAILABLE') {
      this.#failure ??= { error };
      return;
    }
    this.#counts.refused += 1;
    if (this.#refusals.length < REFUSALS_TOLD_MAX) this.#refusals.push(`${name}: ${error.message}`);
  }

  #count(isKnown: boolean, sessionId: SessionId, recording: ImportedSession['recording']): void {
    this.#counts.sessions += 1;
    if (isKnown) this.#counts.known += 1;
    this.#only = { sessionId, recordingId: recording === null ? null : recordingIdOf(sessionId) };
  }

  /** @returns false when another file's import has the session */
  #claim(sessionId: SessionId): boolean {
    const { claims } = this.#parts;
    if (claims.has(sessionId)) return false;
    const { promise, resolve } = Promise.withResolvers<void>();
    claims.set(sessionId, promise);
    this.#releases.set(sessionId, () => {
      this.#releases.delete(sessionId);
      claims.delete(sessionId);
      resolve();
    });
    return true;
  }

  #idOf(key: string): SessionId {
    const hash = this.#parts.newHash();
    hash.update(new TextEncoder().encode(`${this.#parts.producer.producer}\0${this.#format}\0${key}`));
    return sessionIdOf(hash.digest());
  }

  async #beat(): Promise<void> {
    this.#beatAtMs = this.#parts.clock();
    const open = [...this.#sessions.values()].filter((session) => session.isOpen).map(({ sessionId }) => sessionId);
    for (let at = 0; at < open.length; at += HEARTBEAT_SESSIONS_MAX) {
      await this.#parts.intake.heartbeat(this.#parts.producer, open.slice(at, at + HEARTBEAT_SESSIONS_MAX));
    }
  }
}
