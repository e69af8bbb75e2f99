import { RECORDING_MS_MAX } from '../model/limits.ts';
import type { GapPayload, RecordedEvent } from '../model/recorded-event.ts';
import type { ImportStep } from './import-step.ts';

/** Events that are handed on together … */
const GROUP_EVENTS = 1000;
/** … or as many as have these bytes. */
const GROUP_BYTES = 256 * 1024;

/** Collects a terminal's events, by microseconds from its begin, into steps of a good size. */
export class TerminalTrack {
  readonly #key: string;
  #events: RecordedEvent[] = [];
  #bytes = 0;
  /** The latest time, in milliseconds from the begin. */
  lastMs = 0;

  constructor(key: string) {
    this.#key = key;
  }

  /** The recording goes on at least until then, whether or not anything happens. @returns in milliseconds */
  reach(timeUs: number): number {
    const timeMs = Math.min(RECORDING_MS_MAX, Math.max(0, Math.round(timeUs / 1000)));
    this.lastMs = Math.max(timeMs, this.lastMs);
    return timeMs;
  }

  /** @returns a step when enough events are there */
  *add(timeUs: number, code: string, ...payload: readonly unknown[]): Generator<ImportStep, void, void> {
    const timeMs = this.reach(timeUs);
    this.#events.push({ timeMs, code, payload });
    this.#bytes += payload[0] instanceof Uint8Array ? payload[0].length : 16;
    if (this.#events.length >= GROUP_EVENTS || this.#bytes >= GROUP_BYTES) yield* this.flush();
  }

  /** A gap at the latest time: what the file has no more, or nobody can read. */
  *gap(gap: GapPayload): Generator<ImportStep, void, void> {
    yield* this.add(this.lastMs * 1000, 'gap', { ...gap });
  }

  /** What was collected. */
  *flush(): Generator<ImportStep, void, void> {
    if (this.#events.length === 0) return;
    yield { kind: 'events', key: this.#key, events: this.#events };
    this.#events = [];
    this.#bytes = 0;
  }

  /** @param startedAtMs when the session began: its end counts from there */
  *close(startedAtMs: number): Generator<ImportStep, void, void> {
    yield* this.flush();
    yield { kind: 'close', key: this.#key, endedAtMs: startedAtMs + this.lastMs, reason: 'end of the recording' };
  }
}
