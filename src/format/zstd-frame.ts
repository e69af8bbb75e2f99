const MAGIC = 0xfd2fb528;
/** RFC 8878, section 3.1.1.2.4. */
const BLOCK_BYTES_MAX = 128 * 1024;
const RLE = 1;
const RESERVED = 3;

/** Bytes of the frame header at the begin, or null where there is none. */
const headerSize = (bytes: Uint8Array): number | null => {
  if (bytes.length < 5) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const descriptor = view.getUint8(4);
  if (view.getUint32(0, true) !== MAGIC || (descriptor & 0x08) !== 0) return null;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const contentSizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryIdBytes = [0, 1, 2, 4][descriptor & 0x03] ?? 0;
  return 5 + (isSingleSegment ? 0 : 1) + dictionaryIdBytes + contentSizeBytes;
};

/**
 * Bytes of the zstd frame (RFC 8878) at the begin of the bytes, found by its block headers alone: nothing is decompressed
 * and no checksum checked. Null when there is no whole frame.
 */
export const zstdFrameSize = (bytes: Uint8Array): number | null => {
  let at = headerSize(bytes);
  if (at === null) return null;
  let isLast = false;
  while (!isLast) {
    if (at + 3 > bytes.length) return null;
    const block: number = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    isLast = (block & 1) === 1;
    const type = (block >> 1) & 3;
    const size = block >> 3;
    if (type === RESERVED || size > BLOCK_BYTES_MAX) return null;
    at += 3 + (type === RLE ? 1 : size);
  }
  const hasChecksum = ((bytes[4] ?? 0) & 0x04) !== 0;
  const end = at + (hasChecksum ? 4 : 0);
  return end <= bytes.length ? end : null;
};
