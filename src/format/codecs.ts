import type { Sha256 } from '../model/hash.ts';

/** What this room is handed: it has no hashing, checksums or compression of its own. */
export type Codecs = {
  readonly sha256: Sha256;
  /** CRC-32 of ISO/IEC 8802-3, as an unsigned 32-bit number (node:zlib's crc32). */
  readonly crc32: (bytes: Uint8Array) => number;
};

/** Compresses one whole frame, with content size and content checksum in it. */
export type CompressFrame = (bytes: Uint8Array) => Promise<Uint8Array>;

/** Decompresses exactly one frame. Rejects when it is damaged, or holds more than bytesMax. */
export type DecompressFrame = (frame: Uint8Array, bytesMax: number) => Promise<Uint8Array>;
