import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, crc32, zstdCompress, zstdDecompress } from 'node:zlib';
import type { Codecs, CompressFrame, DecompressFrame } from '../../format/codecs.ts';
import { zstdFrameSize } from '../../format/zstd-frame.ts';
import { ZSTD_WINDOW_LOG_MAX } from '../../model/limits.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** The hashes of node:crypto and node:zlib. */
export const nodeCodecs: Codecs = {
  sha256: (...parts) => {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest();
  },
  crc32: (bytes) => crc32(bytes),
};

/** NOTE: without the checksum flag 94 % of single-bit flips decompress silently. */
export const compressFrame: CompressFrame = (bytes) =>
  compress(bytes, {
    params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 },
    pledgedSrcSize: bytes.length,
  });

/**
 * NOTE: zlib itself passes over what follows a frame, and takes a torn one whose content is whole: so the frame's own size
 * is held against the bytes first.
 */
export const decompressFrame: DecompressFrame = async (frame, bytesMax) => {
  const size = zstdFrameSize(frame);
  if (size !== frame.length) {
    throw new Error(size === null ? 'not a whole zstd frame' : `${frame.length - size} bytes follow the zstd frame`);
  }
  return decompress(frame, {
    params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX },
    maxOutputLength: Math.max(bytesMax, 1),
  });
};
