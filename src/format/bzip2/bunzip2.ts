import { BitReader, BrokenBzip2 } from './bit-reader.ts';
import { readBlock } from './bzip2-block.ts';

const BLOCK_MAGIC = 0x3141_5926_5359;
const END_MAGIC = 0x1772_4538_5090;
/** More than a block can have: 900,000 symbols of 20 bits, and what is before them. */
const COMPRESSED_BLOCK_BYTES_MAX = 2_400_000;
const OUTPUT_BYTES = 64 * 1024;
/** A run's length byte adds at most this to its four bytes. */
const RUN_BYTES_MAX = 255;

/** Whether bytes begin as bzip2 does: "BZh", the blocks' size, and a block or the end. */
export const isBzip2 = (head: Uint8Array): boolean =>
  head[0] === 0x42 &&
  head[1] === 0x5a &&
  head[2] === 0x68 &&
  (head[3] ?? 0) >= 0x31 &&
  (head[3] ?? 0) <= 0x39 &&
  ((head[4] === 0x31 && head[5] === 0x41) || (head[4] === 0x17 && head[5] === 0x72));

/**
 * Decompresses bzip2, also several streams after each other. Memory: a block, about 8 MB; what it becomes is handed on in
 * pieces of about 64 KiB, so a bomb stops when its reader stops.
 *
 * NOTE it is written here because the registry's decoders are no match for hostile files: one hands on all that its input
 * becomes at once (a block of 45 bytes is up to 45 MB), the other decodes a whole file in one call; both pass over a run that
 * is longer than 31 bits can say.
 * @throws BrokenBzip2, after what could be read
 */
export async function* bunzip2(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const bits = new BitReader();
  const pieces = source[Symbol.asyncIterator]();
  try {
    for (let streams = 0; ; streams += 1) {
      await fill(bits, pieces);
      if (streams > 0 && bits.bytesLeft === 0) return;
      yield* readStream(bits, () => fill(bits, pieces), readBlockBytes(bits));
    }
  } finally {
    await pieces.return?.();
  }
}

/** Reads until a whole block is there, or the end. */
const fill = async (bits: BitReader, pieces: AsyncIterator<Uint8Array>): Promise<void> => {
  const held: Uint8Array[] = [];
  for (let size = bits.bytesLeft; size < COMPRESSED_BLOCK_BYTES_MAX;) {
    const { done, value } = await pieces.next();
    if (done === true) break;
    // A copy, also of a Buffer: whoever gives the piece may use its memory again.
    held.push(new Uint8Array(value));
    size += value.length;
  }
  if (held.length > 0) bits.push(held);
};

/** The header of a stream. */
const readBlockBytes = (bits: BitReader): number => {
  const magic = bits.read(24);
  const level = bits.read(8) - 0x30;
  if (magic !== 0x42_5a68 || level < 1 || level > 9) throw new BrokenBzip2('no bzip2 stream');
  return level * 100_000;
};

async function* readStream(
  bits: BitReader,
  refill: () => Promise<void>,
  blockBytesMax: number,
): AsyncGenerator<Uint8Array, void, void> {
  let streamCrc = 0;
  for (;;) {
    await refill();
    const magic = bits.readMagic();
    const expected = bits.readWord();
    if (magic === END_MAGIC) {
      if (expected !== streamCrc) throw new BrokenBzip2('the checksum of the stream does not hold');
      bits.align();
      return;
    }
    if (magic !== BLOCK_MAGIC) throw new BrokenBzip2('no block where one must begin');
    const crc = yield* unrun(readBlock(bits, blockBytesMax));
    if (crc !== expected) throw new BrokenBzip2('the checksum of a block does not hold');
    streamCrc = (((streamCrc << 1) | (streamCrc >>> 31)) ^ crc) >>> 0;
  }
}

/** Four equal bytes are followed by how many more of them there are. @returns the checksum of what was handed on */
function* unrun(block: Uint8Array): Generator<Uint8Array, number, void> {
  let output = new Uint8Array(OUTPUT_BYTES);
  let size = 0;
  let crc = 0xffff_ffff;
  let equal = 0;
  let last = -1;
  for (const byte of block) {
    if (equal === 4) {
      output.fill(last, size, size + byte);
      size += byte;
      equal = 0;
      last = -1;
    } else {
      output[size++] = byte;
      equal = byte === last ? equal + 1 : 1;
      last = byte;
    }
    if (size < OUTPUT_BYTES - RUN_BYTES_MAX) continue;
    crc = crcAfter(crc, output.subarray(0, size));
    yield output.subarray(0, size);
    output = new Uint8Array(OUTPUT_BYTES);
    size = 0;
  }
  crc = crcAfter(crc, output.subarray(0, size));
  if (size > 0) yield output.subarray(0, size);
  return ~crc >>> 0;
}

/** CRC-32 with the highest bit first: not the one of zlib. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc < 0 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  return crc;
});

const crcAfter = (crc: number, bytes: Uint8Array): number => {
  let sum = crc;
  for (const byte of bytes) sum = (sum << 8) ^ (crcTable[(sum >>> 24) ^ byte] ?? 0);
  return sum;
};
