import { EVENT_DEPTH_MAX } from '../model/limits.ts';
import { isUtf8 } from './utf8-carry.ts';

/** The bytes are no msgpack that this program takes. */
export class MalformedMsgpack extends Error {}

const protoKey = new TextEncoder().encode('__proto__');

/**
 * Steps through msgpack without making objects of it. It never reads beyond the bytes, whatever they claim, nests at most
 * EVENT_DEPTH_MAX deep, and takes only what JSON and bytes have: no extension types, and maps with text for keys.
 * Every method that does not find what it is named for throws MalformedMsgpack.
 */
export class MsgpackWalk {
  readonly bytes: Uint8Array;
  /** Offset of what is read next. */
  position: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  /** The number of items of the array that begins here. */
  array(): number {
    const head = this.#head();
    if (head >= 0x90 && head <= 0x9f) return head & 0x0f;
    if (head === 0xdc) return this.#unsigned(2);
    if (head === 0xdd) return this.#unsigned(4);
    throw new MalformedMsgpack('is not an array');
  }

  /** A whole number from 0 to 2^53 − 1, written as any integer type. */
  wholeNumber(): number {
    const value = this.#integer();
    if (value < 0) throw new MalformedMsgpack('must not be negative');
    if (!Number.isSafeInteger(value)) throw new MalformedMsgpack('must be below 2^53');
    return value;
  }

  /** Passes an integer of any sign and size. */
  integer(): void {
    this.#integer();
  }

  /** Passes a nil if there is one. */
  nil(): boolean {
    if (this.bytes[this.position] !== 0xc0) return false;
    this.position += 1;
    return true;
  }

  /** Passes a text; its bytes are the last ones before the new position. @returns bytes of it */
  text(): number {
    const head = this.#head();
    if (head >= 0xa0 && head <= 0xbf) return this.#passText(head & 0x1f);
    if (head === 0xd9) return this.#passText(this.#unsigned(1));
    if (head === 0xda) return this.#passText(this.#unsigned(2));
    if (head === 0xdb) return this.#passText(this.#unsigned(4));
    throw new MalformedMsgpack('is not a text (str)');
  }

  /** Passes bytes; they are the last ones before the new position. @returns how many */
  binary(): number {
    const head = this.#head();
    if (head < 0xc4 || head > 0xc6) throw new MalformedMsgpack('is not bytes (bin)');
    return this.#pass(this.#unsigned(1 << (head - 0xc4)));
  }

  /** Passes a map and all that is in it. `depth` is of what holds it. */
  map(depth: number): void {
    const head = this.#head();
    if (head >= 0x80 && head <= 0x8f) this.#passMap(head & 0x0f, depth);
    else if (head === 0xde || head === 0xdf) this.#passMap(this.#unsigned(head === 0xde ? 2 : 4), depth);
    else throw new MalformedMsgpack('is not a map');
  }

  /** Passes whatever is here, and all that is in it. `depth` is of what holds it. */
  value(depth: number): void {
    const head = this.bytes[this.position] ?? 0xc1;
    if (head < 0x80 || head >= 0xe0 || head === 0xc0 || head === 0xc2 || head === 0xc3) this.position += 1;
    else if (head < 0x90 || head === 0xde || head === 0xdf) this.map(depth);
    else if (head < 0xa0 || head === 0xdc || head === 0xdd) this.#passItems(this.array(), depth);
    else if (head < 0xc0 || (head >= 0xd9 && head <= 0xdb)) this.text();
    else if (head >= 0xc4 && head <= 0xc6) this.binary();
    else if (head === 0xca || head === 0xcb) this.#pass(head === 0xca ? 5 : 9);
    else if (head >= 0xcc && head <= 0xd3) this.#integer();
    else if (this.isAtEnd) throw new MalformedMsgpack('is cut off');
    else if (head === 0xc1) throw new MalformedMsgpack('holds the byte c1, which msgpack never uses');
    else throw new MalformedMsgpack('holds an extension type, and none is taken');
  }

  #integer(): number {
    const head = this.#head();
    if (head < 0x80) return head;
    if (head >= 0xe0) return head - 0x100;
    if (head >= 0xcc && head <= 0xcf) return this.#unsigned(1 << (head - 0xcc));
    const at = this.position;
    switch (head) {
      case 0xd0:
        return this.#pass(1) && this.#view.getInt8(at);
      case 0xd1:
        return this.#pass(2) && this.#view.getInt16(at);
      case 0xd2:
        return this.#pass(4) && this.#view.getInt32(at);
      case 0xd3:
        return this.#pass(8) && this.#view.getInt32(at) * 2 ** 32 + this.#view.getUint32(at + 4);
      default:
        throw new MalformedMsgpack('is not a whole number (int)');
    }
  }

  #unsigned(size: number): number {
    const at = this.position;
    this.#pass(size);
    if (size === 1) return this.#view.getUint8(at);
    if (size === 2) return this.#view.getUint16(at);
    if (size === 4) return this.#view.getUint32(at);
    return this.#view.getUint32(at) * 2 ** 32 + this.#view.getUint32(at + 4);
  }

  #passMap(size: number, depth: number): void {
    this.#checkDepth(depth);
    for (let entry = 0; entry < size; entry += 1) {
      const length = this.text();
      // NOTE: the decoder refuses this key, because it would set a prototype.
      if (
        length === protoKey.length &&
        protoKey.every((byte, at) => byte === this.bytes[this.position - length + at])
      ) {
        throw new MalformedMsgpack('holds a map with the key __proto__');
      }
      this.value(depth + 1);
    }
  }

  #passItems(count: number, depth: number): void {
    this.#checkDepth(depth);
    for (let item = 0; item < count; item += 1) this.value(depth + 1);
  }

  #checkDepth(depth: number): void {
    if (depth >= EVENT_DEPTH_MAX) throw new MalformedMsgpack(`is nested more than ${EVENT_DEPTH_MAX} deep`);
  }

  #passText(length: number): number {
    this.#pass(length);
    if (!isUtf8(this.bytes, this.position - length, this.position)) {
      throw new MalformedMsgpack('holds a text that is not UTF-8');
    }
    return length;
  }

  #head(): number {
    const head = this.bytes[this.position];
    if (head === undefined) throw new MalformedMsgpack('is cut off');
    this.position += 1;
    return head;
  }

  #pass(size: number): number {
    if (size > this.bytes.length - this.position) throw new MalformedMsgpack('is cut off');
    this.position += size;
    return size;
  }
}
