import { type FileHandle, open } from 'node:fs/promises';
import { CHUNK_HEADER_SIZE, type ChunkHeader, decodeChunkHeader } from '../../format/chunk-frame.ts';
import { decodeFileHeader, type FileHeader } from '../../format/file-header.ts';
import { FILE_TUPLE_BYTES_MAX } from '../../format/file-tuple.ts';
import type { FrameSizes } from '../../format/seek-table.ts';
import { zstdFrameSize } from '../../format/zstd-frame.ts';
import { readWhole } from './append-only-file.ts';
import { decompressFrame, nodeCodecs } from './node-codecs.ts';

/** The header that a recording's file begins with. */
export type HeaderFrame = {
  readonly header: FileHeader;
  readonly storedSize: number;
  readonly rawSize: number;
  /** SHA-256 of the frame: what the chain begins with. */
  readonly hash: Uint8Array;
};

/** The header's frame at the file's begin; null when there is none that holds. */
export const readHeaderFrame = async (handle: FileHandle): Promise<HeaderFrame | null> => {
  const frame = await readFrame(handle, 0);
  if (frame === null) return null;
  try {
    const raw = await decompressFrame(frame, FILE_TUPLE_BYTES_MAX);
    return {
      header: decodeFileHeader(raw),
      storedSize: frame.length,
      rawSize: raw.length,
      hash: nodeCodecs.sha256(frame),
    };
  } catch {
    return null;
  }
};

/** A small whole zstd frame (header or seal) at the offset; null when there is none. */
export const readFrame = async (handle: FileHandle, offset: number): Promise<Uint8Array | null> => {
  const buffer = Buffer.alloc(FILE_TUPLE_BYTES_MAX);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
  const size = zstdFrameSize(buffer.subarray(0, bytesRead));
  return size === null ? null : buffer.subarray(0, size);
};

/** The chunk header at the offset; null when there is none that holds. */
export const readChunkHeader = async (handle: FileHandle, offset: number): Promise<ChunkHeader | null> => {
  const bytes = Buffer.alloc(CHUNK_HEADER_SIZE);
  return (await readWhole(handle, bytes, offset)) ? decodeChunkHeader(nodeCodecs, bytes) : null;
};

/**
 * The sizes of all frames of the first `size` bytes of a file: its header's and its chunks'. Reads only the headers. Null
 * when they do not hold, or do not end exactly there.
 */
export const listFrames = async (file: string, size: number): Promise<readonly FrameSizes[] | null> => {
  await using handle = await open(file, 'r');
  const head = await readHeaderFrame(handle);
  if (head === null) return null;
  const frames: FrameSizes[] = [{ compressedSize: head.storedSize, decompressedSize: head.rawSize }];
  let offset = head.storedSize;
  while (offset < size) {
    const chunk = await readChunkHeader(handle, offset);
    if (chunk === null) return null;
    frames.push({ compressedSize: CHUNK_HEADER_SIZE, decompressedSize: 0 });
    frames.push({ compressedSize: chunk.storedSize, decompressedSize: chunk.rawSize });
    offset += CHUNK_HEADER_SIZE + chunk.storedSize;
  }
  return offset === size ? frames : null;
};
