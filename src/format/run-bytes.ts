import { RECORDING_MS_MAX } from '../model/limits.ts';
import type { GapPayload } from '../model/recorded-event.ts';
import type { Run } from '../model/run.ts';
import { encodeBatch } from './batch-encoder.ts';
import { writeRetimed } from './batch.ts';
import { EventWalk, reservedCodes } from './event-walk.ts';
import { MsgpackWriter } from './msgpack-writer.ts';
import { carryOver } from './utf8-carry.ts';

const nothing = new Uint8Array(0);

/** Consecutive batches and when their first and last events were, in milliseconds from the recording's start. */
export type RunPart = { readonly firstMs: number; readonly lastMs: number; readonly msgpack: Uint8Array };

const writeHead = (writer: MsgpackWriter, startMs: number, firstEvent: number): void => {
  writer.array(3);
  writer.wholeNumber(startMs);
  writer.shortText('@');
  writer.wholeNumber(firstEvent);
};

/**
 * Batches joined as chunks and runs have them: `[startMs, "@", firstEvent]`, then the events. Only the first delta of each
 * batch is written anew.
 */
export const joinRun = (firstEvent: number, parts: readonly RunPart[]): Uint8Array => {
  const size = parts.reduce((sum, part) => sum + part.msgpack.length, 0);
  const writer = new MsgpackWriter(size + 32 + 8 * parts.length);
  let beforeMs = parts[0]?.firstMs ?? 0;
  writeHead(writer, beforeMs, firstEvent);
  for (const part of parts) {
    if (part.firstMs < beforeMs) throw new RangeError(`a batch begins at ${part.firstMs} ms, before ${beforeMs} ms`);
    writeRetimed(writer, part.msgpack, part.firstMs - beforeMs);
    beforeMs = part.lastMs;
  }
  return writer.finish();
};

/** A run that stands for events that cannot be read: one `gap` event that covers all their ordinals. */
export const gapRun = (span: Omit<Run, 'msgpack' | 'carry'>, gap: GapPayload): Run => {
  const { firstEvent, eventCount, firstMs, lastMs } = span;
  const msgpack = encodeBatch([{ timeMs: firstMs, code: 'gap', payload: [gap] }]);
  return {
    firstEvent,
    eventCount,
    firstMs,
    lastMs,
    msgpack: joinRun(firstEvent, [{ firstMs, lastMs, msgpack }]),
    carry: nothing,
  };
};

/**
 * The run without its events before `fromEvent`; the run itself when it has none. With none left, a run of 0 events. A run
 * that stands for a gap keeps its one event.
 */
export const sliceRun = (run: Run, fromEvent: number): Run => {
  if (fromEvent <= run.firstEvent) return run;
  const runEnd = run.firstEvent + run.eventCount;
  const firstEvent = Math.min(fromEvent, runEnd);
  const eventCount = runEnd - firstEvent;
  const walk = new RunWalk(run);
  let left = firstEvent - run.firstEvent;
  while (left > 0 && walk.next()) left -= 1;
  const carry = walk.carry;
  if (!walk.next()) return sliceToEnd(run, firstEvent, eventCount, carry);
  const writer = new MsgpackWriter(run.msgpack.length - walk.start + 32);
  writeHead(writer, walk.timeMs, firstEvent);
  writeRetimed(writer, run.msgpack.subarray(walk.start), 0);
  return { firstEvent, eventCount, firstMs: walk.timeMs, lastMs: run.lastMs, msgpack: writer.finish(), carry };
};

/** What sliceRun answers when no event begins at or after firstEvent: nothing is left, or the run is a gap. */
const sliceToEnd = (run: Run, firstEvent: number, eventCount: number, carry: Uint8Array): Run => {
  const writer = new MsgpackWriter(64);
  writeHead(writer, eventCount === 0 ? run.lastMs : run.firstMs, firstEvent);
  if (eventCount === 0) {
    return { firstEvent, eventCount, firstMs: run.lastMs, lastMs: run.lastMs, msgpack: writer.finish(), carry };
  }
  const walk = new RunWalk(run);
  while (walk.next() && walk.code !== 'gap') continue;
  writeRetimed(writer, run.msgpack.subarray(walk.start), walk.timeMs - run.firstMs);
  return { ...run, firstEvent, eventCount, msgpack: writer.finish() };
};

/** The bytes, 0 to 3, of a character of terminal output that is unfinished at the run's end. */
export const carryAfter = (run: Pick<Run, 'msgpack' | 'carry'>): Uint8Array => {
  const walk = new RunWalk(run);
  while (walk.next()) continue;
  return walk.carry;
};

/**
 * Steps through the events of a run (or a batch, which is a run without its head), with their times and the carry of
 * terminal output. Tuples that are no events are passed over.
 */
export class RunWalk {
  /** Milliseconds from the recording's start of the event found last. */
  timeMs = 0;
  /** The unfinished character of terminal output after the event found last. */
  carry: Uint8Array;
  readonly #walk: EventWalk;

  constructor(run: Pick<Run, 'msgpack' | 'carry'>) {
    this.#walk = new EventWalk(run.msgpack);
    this.carry = run.carry;
  }

  get code(): string {
    return this.#walk.code;
  }

  /** Offset of the event found last. */
  get start(): number {
    return this.#walk.start;
  }

  get end(): number {
    return this.#walk.end;
  }

  get payloadStart(): number {
    return this.#walk.payloadStart;
  }

  /** The data of the `o` or `i` event found last; shares memory. */
  get data(): Uint8Array {
    return this.#walk.data;
  }

  /** Finds the next event. False at the end. @throws InvalidInput for bytes that are no run */
  next(): boolean {
    const walk = this.#walk;
    while (walk.next()) {
      const isTuple = reservedCodes.includes(walk.code);
      this.timeMs = isTuple ? walk.deltaMs : this.timeMs + walk.deltaMs;
      if (this.timeMs > RECORDING_MS_MAX)
        walk.refuse('.deltaMs', `must be at most ${RECORDING_MS_MAX} ms from the start`);
      if (isTuple) continue;
      if (walk.code === 'o') this.carry = carryOver(this.carry, walk.data);
      return true;
    }
    return false;
  }
}
