import { InvalidInput } from '../model/errors.ts';
import { BatchEncoder } from './batch-encoder.ts';
import { eventOfTuple } from './tuples.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });
const NEWLINE = 0x0a;

/**
 * Events that came as JSON tuples `[timeSeconds, code, ...payload]`, as a batch. Times are rounded from the recording's start,
 * not from the event before: the same tuples are the same bytes, however they were cut into batches.
 * Errors are InvalidInput, and name `events[index]`.
 */
export class TupleBatch {
  readonly #encoder = new BatchEncoder('refuse');
  #count = 0;
  #beforeMs = 0;

  add(tuple: unknown): void {
    const field = `events[${this.#count}]`;
    const event = eventOfTuple(tuple, field);
    if (event.timeMs < this.#beforeMs) {
      const times = `${this.#beforeMs / 1000}, got ${event.timeMs / 1000}`;
      throw new InvalidInput(`${field}[0]`, `${field}[0] must not be before the event before it, at ${times}`);
    }
    this.#encoder.add(event);
    this.#beforeMs = event.timeMs;
    this.#count += 1;
  }

  /** One tuple as UTF-8. A line of nothing but white space is passed over. */
  addLine(line: Uint8Array): void {
    const field = `events[${this.#count}]`;
    let tuple: unknown;
    try {
      const text = decoder.decode(line);
      if (text.trim() === '') return;
      tuple = JSON.parse(text);
    } catch {
      throw new InvalidInput(field, `${field} must be a JSON tuple [time, code, ...payload] on a line of its own`);
    }
    this.add(tuple);
  }

  /** The bytes; nothing may be added after it. Throws when there was no event. */
  finish(): Uint8Array {
    return this.#encoder.finish();
  }
}

/** The lines of a text, without what ends them; they share its memory. The last one may lack its end. */
export function* linesOf(text: Uint8Array): Generator<Uint8Array, void, void> {
  let from = 0;
  while (from < text.length) {
    const at = text.indexOf(NEWLINE, from);
    const end = at === -1 ? text.length : at;
    yield text.subarray(from, end);
    from = end + 1;
  }
}
