import { type BitReader, BrokenBzip2 } from './bit-reader.ts';
import { type HuffmanCode, readHuffmanCode } from './huffman-code.ts';

/** Symbols that are read with one code before the next is chosen. */
const GROUP_SYMBOLS = 50;

/**
 * Reads a block's symbols and undoes the Burrows-Wheeler transform.
 * @param bytesMax what the stream's header says of its blocks. @returns the bytes, in which runs are still shortened
 * @throws BrokenBzip2
 */
export const readBlock = (bits: BitReader, bytesMax: number): Uint8Array => {
  if (bits.read(1) === 1) throw new BrokenBzip2('a block of a bzip2 before 0.9.5');
  const origin = bits.read(24);
  const alphabet = readAlphabet(bits);
  const codeCount = bits.read(3);
  if (codeCount < 2 || codeCount > 6) throw new BrokenBzip2(`${codeCount} codes in a block`);
  const selectors = readSelectors(bits, codeCount);
  const codes = Array.from({ length: codeCount }, () => readHuffmanCode(bits, alphabet.length + 2));
  const order = new Uint32Array(bytesMax);
  const size = readSymbols(bits, alphabet, selectors, codes, order);
  if (origin >= size) throw new BrokenBzip2('a block begins outside of itself');
  return untransform(order.subarray(0, size), origin);
};

/** The byte values that there are: 16 bits say which sixteenths have any, then 16 bits for each of these. */
const readAlphabet = (bits: BitReader): Uint8Array => {
  const present: number[] = [];
  const rows = bits.read(16);
  for (let row = 0; row < 16; row += 1) {
    if ((rows & (0x8000 >> row)) === 0) continue;
    const columns = bits.read(16);
    for (let column = 0; column < 16; column += 1) {
      if ((columns & (0x8000 >> column)) !== 0) present.push(row * 16 + column);
    }
  }
  if (present.length === 0) throw new BrokenBzip2('a block without bytes');
  return Uint8Array.from(present);
};

/** Which code each group of symbols is read with. */
const readSelectors = (bits: BitReader, codeCount: number): Uint8Array => {
  const selectors = new Uint8Array(bits.read(15));
  const recent = Uint8Array.from({ length: codeCount }, (_, index) => index);
  for (let at = 0; at < selectors.length; at += 1) {
    let position = 0;
    while (bits.read(1) === 1) {
      position += 1;
      if (position >= codeCount) throw new BrokenBzip2('a code that is not there');
    }
    selectors[at] = moveToFront(recent, position);
  }
  return selectors;
};

const moveToFront = (recent: Uint8Array, position: number): number => {
  const value = recent[position] ?? 0;
  recent.copyWithin(1, 0, position);
  recent[0] = value;
  return value;
};

/** @param into takes the bytes. @returns how many there are */
const readSymbols = (
  bits: BitReader,
  alphabet: Uint8Array,
  selectors: Uint8Array,
  codes: readonly HuffmanCode[],
  into: Uint32Array,
): number => {
  const recent = alphabet.slice();
  const endSymbol = alphabet.length + 1;
  let size = 0;
  let runWeight = 1;
  for (const selector of selectors) {
    const code = codes[selector];
    for (let left = GROUP_SYMBOLS; left > 0 && code !== undefined; left -= 1) {
      const symbol = code.read(bits);
      if (symbol === endSymbol) return size;
      let count = 1;
      if (symbol <= 1) {
        // A run's length is written in digits 1 and 2 of base 2, the lowest first; each adds its part at once.
        count = (symbol + 1) * runWeight;
        runWeight *= 2;
      } else {
        runWeight = 1;
        moveToFront(recent, symbol - 1);
      }
      if (size + count > into.length) throw new BrokenBzip2('a block is larger than the stream says');
      into.fill(recent[0] ?? 0, size, size + count);
      size += count;
    }
  }
  throw new BrokenBzip2('a block without an end');
};

/** @param order the last column in its low bytes; its upper 24 bits are used to find the way back */
const untransform = (order: Uint32Array, origin: number): Uint8Array => {
  const next = new Uint32Array(256);
  for (const value of order) next[value] = (next[value] ?? 0) + 1;
  let sum = 0;
  for (let value = 0; value < 256; value += 1) {
    const count = next[value] ?? 0;
    next[value] = sum;
    sum += count;
  }
  for (let at = 0; at < order.length; at += 1) {
    const value = (order[at] ?? 0) & 0xff;
    const place = next[value] ?? 0;
    next[value] = place + 1;
    order[place] = (order[place] ?? 0) | (at << 8);
  }
  const bytes = new Uint8Array(order.length);
  let place = (order[origin] ?? 0) >>> 8;
  for (let at = 0; at < bytes.length; at += 1) {
    const value = order[place] ?? 0;
    bytes[at] = value & 0xff;
    place = value >>> 8;
  }
  return bytes;
};
