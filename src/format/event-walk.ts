import { InvalidInput } from '../model/errors.ts';
import {
  EVENT_BYTES_MAX,
  EVENT_CODE_BYTES_MAX,
  EVENT_ENVELOPE_BYTES_MAX,
  TERMINAL_CELLS_MAX,
} from '../model/limits.ts';
import { MalformedMsgpack, MsgpackWalk } from './msgpack-walk.ts';

const decoder = new TextDecoder();

/** Codes of tuples that are no events and have no ordinal. */
export const reservedCodes: readonly string[] = ['header', '@', 'seal'];

/**
 * Steps through consecutive `[deltaMs, code, ...payload]` in one pass, checking each and making no objects of it. What
 * `next` found is in the fields until the next call. Tuples with a reserved code are found like events.
 */
export class EventWalk {
  /** Found by the last `next`. Offsets are into `bytes`; an end is where the following begins. */
  start = 0;
  end = 0;
  deltaStart = 0;
  deltaEnd = 0;
  payloadStart = 0;
  deltaMs = 0;
  code = '';
  /** The bytes of an `o` or `i` event; both 0 for others. */
  dataStart = 0;
  dataEnd = 0;

  readonly bytes: Uint8Array;
  readonly #walk: MsgpackWalk;
  #index: number;

  /** @param start offset of the first event. @param index what errors call the first event */
  constructor(bytes: Uint8Array, start = 0, index = 0) {
    this.bytes = bytes;
    this.#walk = new MsgpackWalk(bytes, start);
    this.#index = index - 1;
    this.end = start;
  }

  /** The number that errors call the event found last. */
  get index(): number {
    return this.#index;
  }

  /** The data of the `o` or `i` event found last; shares memory. */
  get data(): Uint8Array {
    return this.bytes.subarray(this.dataStart, this.dataEnd);
  }

  /** Finds the next event. False at the end. @throws InvalidInput that names `events[index]` and what is wrong with it */
  next(): boolean {
    const walk = this.#walk;
    if (walk.isAtEnd) return false;
    this.#index += 1;
    this.start = walk.position;
    let part = '';
    try {
      const length = walk.array();
      if (length < 2) throw new MalformedMsgpack('must have a time and a code');
      part = '.deltaMs';
      this.deltaStart = walk.position;
      this.deltaMs = walk.wholeNumber();
      this.deltaEnd = walk.position;
      part = '.code';
      this.#readCode();
      part = '.payload';
      this.payloadStart = walk.position;
      this.#readPayload(length - 2);
    } catch (error) {
      if (error instanceof MalformedMsgpack) this.refuse(part, error.message);
      throw error;
    }
    this.end = walk.position;
    const sizeMax = EVENT_BYTES_MAX + EVENT_ENVELOPE_BYTES_MAX;
    if (this.end - this.start > sizeMax && !reservedCodes.includes(this.code)) {
      this.refuse('', `has ${this.end - this.start} bytes, and at most ${sizeMax} are taken`);
    }
    return true;
  }

  /** @throws InvalidInput always, naming the event found last */
  refuse(part: string, message: string): never {
    const field = `events[${this.#index}]${part}`;
    throw new InvalidInput(field, `${field} ${message}`);
  }

  #readCode(): void {
    const walk = this.#walk;
    const length = walk.text();
    if (length < 1 || length > EVENT_CODE_BYTES_MAX) {
      throw new MalformedMsgpack(`must have 1 to ${EVENT_CODE_BYTES_MAX} bytes, got ${length}`);
    }
    const first = this.bytes[walk.position - length] ?? 0;
    this.code =
      length === 1
        ? String.fromCharCode(first)
        : decoder.decode(this.bytes.subarray(walk.position - length, walk.position));
  }

  #readPayload(count: number): void {
    this.dataStart = 0;
    this.dataEnd = 0;
    switch (this.code) {
      case 'o':
      case 'i':
        return this.#readData(count);
      case 'r':
        return this.#readSize(count);
      case 'm':
        this.#expect(count, 1, 2);
        this.#walk.text();
        return this.#readRealLength(count);
      case 'x':
        return this.#readExit(count);
      case 'gap':
        this.#expect(count, 1, 1);
        return this.#walk.map(1);
      default:
        for (let item = 0; item < count; item += 1) this.#walk.value(1);
    }
  }

  #readData(count: number): void {
    this.#expect(count, 1, 2);
    const length = this.#walk.binary();
    if (length > EVENT_BYTES_MAX) {
      throw new MalformedMsgpack(`must have at most ${EVENT_BYTES_MAX} bytes of data, got ${length}`);
    }
    this.dataEnd = this.#walk.position;
    this.dataStart = this.dataEnd - length;
    this.#readRealLength(count);
  }

  /** Data that was cut has its real length beside it. */
  #readRealLength(count: number): void {
    if (count === 2) this.#walk.wholeNumber();
  }

  #readSize(count: number): void {
    this.#expect(count, 2, 2);
    for (let side = 0; side < 2; side += 1) {
      const cells = this.#walk.wholeNumber();
      if (cells < 1 || cells > TERMINAL_CELLS_MAX) {
        throw new MalformedMsgpack(`must be columns and rows from 1 to ${TERMINAL_CELLS_MAX}, got ${cells}`);
      }
    }
  }

  #readExit(count: number): void {
    this.#expect(count, 2, 2);
    if (!this.#walk.nil()) this.#walk.integer();
    if (!this.#walk.nil()) this.#walk.text();
  }

  #expect(count: number, least: number, most: number): void {
    if (count < least || count > most) {
      const wanted = least === most ? `${least}` : `${least} or ${most}`;
      throw new MalformedMsgpack(`of code ${this.code} must have ${wanted} elements, got ${count}`);
    }
  }
}
