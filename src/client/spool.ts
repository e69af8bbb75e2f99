import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encodeBatch } from '../format/batch-encoder.ts';
import { writeRetimed } from '../format/batch.ts';
import { MsgpackWriter } from '../format/msgpack-writer.ts';
import type { OpenSession } from '../model/intake.ts';
import type { RecordedEvent } from '../model/recorded-event.ts';
import { firstEventOfName, type SpoolFrame, SpoolSegment } from './spool-segment.ts';

/** Bytes of one session that wait to be acknowledged, unless told otherwise: beyond them events are lost, and it is said. */
export const SPOOL_BYTES_MAX = 256 * 1024 * 1024;
/** A segment is followed by another at this many bytes … */
const SEGMENT_BYTES = 4 * 1024 * 1024;
/** … and this many that were acknowledged as a whole are kept: a server that was put back from a backup may ask again. */
const KEPT_SEGMENTS = 2;

/** What a spool is of; never changes. */
export type SpoolHeader = {
  readonly version: 1;
  /** Names the server that the session is for: only to this one is it sent. */
  readonly server: string;
  /** With ids and start, so that opening it again is opening the same. */
  readonly session: OpenSession;
};

/** How a session ended. */
export type SessionEnd = {
  readonly endedAtMs: number | null;
  readonly reason: string | null;
  /** It was cut because a kill was asked for: the kill is to be confirmed. */
  readonly isCut: boolean;
};

/** What changes about a spool, beside its events. */
export type SpoolState = {
  /** Of the last open that the server answered; null before. */
  readonly epoch: number | null;
  /** Null while it runs. */
  readonly end: SessionEnd | null;
  /** All of its events were acknowledged, and no more will come. */
  readonly isTaken: boolean;
};

/** Events as they are sent. */
export type SpooledBatch = {
  readonly firstEvent: number;
  readonly msgpack: Uint8Array;
  /** The place behind it. */
  readonly end: SpoolPlace;
};

/** A place between two frames. */
type SpoolPlace = { readonly segment: number; readonly offset: number; readonly event: number };

/** More than the spool may hold waits already. */
export class SpoolFull extends Error {}
/** The server wants events that were acknowledged long ago, and are not kept any more. */
export class SpoolGone extends Error {}

/**
 * Everything of one session that its server has not acknowledged yet, in a folder of its own, mode 0600: `session.json` what
 * it is of, `state.json`, and segments of events. Events are in the file before they are sent, so what a process that was
 * killed leaves behind is sent by a later one. Written and sent by one process (see spool-owner.ts). Disposing closes it.
 */
export class Spool implements Disposable {
  readonly folder: string;
  readonly header: SpoolHeader;
  readonly #segments: SpoolSegment[];
  #state: SpoolState;
  /** Everything before it is acknowledged. */
  #acknowledged: SpoolPlace;
  #nextEvent: number;
  #lastMs: number;
  readonly #bytesMax: number;

  private constructor(folder: string, header: SpoolHeader, state: SpoolState, bytesMax: number) {
    this.folder = folder;
    this.header = header;
    this.#state = state;
    this.#bytesMax = bytesMax;
    const names = readdirSync(folder);
    const firstEvents = names.map(firstEventOfName).filter((event) => event !== null);
    this.#segments = firstEvents.toSorted((a, b) => a - b).map((event) => SpoolSegment.open(folder, event));
    if (this.#segments.length === 0) this.#segments.push(SpoolSegment.create(folder, 0));
    const first = this.#segment(0);
    this.#acknowledged = { segment: 0, offset: 0, event: first.firstEvent };
    ({ nextEvent: this.#nextEvent, lastMs: this.#lastMs } = this.#recover());
  }

  /**
   * A new spool, also in a folder that SpoolOwner.create made. @param root the folder that holds a folder for each session
   * @throws what the disk says
   */
  static create(root: string, header: SpoolHeader, bytesMax: number = SPOOL_BYTES_MAX): Spool {
    const { sessionId } = header.session;
    if (sessionId === null) throw new Error('a session that is spooled has an id of its producer');
    const folder = path.join(root, sessionId);
    mkdirSync(folder, { mode: 0o700, recursive: true });
    if (existsSync(path.join(folder, 'session.json'))) throw new Error(`${folder} is a spool already`);
    writeWhole(folder, 'session.json', header);
    return new Spool(folder, header, { epoch: null, end: null, isTaken: false }, bytesMax);
  }

  /** What an earlier process left. Null when it is no whole spool. @throws what the disk says */
  static open(folder: string, bytesMax: number = SPOOL_BYTES_MAX): Spool | null {
    const header = readWhole<SpoolHeader>(folder, 'session.json');
    if (header === null || header.version !== 1) return null;
    const state = readWhole<SpoolState>(folder, 'state.json') ?? { epoch: null, end: null, isTaken: false };
    return new Spool(folder, header, state, bytesMax);
  }

  get state(): SpoolState {
    return this.#state;
  }

  /** @throws what the disk says */
  keep(change: Partial<SpoolState>): void {
    this.#state = { ...this.#state, ...change };
    writeWhole(this.folder, 'state.json', this.#state);
  }

  /** Ordinal of the event that is appended next. */
  get nextEvent(): number {
    return this.#nextEvent;
  }

  /** Milliseconds from the recording's start of the last event; 0 before the first. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** Events that are not acknowledged. */
  get waitingEvents(): number {
    return this.#nextEvent - this.#acknowledged.event;
  }

  /** Bytes of the file that are not acknowledged. */
  get waitingBytes(): number {
    const { segment, offset } = this.#acknowledged;
    return this.#segments.slice(segment).reduce((sum, { size }) => sum + size, 0) - offset;
  }

  /**
   * Appends one event; in the file when it returns, on disk after the next sync.
   * @param isLast goes beyond the limit, too: what says how it ended, or what was lost
   * @throws SpoolFull, InvalidInput, what the disk says; nothing of it is kept then
   */
  append(event: RecordedEvent, isLast = false): void {
    if (!isLast && this.waitingBytes >= this.#bytesMax) {
      throw new SpoolFull(`at most ${this.#bytesMax} bytes of a session wait for its server`);
    }
    this.#last().append(encodeBatch([event]));
    this.#nextEvent += 1;
    this.#lastMs = event.timeMs;
    if (this.#last().size >= SEGMENT_BYTES) this.#segments.push(SpoolSegment.create(this.folder, this.#nextEvent));
  }

  /**
   * What is sent next, of about this many bytes; null when everything is acknowledged. Whoever has one acknowledges it, or
   * seeks, before it reads the next. @throws SpoolGone when what is next is damaged
   */
  read(bytesTarget: number): SpooledBatch | null {
    const writer = new MsgpackWriter(1024);
    let place = this.#acknowledged;
    let timeMs = 0;
    for (let bytes = 0; bytes < bytesTarget;) {
      const next = this.#step(place);
      if (next === null) break;
      writeRetimed(writer, next.frame.msgpack, next.frame.firstMs - timeMs);
      bytes += next.frame.msgpack.length;
      timeMs = next.frame.lastMs;
      place = next.place;
    }
    if (place === this.#acknowledged) {
      if (this.waitingEvents > 0) throw new SpoolGone(`the spool is damaged at event ${place.event}`);
      return null;
    }
    return { firstEvent: this.#acknowledged.event, msgpack: writer.finish(), end: place };
  }

  /** The server has everything of this batch on disk. */
  acknowledge({ end }: SpooledBatch): void {
    this.#acknowledged = end;
    this.#forget();
  }

  /** The server has all events before this one, whatever was acknowledged before. @throws SpoolGone */
  seek(event: number): void {
    const segment = this.#segments.findLastIndex(({ firstEvent }) => firstEvent <= event);
    if (segment < 0) throw new SpoolGone(`the server wants event ${event}, which was acknowledged and is not kept`);
    let place: SpoolPlace = { segment, offset: 0, event: this.#segment(segment).firstEvent };
    for (;;) {
      const next = this.#step(place);
      if (next === null || next.place.event > event) break;
      place = next.place;
    }
    this.#acknowledged = place;
    this.#forget();
  }

  /** Resolves when everything that was appended before is on disk. @throws what the disk says */
  async sync(): Promise<void> {
    await Promise.all(this.#segments.map((segment) => segment.sync()));
  }

  /** Deletes it: everything was taken. */
  remove(): void {
    const { folder } = this;
    // One step by which it is no spool any more, whatever becomes of the others.
    renameSync(path.join(folder, 'session.json'), path.join(folder, 'sent.json'));
    this[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  }

  [Symbol.dispose](): void {
    for (const segment of this.#segments.splice(0)) segment.close();
  }

  /** Finds the end of what holds. Only the last segment can be torn: the others were finished. */
  #recover(): { readonly nextEvent: number; readonly lastMs: number } {
    const at = this.#segments.length - 1;
    const last = this.#walk(at);
    this.#last().cut(last.place.offset);
    const isEmpty = last.place.offset === 0 && at > 0;
    return { nextEvent: last.place.event, lastMs: isEmpty ? this.#walk(at - 1).lastMs : last.lastMs };
  }

  /** Goes to the end of a segment. */
  #walk(segment: number): { readonly place: SpoolPlace; readonly lastMs: number } {
    const { firstEvent } = this.#segment(segment);
    let place: SpoolPlace = { segment, offset: 0, event: firstEvent };
    let lastMs = 0;
    for (;;) {
      const next = this.#step(place);
      if (next === null || next.place.segment !== segment) return { place, lastMs };
      ({ place } = next);
      ({ lastMs } = next.frame);
    }
  }

  /** The frame at a place, and the place behind it; null at the end. */
  #step(place: SpoolPlace): { readonly frame: SpoolFrame; readonly place: SpoolPlace } | null {
    const frame = this.#segments[place.segment]?.read(place.offset) ?? null;
    if (frame !== null) {
      const event = place.event + frame.eventCount;
      return { frame, place: { segment: place.segment, offset: frame.endOffset, event } };
    }
    const following = this.#segments[place.segment + 1];
    if (following === undefined || following.firstEvent !== place.event) return null;
    return this.#step({ segment: place.segment + 1, offset: 0, event: place.event });
  }

  /** Deletes segments that were acknowledged long ago. */
  #forget(): void {
    const gone = this.#acknowledged.segment - KEPT_SEGMENTS;
    if (gone <= 0) return;
    for (const segment of this.#segments.splice(0, gone)) segment.remove();
    this.#acknowledged = { ...this.#acknowledged, segment: KEPT_SEGMENTS };
  }

  #segment(at: number): SpoolSegment {
    const segment = this.#segments[at];
    if (segment === undefined) throw new Error('the spool is closed');
    return segment;
  }

  #last(): SpoolSegment {
    return this.#segment(this.#segments.length - 1);
  }
}

/** Puts a file in place whole. */
const writeWhole = (folder: string, name: string, contents: object): void => {
  const unfinished = path.join(folder, `${name}.new`);
  writeFileSync(unfinished, JSON.stringify(contents), { mode: 0o600, flush: true });
  renameSync(unfinished, path.join(folder, name));
};

/** NOTE the folder is this user's own, and the file was put in place whole: what it holds is what was written. */
const readWhole = <Contents>(folder: string, name: string): Contents | null => {
  try {
    return JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Contents;
  } catch {
    return null;
  }
};
