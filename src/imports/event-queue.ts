import type { EventGroup } from '../format/har/entry-events.ts';
import type { RecordedEvent } from '../model/recorded-event.ts';

/** What may wait … */
const GROUPS_MAX = 4096;
/** … and data in it. */
const BYTES_MAX = 32 * 1024 * 1024;

/**
 * Brings groups of events that overlap into the order of time, as far as they fit: beyond that the earliest goes first, and
 * what comes before it too late keeps its place behind it.
 */
export class EventQueue {
  /** By time; of one time in the order in which they came. */
  readonly #groups: EventGroup[] = [];
  #bytes = 0;

  /** @returns what waits no longer */
  push(group: EventGroup): readonly RecordedEvent[] {
    this.#groups.splice(this.#placeOf(group.timeMs), 0, group);
    this.#bytes += group.bytes;
    const out: RecordedEvent[] = [];
    while (this.#groups.length > GROUPS_MAX || this.#bytes > BYTES_MAX) out.push(...this.#shift());
    return out;
  }

  /** All that waits, the earliest first. */
  *end(): Generator<readonly RecordedEvent[], void, void> {
    while (this.#groups.length > 0) yield this.#shift();
  }

  #shift(): readonly RecordedEvent[] {
    const first = this.#groups.shift();
    this.#bytes -= first?.bytes ?? 0;
    return first?.events ?? [];
  }

  /** Behind all that are not later. */
  #placeOf(timeMs: number): number {
    let [low, high] = [0, this.#groups.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#groups[middle]?.timeMs ?? 0) <= timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
