/** A frame of the file, in order; skippable frames decompress to 0 bytes. */
export type FrameSizes = { readonly compressedSize: number; readonly decompressedSize: number };

const SKIPPABLE_MAGIC = 0x184d2a5e;
const FOOTER_MAGIC = 0x8f92eab1;
const HEADER_SIZE = 8;
const ENTRY_SIZE = 8;
/** Bytes of the footer that every seek table ends with: a reader takes it from the file's end. */
export const SEEK_FOOTER_SIZE = 9;
/** The format's own limit. */
const FRAMES_MAX = 0x8000000;

/** Bytes of the seek table of this many frames. */
export const seekTableSize = (frameCount: number): number => HEADER_SIZE + frameCount * ENTRY_SIZE + SEEK_FOOTER_SIZE;

/**
 * The seek table of the Zstandard seekable format 0.1.0, without checksums.
 * @param frames all frames before it: file header, each chunk's header and frame, seal
 */
export const encodeSeekTable = (frames: readonly FrameSizes[]): Uint8Array => {
  if (frames.length > FRAMES_MAX) throw new RangeError(`at most ${FRAMES_MAX} frames, got ${frames.length}`);
  const bytes = new Uint8Array(seekTableSize(frames.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, SKIPPABLE_MAGIC, true);
  view.setUint32(4, bytes.length - HEADER_SIZE, true);
  for (const [at, frame] of frames.entries()) {
    view.setUint32(HEADER_SIZE + at * ENTRY_SIZE, frame.compressedSize, true);
    view.setUint32(HEADER_SIZE + at * ENTRY_SIZE + 4, frame.decompressedSize, true);
  }
  const footer = bytes.length - SEEK_FOOTER_SIZE;
  view.setUint32(footer, frames.length, true);
  view.setUint8(footer + 4, 0);
  view.setUint32(footer + 5, FOOTER_MAGIC, true);
  return bytes;
};

/** What a seek table holds, or null when the bytes are not exactly one without checksums. */
export const decodeSeekTable = (bytes: Uint8Array): readonly FrameSizes[] | null => {
  if (bytes.length < seekTableSize(0)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const footer = bytes.length - SEEK_FOOTER_SIZE;
  const frameCount = view.getUint32(footer, true);
  const holds =
    view.getUint32(0, true) === SKIPPABLE_MAGIC &&
    view.getUint32(4, true) === bytes.length - HEADER_SIZE &&
    view.getUint8(footer + 4) === 0 &&
    view.getUint32(footer + 5, true) === FOOTER_MAGIC &&
    frameCount <= FRAMES_MAX &&
    seekTableSize(frameCount) === bytes.length;
  if (!holds) return null;
  return Array.from({ length: frameCount }, (_, at) => ({
    compressedSize: view.getUint32(HEADER_SIZE + at * ENTRY_SIZE, true),
    decompressedSize: view.getUint32(HEADER_SIZE + at * ENTRY_SIZE + 4, true),
  }));
};
