import { type BitReader, BrokenBzip2 } from './bit-reader.ts';

const CODE_BITS_MAX = 20;

/** A canonical Huffman code: symbols by their codes' lengths. */
export class HuffmanCode {
  /** Symbols, the shortest code first. */
  readonly #symbols: Uint16Array;
  /** By length in bits: how many codes have it. */
  readonly #counts = new Uint16Array(CODE_BITS_MAX + 1);

  /** @param lengths bits of each symbol's code, 1 to 20 */
  constructor(lengths: Uint8Array) {
    this.#symbols = new Uint16Array(lengths.length);
    for (const length of lengths) this.#counts[length] = (this.#counts[length] ?? 0) + 1;
    let at = 0;
    for (let length = 1; length <= CODE_BITS_MAX; length += 1) {
      for (const [symbol, bits] of lengths.entries()) {
        if (bits === length) this.#symbols[at++] = symbol;
      }
    }
  }

  /** The next symbol. @throws BrokenBzip2 when the bits are no code */
  read(bits: BitReader): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= CODE_BITS_MAX; length += 1) {
      code |= bits.read(1);
      const count = this.#counts[length] ?? 0;
      if (code - first < count) return this.#symbols[index + code - first] ?? 0;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new BrokenBzip2('bits that are no code');
  }
}

/** Lengths are written as differences: 0 ends one, 10 is one more, 11 one less. */
export const readHuffmanCode = (bits: BitReader, symbolCount: number): HuffmanCode => {
  const lengths = new Uint8Array(symbolCount);
  let length = bits.read(5);
  for (let symbol = 0; symbol < symbolCount; symbol += 1) {
    while (bits.read(1) === 1) {
      length += bits.read(1) === 0 ? 1 : -1;
      checkLength(length);
    }
    checkLength(length);
    lengths[symbol] = length;
  }
  return new HuffmanCode(lengths);
};

const checkLength = (length: number): void => {
  if (length < 1 || length > CODE_BITS_MAX) throw new BrokenBzip2(`a code of ${length} bits`);
};
