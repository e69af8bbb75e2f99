/** Reads bits, the highest of each byte first, from bytes that are given in pieces. */
export class BitReader {
  #bytes = new Uint8Array(0);
  #at = 0;
  #held = 0;
  #heldBits = 0;

  /** Bytes that no bit was taken of. */
  get bytesLeft(): number {
    return this.#bytes.length - this.#at;
  }

  push(pieces: readonly Uint8Array[]): void {
    const rest = this.#bytes.subarray(this.#at);
    const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, rest.length));
    whole.set(rest);
    let end = rest.length;
    for (const piece of pieces) {
      whole.set(piece, end);
      end += piece.length;
    }
    this.#bytes = whole;
    this.#at = 0;
  }

  /** @param count 0 to 24. @throws BrokenBzip2 at the end of the bytes */
  read(count: number): number {
    while (this.#heldBits < count) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new BrokenBzip2('the compressed data ends too early');
      this.#at += 1;
      this.#held = ((this.#held << 8) | byte) & 0x7fff_ffff;
      this.#heldBits += 8;
    }
    this.#heldBits -= count;
    return (this.#held >>> this.#heldBits) & ((1 << count) - 1);
  }

  /** 48 bits, as a number: what begins a block, or ends the stream. */
  readMagic(): number {
    return this.read(24) * 0x100_0000 + this.read(24);
  }

  /** 32 bits, unsigned. */
  readWord(): number {
    return ((this.read(16) << 16) | this.read(16)) >>> 0;
  }

  /** To the next whole byte. */
  align(): void {
    this.#heldBits -= this.#heldBits % 8;
  }
}

/** Bytes that are no bzip2, or were changed on their way. */
export class BrokenBzip2 extends Error {
  /** Like those of node:zlib: what reads a file tells by it that the file is to blame. */
  readonly code = 'BZIP2_DATA';
}
