import { Encoder } from '@msgpack/msgpack';
import { InvalidInput } from '../model/errors.ts';
import { EVENT_BYTES_MAX, EVENT_CODE_BYTES_MAX, EVENT_DEPTH_MAX, RECORDING_MS_MAX } from '../model/limits.ts';
import type { RecordedEvent } from '../model/recorded-event.ts';
import { reservedCodes } from './event-walk.ts';
import { MsgpackWriter } from './msgpack-writer.ts';
import { storable } from './storable.ts';
import { unfinishedLength } from './utf8-carry.ts';

/** Data of EVENT_BYTES_MAX that was cut before, its length, and its real length beside it. */
const PAYLOAD_BYTES_MAX = EVENT_BYTES_MAX + 14;

const payloadEncoder = new Encoder({ maxDepth: EVENT_DEPTH_MAX + 1 });
const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** What becomes of data beyond EVENT_BYTES_MAX: cut, with its real length beside it; or the event is refused. */
export type LongData = 'cut' | 'refuse';

/** Makes a batch, event by event: what scanBatch takes. */
export class BatchEncoder {
  readonly #writer = new MsgpackWriter(1024);
  readonly #longData: LongData;
  #count = 0;
  #beforeMs = 0;

  constructor(longData: LongData) {
    this.#longData = longData;
  }

  /** Bytes of what was added. */
  get size(): number {
    return this.#writer.length;
  }

  /**
   * @throws InvalidInput naming `events[index]` for times that are not whole or go backwards, for codes that no event may
   *   have, for payloads that cannot be stored, and for longer ones that are not to be cut
   */
  add(event: RecordedEvent): void {
    const field = `events[${this.#count}]`;
    checkTime(event.timeMs, this.#beforeMs, field);
    checkCode(event.code, field);
    const data = event.payload[0];
    const deltaMs = event.timeMs - this.#beforeMs;
    if ((event.code === 'o' || event.code === 'i') && data instanceof Uint8Array && event.payload.length === 1) {
      if (data.length > EVENT_BYTES_MAX) this.#mayCut(field, data.length);
      writeData(this.#writer, deltaMs, event.code, data);
    } else {
      this.#writePayload(deltaMs, event, field);
    }
    this.#beforeMs = event.timeMs;
    this.#count += 1;
  }

  /** The bytes; nothing may be added after it. @throws InvalidInput when there is no event */
  finish(): Uint8Array {
    if (this.#count === 0) throw new InvalidInput('events', 'events must hold at least 1 event');
    return this.#writer.finish();
  }

  #writePayload(deltaMs: number, event: RecordedEvent, field: string): void {
    const payload = storable(event.payload, `${field}.payload`, 0) as unknown[];
    let elements = payload.map((element) => payloadEncoder.encode(element));
    const size = sizeOf(elements);
    if (size > PAYLOAD_BYTES_MAX) {
      this.#mayCut(field, size);
      elements = cutPayload(payload, elements, size - EVENT_BYTES_MAX, field).map((element) =>
        payloadEncoder.encode(element),
      );
    }
    this.#writer.array(2 + elements.length);
    this.#writer.wholeNumber(deltaMs);
    this.#writer.shortText(event.code);
    for (const element of elements) this.#writer.raw(element);
  }

  #mayCut(field: string, size: number): void {
    if (this.#longData === 'cut') return;
    const limit = `must have at most ${EVENT_BYTES_MAX} bytes of payload, got ${size}`;
    throw new InvalidInput(field, `${field} ${limit}: send it in pieces, or cut with its real length beside it`);
  }
}

/** Events as a batch. Data beyond EVENT_BYTES_MAX is cut outside a character. @throws InvalidInput as BatchEncoder does */
export const encodeBatch = (events: readonly RecordedEvent[]): Uint8Array => {
  const encoder = new BatchEncoder('cut');
  for (const event of events) encoder.add(event);
  return encoder.finish();
};

const checkTime = (timeMs: number, before: number, field: string): void => {
  if (!Number.isSafeInteger(timeMs) || timeMs < before || timeMs > RECORDING_MS_MAX) {
    throw new InvalidInput(
      `${field}.timeMs`,
      `${field}.timeMs must be whole milliseconds from ${before} (the event before) to ${RECORDING_MS_MAX}, got ${timeMs}`,
    );
  }
};

const checkCode = (code: string, field: string): void => {
  const isShort = code.length > 0 && (code.length === 1 || textEncoder.encode(code).length <= EVENT_CODE_BYTES_MAX);
  if (!isShort || !code.isWellFormed() || reservedCodes.includes(code)) {
    throw new InvalidInput(
      `${field}.code`,
      `${field}.code must be a text of 1 to ${EVENT_CODE_BYTES_MAX} bytes, and none of ${reservedCodes.join(', ')}`,
    );
  }
};

const writeData = (writer: MsgpackWriter, deltaMs: number, code: string, data: Uint8Array): void => {
  const isWhole = data.length <= EVENT_BYTES_MAX;
  writer.array(isWhole ? 3 : 4);
  writer.wholeNumber(deltaMs);
  writer.shortText(code);
  writer.binary(isWhole ? data : cutBytes(data, EVENT_BYTES_MAX));
  if (!isWhole) writer.wholeNumber(data.length);
};

const sizeOf = (elements: readonly Uint8Array[]): number => elements.reduce((sum, element) => sum + element.length, 0);

/** The payload with its longest text or bytes shortened by at least `excess` bytes, and their real length at the end. */
const cutPayload = (
  payload: readonly unknown[],
  encoded: readonly Uint8Array[],
  excess: number,
  field: string,
): readonly unknown[] => {
  const sizes = encoded.map((bytes, at) => (canBeCut(payload[at]) ? bytes.length : 0));
  const longest = sizes.indexOf(Math.max(...sizes));
  const value = payload[longest];
  const data = typeof value === 'string' ? textEncoder.encode(value) : value;
  if (!(data instanceof Uint8Array) || data.length < excess) {
    throw new InvalidInput(field, `${field} must have at most ${EVENT_BYTES_MAX} bytes of payload`);
  }
  const cut = cutBytes(data, data.length - excess);
  return [...payload.with(longest, typeof value === 'string' ? textDecoder.decode(cut) : cut), data.length];
};

const canBeCut = (value: unknown): boolean => typeof value === 'string' || value instanceof Uint8Array;

const cutBytes = (data: Uint8Array, length: number): Uint8Array => {
  const cut = data.subarray(0, length);
  return cut.subarray(0, length - unfinishedLength(cut));
};
