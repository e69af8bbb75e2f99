import { BatchEncoder } from '../format/batch-encoder.ts';
import { checkEvent } from '../format/events/check-payload.ts';
import { CHUNK_BYTES_TARGET } from '../model/limits.ts';
import type { RecordedEvent } from '../model/recorded-event.ts';

export type EventBatch = { readonly eventCount: number; readonly msgpack: Uint8Array };

/** A batch is sent when it has this many bytes, so that it becomes a chunk as it is … */
const BATCH_BYTES = CHUNK_BYTES_TARGET;
/** … or this many events. */
const BATCH_EVENTS = 8192;

/** Collects events into batches of a size that is good to send. */
export class EventBatches {
  #encoder = new BatchEncoder('cut');
  #eventCount = 0;
  /** Milliseconds from the recording's start of the last event; 0 before the first. */
  lastMs = 0;

  /** Bytes that are held, and in no batch that was handed out. */
  get heldBytes(): number {
    return this.#encoder.size;
  }

  /**
   * @returns the batches that are full. @throws InvalidInput for an event that cannot be stored, or has not its code's shape:
   *   it is not held, nor those behind it
   */
  push(events: readonly RecordedEvent[]): readonly EventBatch[] {
    const full: EventBatch[] = [];
    for (const event of events) {
      // An Intake would refuse the whole batch for it.
      checkEvent(event, `events[${this.#eventCount}]`);
      this.#encoder.add(event);
      this.#eventCount += 1;
      this.lastMs = event.timeMs;
      if (this.#encoder.size >= BATCH_BYTES || this.#eventCount >= BATCH_EVENTS) full.push(...this.end());
    }
    return full;
  }

  /** @returns what is left, if anything */
  end(): readonly EventBatch[] {
    if (this.#eventCount === 0) return [];
    const batch = { eventCount: this.#eventCount, msgpack: this.#encoder.finish() };
    this.#encoder = new BatchEncoder('cut');
    this.#eventCount = 0;
    return [batch];
  }
}
