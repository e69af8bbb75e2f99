import { SessionEnded } from '../model/errors.ts';
import type { SessionId } from '../model/ids.ts';
import type { OpenedSession, RecordSessionEvent } from '../model/intake.ts';
import type { RecordedEvent } from '../model/recorded-event.ts';
import { type EventBatch, EventBatches } from './event-batches.ts';
import type { ImportParts } from './import-parts.ts';
import type { ImportedSession } from './import-step.ts';
import { recordingIdOf, uuidOf } from './session-id.ts';

/** What is told of one session is sent when it has this many bytes, about, whether or not there are events. */
const TOLD_BYTES_MAX = 1024 * 1024;
/** What something told takes beside its texts. */
const TOLD_OVERHEAD_BYTES = 128;

/** What a session has to tell beside its recording. */
export type Told = Pick<RecordSessionEvent, 'kind' | 'message' | 'details'> & { readonly atMs: number };

/** What is ready to be sent: it no longer changes. */
export type Sending = { readonly batches: readonly EventBatch[]; readonly told: readonly Told[] };

/**
 * A session on its way into an Intake. It is opened with the first that is sent, so that a short session is open for a moment
 * only: nothing of it is there when the import is interrupted before. One without any event has no recording, unless it was sent
 * before its end. Sends must follow one another.
 */
export class FedSession {
  readonly sessionId: SessionId;
  readonly #parts: ImportParts;
  readonly #session: ImportedSession;
  readonly #batches = new EventBatches();
  #full: EventBatch[] = [];
  #told: Told[] = [];
  #opened: OpenedSession | null = null;
  #toldBytes = 0;
  #hasRecording = false;
  #nextEvent = 0;
  #toldCount = 0;
  /** Whether nothing more is taken: it ended before, or was refused. */
  isOver = false;
  /** Whether it had ended before this file was read. */
  isKnown = false;
  /** The last send; it never fails. */
  sent: Promise<void> = Promise.resolve();

  constructor(parts: ImportParts, sessionId: SessionId, session: ImportedSession) {
    this.#parts = parts;
    this.sessionId = sessionId;
    this.#session = session;
  }

  /** For people: who, from where, since when. */
  get title(): string {
    return titleOf(this.#session);
  }

  get recording(): ImportedSession['recording'] {
    return this.#hasRecording ? this.#session.recording : null;
  }

  /** Whether it is open at the Intake. */
  get isOpen(): boolean {
    return this.#opened !== null && !this.isOver;
  }

  /** Milliseconds since the epoch. */
  get startedAtMs(): number {
    return this.#session.startedAtMs;
  }

  /** Bytes that wait to be sent. */
  get heldBytes(): number {
    const fullBytes = this.#full.reduce((sum, { msgpack }) => sum + msgpack.length, 0);
    return this.#batches.heldBytes + fullBytes + this.#toldBytes;
  }

  /** Whether there is enough that is worth sending. */
  get isFull(): boolean {
    return this.#full.length > 0 || this.#toldBytes >= TOLD_BYTES_MAX;
  }

  /** Milliseconds since the epoch of its last event; its start before the first. */
  get lastAtMs(): number {
    return this.#session.startedAtMs + this.#batches.lastMs;
  }

  /** Takes one event. @returns whether its time went backwards. @throws InvalidInput when it cannot be stored */
  push(event: RecordedEvent): boolean {
    const isBackwards = event.timeMs < this.#batches.lastMs;
    if (this.isOver || this.#session.recording === null) return isBackwards;
    this.#hasRecording = true;
    this.#full.push(...this.#batches.push([isBackwards ? { ...event, timeMs: this.#batches.lastMs } : event]));
    return isBackwards;
  }

  tell(told: Told): void {
    if (this.isOver) return;
    this.#told.push(told);
    this.#toldBytes += TOLD_OVERHEAD_BYTES + told.message.length + JSON.stringify(told.details).length;
  }

  /** What there is to send before its end. Its recording must be there from then on, as events may follow. */
  takeEarly(): Sending {
    this.#hasRecording = true;
    return this.take();
  }

  /** What there is to send; it is not held any more. */
  take(): Sending {
    const sending = { batches: [...this.#full, ...this.#batches.end()], told: this.#told };
    this.#full = [];
    this.#told = [];
    this.#toldBytes = 0;
    return sending;
  }

  /** @throws Refusal; SessionEnded when all of it is there already */
  async send({ batches, told }: Sending): Promise<void> {
    const { epoch, recording, nextEvent } = await this.#open();
    const { intake, producer } = this.#parts;
    for (const { msgpack, eventCount } of batches) {
      const firstEvent = this.#nextEvent;
      this.#nextEvent += eventCount;
      // What is there already need not be sent again.
      if (recording === null || this.#nextEvent <= (nextEvent ?? 0)) continue;
      await intake.appendEvents(producer, { recordingId: recording.recordingId, epoch, firstEvent, msgpack });
    }
    for (const one of told) {
      this.#toldCount += 1;
      const eventId = this.#eventId(this.#toldCount);
      await intake.recordSessionEvent(producer, { ...one, sessionId: this.sessionId, eventId });
    }
  }

  /** Sends the rest, and closes it. @throws as send */
  async close(rest: Sending, endedAtMs: number, reason: string | null): Promise<void> {
    await this.send(rest);
    const { epoch } = await this.#open();
    const { intake, producer } = this.#parts;
    await intake.closeSession(producer, { sessionId: this.sessionId, epoch, endedAtMs, reason });
  }

  async #open(): Promise<OpenedSession> {
    if (this.isOver) throw new SessionEnded(this.sessionId, 'the session ended before');
    const { recording } = this;
    const recordingId = recordingIdOf(this.sessionId);
    this.#opened ??= await this.#parts.intake.openSession(this.#parts.producer, {
      ...this.#session,
      sessionId: this.sessionId,
      recording: recording === null ? null : { ...recording, recordingId },
    });
    return this.#opened;
  }

  /** The same for the same place in the same session, so that telling it again is no other event. */
  #eventId(count: number): string {
    const hash = this.#parts.newHash();
    hash.update(new TextEncoder().encode(`${this.sessionId}\0told\0${count}`));
    return uuidOf(hash.digest());
  }
}

/** A session for people: who, from where, since when. */
export const titleOf = ({ user, client, startedAtMs }: ImportedSession): string => {
  const since = new Date(startedAtMs);
  const time = Number.isNaN(since.getTime()) ? 'an unknown time' : since.toISOString();
  return `the session of ${user.identity} from ${client.ip} at ${time}`;
};
