import { encodeChunkHeader } from '../../format/chunk-frame.ts';
import { encodeFileHeader, fileHeaderOf } from '../../format/file-header.ts';
import type { AppendTarget, NewChunk } from './recordings.ts';
import { compressFrame, nodeCodecs } from './node-codecs.ts';

export type EncodedChunk = {
  /** Chunk header and zstd frame, as they stand in the file. */
  readonly bytes: Uint8Array;
  readonly storedSize: number;
  readonly frameHash: Uint8Array;
  readonly chainHash: Uint8Array;
};

/** @param chainBefore the chain hash that the chunk goes on from */
export const encodeChunk = async (chunk: NewChunk, chainBefore: Uint8Array): Promise<EncodedChunk> => {
  const frame = await compressFrame(chunk.msgpack);
  const frameHash = nodeCodecs.sha256(frame);
  const { firstEvent, eventCount, firstMs, lastMs } = chunk;
  const header = encodeChunkHeader(nodeCodecs, {
    firstEvent,
    eventCount,
    firstMs,
    lastMs,
    storedSize: frame.length,
    rawSize: chunk.msgpack.length,
    chainBefore,
    frameHash,
  });
  return {
    bytes: Buffer.concat([header.bytes, frame]),
    storedSize: frame.length,
    frameHash,
    chainHash: header.chainAfter,
  };
};

export type EncodedHeader = {
  readonly frame: Uint8Array;
  /** Bytes of msgpack in it. */
  readonly rawSize: number;
};

/** The zstd frame that a recording's file begins with. The same for the same session and recording. */
export const encodeHeaderFrame = async ({ session, recording }: AppendTarget): Promise<EncodedHeader> => {
  const raw = encodeFileHeader(fileHeaderOf(session, recording));
  return { frame: await compressFrame(raw), rawSize: raw.length };
};
