const textEncoder = new TextEncoder();

/** Writes msgpack into one buffer that grows. */
export class MsgpackWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  /** @param capacity bytes to make room for at first */
  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes that were written. */
  get length(): number {
    return this.#length;
  }

  /** What was written; shares memory with the writer, which must not be written to again. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** @param length items that follow, at most 65,535 */
  array(length: number): void {
    const at = this.#reserve(3);
    if (length < 16) this.#bytes[at] = 0x90 | length;
    else {
      this.#bytes[at] = 0xdc;
      this.#view.setUint16(at + 1, length);
    }
    this.#length = at + (length < 16 ? 1 : 3);
  }

  /** @param value from 0 to 2^53 − 1; in the shortest form */
  wholeNumber(value: number): void {
    const at = this.#reserve(9);
    const size = value < 0x80 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 2 ** 32 ? 4 : 8;
    this.#bytes[at] = size === 0 ? value : 0xcc + Math.log2(size);
    if (size === 1) this.#view.setUint8(at + 1, value);
    else if (size === 2) this.#view.setUint16(at + 1, value);
    else if (size === 4) this.#view.setUint32(at + 1, value);
    else if (size === 8) {
      this.#view.setUint32(at + 1, Math.floor(value / 2 ** 32));
      this.#view.setUint32(at + 5, value % 2 ** 32);
    }
    this.#length = at + 1 + size;
  }

  /** @param text at most 255 bytes of UTF-8 */
  shortText(text: string): void {
    const at = this.#reserve(2 + text.length * 3);
    const encoded = textEncoder.encodeInto(text, this.#bytes.subarray(at + 2));
    if (encoded.written < 32) {
      this.#bytes[at] = 0xa0 | encoded.written;
      this.#bytes.copyWithin(at + 1, at + 2, at + 2 + encoded.written);
      this.#length = at + 1 + encoded.written;
    } else {
      this.#bytes[at] = 0xd9;
      this.#bytes[at + 1] = encoded.written;
      this.#length = at + 2 + encoded.written;
    }
  }

  binary(bytes: Uint8Array): void {
    const at = this.#reserve(5 + bytes.length);
    const size = bytes.length < 0x100 ? 1 : bytes.length < 0x10000 ? 2 : 4;
    this.#bytes[at] = size === 1 ? 0xc4 : size === 2 ? 0xc5 : 0xc6;
    if (size === 1) this.#view.setUint8(at + 1, bytes.length);
    else if (size === 2) this.#view.setUint16(at + 1, bytes.length);
    else this.#view.setUint32(at + 1, bytes.length);
    this.#bytes.set(bytes, at + 1 + size);
    this.#length = at + 1 + size + bytes.length;
  }

  /** Bytes that are msgpack already. */
  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    this.#length = at + bytes.length;
  }

  /** Makes room. @returns where to write */
  #reserve(size: number): number {
    const needed = this.#length + size;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return this.#length;
  }
}
