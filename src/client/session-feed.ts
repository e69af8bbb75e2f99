import { EventGap, InvalidInput, NotFound, SessionKilled } from '../model/errors.ts';
import type { RecordingId, SessionId } from '../model/ids.ts';
import type { Intake, KillRequest, Producer } from '../model/intake.ts';
import { CHUNK_BYTES_TARGET, LEASE_MS } from '../model/limits.ts';
import type { RecordedEvent } from '../model/recorded-event.ts';
import { Alarm } from './alarm.ts';
import { isPassing, retryDelayMs } from './retry.ts';
import { type SessionEnd, type Spool, SpoolFull, type SpooledBatch } from './spool.ts';
import type { SpoolOwner } from './spool-owner.ts';

/** Events are sent this long after the first of them: what people see live is this late. */
const BATCH_MS = 150;
/** A batch that has this many bytes is sent at once. */
const BATCH_BYTES = CHUNK_BYTES_TARGET;
/** A quiet session says that it lives this often, unless told otherwise: two may be lost before the usual lease runs out. */
const HEARTBEAT_MS = LEASE_MS / 3;
/** What was appended is on disk at most this long after. */
const SYNC_MS = 1_000;
/** While the server takes what is sent, whoever produces should wait beyond this many bytes … */
const CROWDED_BYTES = 16 * 1024 * 1024;
/** … until they are less than this. */
const ROOM_BYTES = CROWDED_BYTES / 2;
/** Times that a session the server does not know is opened again without anything being taken. */
const REOPENED_MAX = 3;

export type FeedParts = {
  readonly intake: Intake;
  readonly producer: Producer;
  /** Of this process, and disposed of by the feed. */
  readonly spool: Spool;
  readonly owner: SpoolOwner;
  /** Milliseconds that never go back. */
  readonly clock: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  /** After its end a session is left to a later run when the server is away for longer. Infinity: tries for ever. */
  readonly patienceMs: number;
  /** A quiet session says that it lives this often: more often than the server's lease. HEARTBEAT_MS when absent. */
  readonly heartbeatMs?: number;
};

/**
 * How a feed stands. `away`: the server does not answer, or does not let this producer in; it is tried again. `over`: nothing
 * more is sent. Without an error the session was closed or its kill confirmed, and the spool is gone; with one the spool is
 * left as it is.
 */
export type FeedState =
  | { readonly kind: 'opening' }
  | { readonly kind: 'feeding' }
  | { readonly kind: 'away'; readonly error: unknown }
  | { readonly kind: 'over'; readonly error: unknown };

export type FeedListener = {
  /** Cut the session now, and close the feed with `isCut`. Once. */
  readonly killed?: (kill: KillRequest) => void;
  readonly changed?: (state: FeedState) => void;
  /** Whoever waited because the feed was crowded can go on. */
  readonly hasRoom?: () => void;
  /** Events are lost from here on: the spool is full, or the disk does not take it. Once, until room was found again. */
  readonly lost?: (reason: string) => void;
};

/** Why a feed ended that was told to stop. */
export class FeedStopped extends Error {}

/**
 * Feeds one session with one recording to an Intake while it runs. What is pushed is in the spool before anything else
 * happens to it, and is sent in batches, one at a time, until the server has acknowledged it: whatever becomes of the server
 * or the network, and of this process. Kills are heard with each answer, and with heartbeats while nothing is sent.
 */
export class SessionFeed {
  readonly #parts: FeedParts;
  readonly #listener: FeedListener;
  readonly #sessionId: SessionId;
  readonly #recordingId: RecordingId;
  readonly #heartbeatMs: number;
  readonly #work = new Alarm();
  readonly #retry = new Alarm();
  #state: FeedState = { kind: 'opening' };
  #kill: KillRequest | null = null;
  #isStopped = false;
  #isCrowded = false;
  #lost = { events: 0, bytes: 0, cause: '' };
  #epoch = 0;
  #reopened = 0;
  /** When the server answered last, and when the session ended. */
  #heardMs: number;
  #endedMs = Infinity;
  #ended: SessionEnd | null = null;
  #syncTimer: ReturnType<typeof setTimeout> | null = null;
  /** Resolves when it is over. Never rejects. */
  readonly over: Promise<{ readonly error: unknown }>;

  constructor(parts: FeedParts, listener: FeedListener = {}) {
    const { sessionId, recording } = parts.spool.header.session;
    if (sessionId === null || recording?.recordingId == null) throw new Error('a feed is of one session and recording');
    this.#parts = parts;
    this.#listener = listener;
    this.#sessionId = sessionId;
    this.#recordingId = recording.recordingId;
    this.#heartbeatMs = parts.heartbeatMs ?? HEARTBEAT_MS;
    this.#heardMs = parts.clock();
    this.over = this.#run();
  }

  get state(): FeedState {
    return this.#state;
  }

  /** Whether whoever produces should wait until `hasRoom`: only while the server takes what is sent. */
  get isCrowded(): boolean {
    return this.#isCrowded;
  }

  /** The kill that was asked for; null when none was. */
  get kill(): KillRequest | null {
    return this.#kill;
  }

  /** Appends one event, whose time is never before the one before. What cannot be kept is lost, and a `gap` says so. */
  push(event: RecordedEvent): void {
    if (this.#state.kind === 'over') return;
    const { spool } = this.#parts;
    try {
      this.#tellGap(event.timeMs, false);
      spool.append(event);
    } catch (error) {
      this.#lose(event, error);
      return;
    }
    this.#syncSoon();
    this.#isCrowded = this.#state.kind === 'feeding' && (this.#isCrowded || spool.waitingBytes > CROWDED_BYTES);
    this.#work.ring();
  }

  /** What somebody heard beside the feed: a kill of this session. */
  hear(kill: KillRequest): void {
    if (kill.sessionId !== this.#sessionId || this.#kill !== null) return;
    this.#kill = kill;
    this.#listener.killed?.(kill);
  }

  /** Nothing more will be pushed. What waits is sent, and the session closed, or its kill confirmed. */
  close(end: SessionEnd, lastEvents: readonly RecordedEvent[] = []): void {
    if (this.#state.kind === 'over') return;
    const { spool, clock } = this.#parts;
    try {
      for (const event of lastEvents) {
        this.#tellGap(event.timeMs, true);
        spool.append(event, true);
      }
      spool.keep({ end });
    } catch (error) {
      this.#listener.lost?.(messageOf(error));
    }
    this.#end(end, clock());
  }

  /** Sends nothing more. The spool stays, for a later run. */
  stop(): void {
    this.#isStopped = true;
    this.#work.ring();
    this.#retry.ring();
  }

  #end(end: SessionEnd, nowMs: number): void {
    this.#ended = end;
    this.#endedMs = nowMs;
    this.#work.ring();
    this.#retry.ring();
  }

  async #run(): Promise<{ readonly error: unknown }> {
    const { spool, owner } = this.#parts;
    let error: unknown = null;
    try {
      if (spool.state.end !== null) this.#end(spool.state.end, this.#parts.clock());
      await this.#open();
      while (await this.#step());
    } catch (failure) {
      error = failure;
      // Whoever is told that the session was killed cuts it, whether or not anything more is taken.
      if (failure instanceof SessionKilled) this.hear({ sessionId: this.#sessionId, ...failure.kill });
    }
    if (this.#syncTimer !== null) clearTimeout(this.#syncTimer);
    spool[Symbol.dispose]();
    owner[Symbol.dispose]();
    this.#change({ kind: 'over', error });
    return { error };
  }

  /** Opens the session, or opens it again: what the server has of it decides what is sent next. */
  async #open(): Promise<void> {
    const { intake, producer, spool } = this.#parts;
    const { epoch } = spool.state;
    try {
      const opened = await this.#tried(() => intake.openSession(producer, spool.header.session));
      this.#epoch = opened.epoch;
      spool.keep({ epoch: opened.epoch });
      if (opened.nextEvent !== null) spool.seek(opened.nextEvent);
      if (spool.waitingEvents > 0) spool.keep({ isTaken: false });
    } catch (error) {
      // It is being killed, and an earlier run opened it: what happened until the cut is still taken, and the cut confirmed.
      const isKilling = error instanceof SessionKilled && error.kill.confirmedAtMs === null;
      if (!isKilling || epoch === null) throw error;
      this.#epoch = epoch;
      this.hear({ sessionId: this.#sessionId, ...error.kill });
    }
  }

  /** @returns whether there may be more to do */
  async #step(): Promise<boolean> {
    const { spool } = this.#parts;
    await this.#collect();
    this.#stopIfTold();
    const batch = spool.read(BATCH_BYTES);
    if (batch !== null) await this.#append(batch);
    else if (this.#ended !== null) return this.#finish(this.#ended);
    else if (this.#parts.clock() - this.#heardMs >= this.#heartbeatMs) await this.#heartbeat();
    return true;
  }

  /** Waits until a batch is worth sending, or it is time for a heartbeat. */
  async #collect(): Promise<void> {
    const { spool, clock } = this.#parts;
    if (spool.waitingEvents === 0 && this.#ended === null) {
      await this.#work.wait(Math.max(0, this.#heardMs + this.#heartbeatMs - clock()));
    }
    const untilMs = clock() + BATCH_MS;
    while (this.#ended === null && !this.#isStopped) {
      const isWorthIt = spool.waitingEvents === 0 || spool.waitingBytes >= BATCH_BYTES;
      const leftMs = untilMs - clock();
      if (isWorthIt || leftMs <= 0) return;
      await this.#work.wait(leftMs);
    }
  }

  async #append(batch: SpooledBatch): Promise<void> {
    const { intake, producer, spool } = this.#parts;
    const { firstEvent, msgpack } = batch;
    const input = { recordingId: this.#recordingId, epoch: this.#epoch, firstEvent, msgpack };
    try {
      const { kill } = await this.#tried(() => intake.appendEvents(producer, input));
      this.#reopened = 0;
      spool.acknowledge(batch);
      if (kill !== null) this.hear(kill);
    } catch (error) {
      // The server was put back from a backup: it wants again what it had, or does not know what was opened.
      if (error instanceof EventGap) spool.seek(error.nextEvent);
      else await this.#openUnknown(error);
    }
    if (this.#isCrowded && spool.waitingBytes < ROOM_BYTES) this.#makeRoom();
  }

  async #heartbeat(): Promise<void> {
    const { intake, producer, owner } = this.#parts;
    owner.touch();
    const { kills, unknown } = await this.#tried(() => intake.heartbeat(producer, [this.#sessionId]));
    for (const kill of kills) this.hear(kill);
    if (unknown.includes(this.#sessionId))
      await this.#openUnknown(new NotFound('the server does not know the session'));
  }

  /** Opens again what the server does not know. @throws what it is given, when that is anything else, or too often */
  async #openUnknown(error: unknown): Promise<void> {
    this.#reopened += 1;
    if (!isUnknown(error) || this.#reopened > REOPENED_MAX) throw error;
    await this.#open();
  }

  /** Everything was acknowledged. @returns whether there is more to do: the server does not have it after all */
  async #finish({ endedAtMs, reason, isCut }: SessionEnd): Promise<boolean> {
    const { intake, producer, spool } = this.#parts;
    spool.keep({ isTaken: true });
    const sessionId = this.#sessionId;
    const input = { sessionId, epoch: this.#epoch, endedAtMs, reason };
    try {
      if (isCut) await this.#tried(() => intake.confirmKill(producer, sessionId));
      else await this.#tried(() => intake.closeSession(producer, input));
    } catch (error) {
      await this.#openUnknown(error);
      return true;
    }
    spool.remove();
    return false;
  }

  /** Calls until it succeeds, or can never. */
  async #tried<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    const { clock, random, patienceMs, owner } = this.#parts;
    for (let failures = 1; ; failures += 1) {
      this.#stopIfTold();
      try {
        const answer = await call();
        this.#heardMs = clock();
        this.#change({ kind: 'feeding' });
        return answer;
      } catch (error) {
        if (!isPassing(error) || clock() - this.#endedMs >= patienceMs) throw error;
        this.#change({ kind: 'away', error });
        if (this.#isCrowded) this.#makeRoom();
        owner.touch();
        const patientMs = this.#endedMs + patienceMs - clock();
        await this.#retry.wait(Math.min(retryDelayMs(error, failures, random()), patientMs));
      }
    }
  }

  #stopIfTold(): void {
    if (this.#isStopped) throw new FeedStopped('the server was not waited for any longer');
  }

  #change(state: FeedState): void {
    const isSame = state.kind === this.#state.kind;
    this.#state = state;
    if (!isSame) this.#listener.changed?.(state);
  }

  #makeRoom(): void {
    this.#isCrowded = false;
    this.#listener.hasRoom?.();
  }

  #lose({ payload: [data] }: RecordedEvent, error: unknown): void {
    const isFirst = this.#lost.events === 0;
    const cause = error instanceof SpoolFull ? 'the spool of the producer was full' : messageOf(error);
    const bytes = this.#lost.bytes + (data instanceof Uint8Array ? data.length : 0);
    this.#lost = { events: this.#lost.events + 1, bytes, cause };
    if (isFirst) this.#listener.lost?.(messageOf(error));
  }

  /** Says in the recording what was lost before this. */
  #tellGap(timeMs: number, isLast: boolean): void {
    const { events: lostEvents, bytes: lostBytes, cause } = this.#lost;
    if (lostEvents === 0) return;
    this.#parts.spool.append({ timeMs, code: 'gap', payload: [{ lostEvents, lostBytes, cause }] }, isLast);
    this.#lost = { events: 0, bytes: 0, cause: '' };
  }

  #syncSoon(): void {
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = null;
      this.#parts.owner.touch();
      // What a disk does not sync is sent all the same.
      this.#parts.spool.sync().catch(() => {});
    }, SYNC_MS);
  }
}

/** A server that was put back from a backup knows no such session, or no open of it as late as this feed's. */
const isUnknown = (error: unknown): boolean =>
  error instanceof NotFound || (error instanceof InvalidInput && error.field === 'epoch');

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
