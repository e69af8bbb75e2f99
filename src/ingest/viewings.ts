import { actorOf, type NewAuditEntry } from '../model/audit.ts';
import type { RecordingId, SessionId } from '../model/ids.ts';
import { AUDIT_WINDOW_MS } from '../model/limits.ts';
import { joinRange, type SeenRange, tellRanges } from '../model/seen-ranges.ts';
import type { Caller } from '../model/viewer.ts';
import type { CatalogWriter } from '../store/catalog/catalog.ts';

export type ViewingsParts = {
  readonly writer: Pick<CatalogWriter, 'noteViewing'>;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Of session events. */
  readonly newId: () => string;
  /** Told when what was seen later in a window could not be written down: its beginning is on record. */
  readonly onFailure: (error: unknown) => void;
};

/** What is seen or taken away. */
export type Viewed = { readonly sessionId: SessionId; readonly recordingId: RecordingId };

/** One viewer and one recording, for AUDIT_WINDOW_MS from its beginning. */
type Window = {
  readonly eventId: string;
  readonly caller: Caller;
  readonly viewed: Viewed;
  readonly beganMs: number;
  /** Settled when the beginning is on disk, or could not be written. */
  readonly begun: Promise<void>;
  ranges: readonly SeenRange[];
  /** The ranges that were written down last. */
  written: readonly SeenRange[];
  /** The ranges in the audit log, and since when. */
  audited: readonly SeenRange[];
  auditedAtMs: number;
};

/** What was seen after a window's beginning stands in its event after this … */
const FLUSH_MS = 1_000;
/** … and in the audit log after this. */
const AUDIT_STEP_MS = 60_000;
/** Windows that are open at once; beyond them the oldest is closed early. */
const WINDOWS_MAX = 10_000;

/**
 * Writes down who saw which part of a recording, and who took one away. Nothing of a recording is shown before it is on record
 * that this viewer watches it; how far they came follows: in the one WATCHED event of AUDIT_WINDOW_MS within FLUSH_MS, in the
 * audit log within AUDIT_STEP_MS and at the end.
 */
export class Viewings implements AsyncDisposable {
  readonly #parts: ViewingsParts;
  readonly #windows = new Map<string, Window>();
  readonly #taken = new Map<string, { readonly beganMs: number; readonly done: Promise<void> }>();
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> = Promise.resolve();

  constructor(parts: ViewingsParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when it is on record that the caller watches the recording: before the first part, with that part.
   * @throws Unavailable when it cannot be written: then it must not be shown
   */
  async watched(caller: Caller, viewed: Viewed, range: SeenRange): Promise<void> {
    const key = keyOf(caller, viewed);
    const open = this.#windows.get(key);
    if (open !== undefined && this.#parts.clock() - open.beganMs < AUDIT_WINDOW_MS) {
      if (!holds(open.ranges, range)) open.ranges = joinRange(open.ranges, range);
      return open.begun;
    }
    if (open !== undefined) this.#close(key, open);
    const window = this.#open(caller, viewed, range);
    this.#windows.set(key, window);
    this.#closeOldest();
    try {
      await window.begun;
    } catch (error) {
      if (this.#windows.get(key) === window) this.#windows.delete(key);
      throw error;
    }
    this.#timer ??= setTimeout(() => this.#flushLater(), FLUSH_MS).unref();
  }

  /**
   * Resolves when it is on record that the caller takes the recording away. Once for each viewer, recording and format in
   * AUDIT_WINDOW_MS: a download that goes on after a break is one. @throws Unavailable
   */
  async downloaded(caller: Caller, viewed: Viewed, format: string): Promise<void> {
    const key = `${keyOf(caller, viewed)} ${format}`;
    const nowMs = this.#parts.clock();
    const before = this.#taken.get(key);
    if (before !== undefined && nowMs - before.beganMs < AUDIT_WINDOW_MS) return before.done;
    this.#forgetTaken(nowMs);
    const details = { format };
    const done = this.#parts.writer.noteViewing({
      ...this.#event(caller, viewed, nowMs),
      eventId: this.#parts.newId(),
      kind: 'EXPORTED',
      message: `downloaded as .${format}`,
      details,
      audit: this.#entry(caller, viewed, 'recording.downloaded', nowMs, details),
    });
    this.#taken.set(key, { beganMs: nowMs, done });
    try {
      await done;
    } catch (error) {
      this.#taken.delete(key);
      throw error;
    }
  }

  #open(caller: Caller, viewed: Viewed, range: SeenRange): Window {
    const beganMs = this.#parts.clock();
    const eventId = this.#parts.newId();
    const ranges = [range];
    const begun = this.#parts.writer.noteViewing({
      ...this.#watchedEvent(caller, viewed, beganMs, ranges),
      eventId,
      audit: this.#entry(caller, viewed, 'recording.watched', beganMs, detailsOf(ranges)),
    });
    return { eventId, caller, viewed, beganMs, begun, ranges, written: ranges, audited: ranges, auditedAtMs: beganMs };
  }

  #event({ viewer }: Caller, { sessionId, recordingId }: Viewed, atMs: number) {
    return { sessionId, recordingId, atMs, actor: viewer.name, timeMs: null };
  }

  #watchedEvent(caller: Caller, viewed: Viewed, atMs: number, ranges: readonly SeenRange[]) {
    const message = `watched ${tellRanges(ranges)}`;
    const [first] = ranges;
    return {
      ...this.#event(caller, viewed, atMs),
      kind: 'WATCHED' as const,
      message,
      timeMs: first?.fromMs ?? 0,
      details: detailsOf(ranges),
    };
  }

  #entry(
    caller: Caller,
    { recordingId }: Viewed,
    action: 'recording.watched' | 'recording.downloaded',
    atMs: number,
    details: Readonly<Record<string, unknown>>,
  ): NewAuditEntry {
    return { atMs, actor: actorOf(caller), action, target: `recording ${recordingId}`, details };
  }

  #flushLater(): void {
    this.#timer = null;
    this.#flush();
    if (this.#windows.size > 0) this.#timer = setTimeout(() => this.#flushLater(), FLUSH_MS).unref();
  }

  /** Writes down what was seen since, and closes windows whose time is over. */
  #flush(): void {
    const nowMs = this.#parts.clock();
    for (const [key, window] of this.#windows) {
      if (nowMs - window.beganMs >= AUDIT_WINDOW_MS) this.#close(key, window);
      else this.#tell(window, false);
    }
  }

  #close(key: string, window: Window): void {
    this.#windows.delete(key);
    this.#tell(window, true);
  }

  #closeOldest(): void {
    const [oldest] = this.#windows;
    if (this.#windows.size > WINDOWS_MAX && oldest !== undefined) this.#close(...oldest);
  }

  #forgetTaken(nowMs: number): void {
    for (const [key, { beganMs }] of this.#taken) {
      if (nowMs - beganMs < AUDIT_WINDOW_MS && this.#taken.size < WINDOWS_MAX) return;
      this.#taken.delete(key);
    }
  }

  /** In the background, one after another: whoever watches does not wait for it. */
  #tell(window: Window, isLast: boolean): void {
    const { caller, viewed, ranges, eventId, beganMs } = window;
    const nowMs = this.#parts.clock();
    const isDue = isLast || nowMs - window.auditedAtMs >= AUDIT_STEP_MS;
    const isAudited = isDue && ranges !== window.audited;
    if (ranges === window.written && !isAudited) return;
    window.written = ranges;
    if (isAudited) Object.assign(window, { audited: ranges, auditedAtMs: nowMs });
    const audit = isAudited ? this.#entry(caller, viewed, 'recording.watched', nowMs, detailsOf(ranges)) : null;
    const event = { ...this.#watchedEvent(caller, viewed, beganMs, ranges), eventId, audit };
    this.#flushing = this.#flushing
      .then(() => this.#parts.writer.noteViewing(event))
      .catch((error: unknown) => this.#parts.onFailure(error));
  }

  /** Resolves when all that this name has seen is on disk: what is told of them later is of something new. */
  async finish(name: string): Promise<void> {
    for (const [key, window] of this.#windows) if (window.caller.viewer.name === name) this.#close(key, window);
    await this.#flushing;
  }

  /** What was seen until now is on disk then. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const [key, window] of this.#windows) this.#close(key, window);
    await this.#flushing;
  }
}

/** By credential and address: two who bear one name, or one who comes from elsewhere, are told apart. */
const keyOf = ({ viewer, ip }: Caller, { recordingId }: Viewed): string =>
  JSON.stringify([viewer.credential, ip, recordingId]);

const holds = (ranges: readonly SeenRange[], { fromEvent, toEvent }: SeenRange): boolean =>
  ranges.some((range) => range.fromEvent <= fromEvent && range.toEvent >= toEvent);

/** Seconds, as people and programs read them. */
const detailsOf = (ranges: readonly SeenRange[]): Readonly<Record<string, unknown>> => ({
  ranges: ranges.map(({ fromMs, toMs }) => [fromMs / 1000, toMs / 1000]),
});
