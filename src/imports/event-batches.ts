import { encodeBatch } from '../format/batch-encoder.ts';
import { CHUNK_BYTES_TARGET } from '../model/limits.ts';
import type { RecordedEvent } from '../model/recorded-event.ts';

export type EventBatch = { readonly eventCount: number; readonly msgpack: Uint8Array };

/** A batch is sent when its events have this many bytes, so that it becomes a chunk as it is … */
const BATCH_BYTES = CHUNK_BYTES_TARGET;
/** About what an event has beside its data. */
const ENVELOPE_BYTES = 8;
/** … or it has this many events. */
const BATCH_EVENTS = 8192;

/** Collects events into batches of a size that is good to send. */
export class EventBatches {
  #events: RecordedEvent[] = [];
  #bytes = 0;
  /** Milliseconds from the recording's start of the last event; 0 before the first. */
  lastMs = 0;

  /** @returns the batches that are full */
  push(events: readonly RecordedEvent[]): readonly EventBatch[] {
    const full: EventBatch[] = [];
    for (const event of events) {
      this.#events.push(event);
      this.#bytes += dataSize(event) + ENVELOPE_BYTES;
      this.lastMs = event.timeMs;
      if (this.#bytes >= BATCH_BYTES || this.#events.length >= BATCH_EVENTS) full.push(...this.end());
    }
    return full;
  }

  /** @returns what is left, if anything */
  end(): readonly EventBatch[] {
    if (this.#events.length === 0) return [];
    const batch = { eventCount: this.#events.length, msgpack: encodeBatch(this.#events) };
    this.#events = [];
    this.#bytes = 0;
    return [batch];
  }
}

const dataSize = ({ payload: [data] }: RecordedEvent): number =>
  data instanceof Uint8Array || typeof data === 'string' ? data.length : 16;
