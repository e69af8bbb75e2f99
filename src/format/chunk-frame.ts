import { CHUNK_BYTES_MAX, RECORDING_EVENTS_MAX, RECORDING_MS_MAX } from '../model/limits.ts';
import type { Codecs } from './codecs.ts';

/** Bytes of a chunk's header in a file: a skippable zstd frame. */
export const CHUNK_HEADER_SIZE = 148;
/** Bytes of a chunk's zstd frame: what zstd may need for CHUNK_BYTES_MAX that do not compress. */
export const CHUNK_STORED_BYTES_MAX = CHUNK_BYTES_MAX + CHUNK_BYTES_MAX / 256 + 64;

const MAGIC = 0x184d2a50;
const VERSION = 1;
/** Offsets within the 148 bytes. */
const PAYLOAD = 8;
const CHAIN_BEFORE = 48;
const FRAME_HASH = 80;
const CHAIN_AFTER = 112;
const CRC = 144;

export type ChunkHeader = {
  /** Ordinal of the first event, and how many there are: at least 1. */
  readonly firstEvent: number;
  readonly eventCount: number;
  /** Milliseconds from the recording's start of the first and the last event. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Bytes of the zstd frame that follows. */
  readonly storedSize: number;
  /** Bytes of msgpack in it. */
  readonly rawSize: number;
  /** The chain hash after the chunk before; for the first chunk the SHA-256 of the file header's zstd frame. 32 bytes. */
  readonly chainBefore: Uint8Array;
  /** SHA-256 of the zstd frame. */
  readonly frameHash: Uint8Array;
  /** SHA-256(chainBefore ‖ the fields before it ‖ frameHash). */
  readonly chainAfter: Uint8Array;
};

const isHeld = (header: Omit<ChunkHeader, 'chainBefore' | 'frameHash' | 'chainAfter'>): boolean =>
  header.eventCount >= 1 &&
  header.firstEvent >= 0 &&
  header.firstEvent + header.eventCount <= RECORDING_EVENTS_MAX &&
  header.firstMs >= 0 &&
  header.firstMs <= header.lastMs &&
  header.lastMs <= RECORDING_MS_MAX &&
  header.storedSize >= 1 &&
  header.storedSize <= CHUNK_STORED_BYTES_MAX &&
  header.rawSize >= 1 &&
  header.rawSize <= CHUNK_BYTES_MAX;

const chain = (codecs: Codecs, bytes: Uint8Array): Uint8Array =>
  codecs.sha256(
    bytes.subarray(CHAIN_BEFORE, FRAME_HASH),
    bytes.subarray(PAYLOAD, CHAIN_BEFORE),
    bytes.subarray(FRAME_HASH, CHAIN_AFTER),
  );

/**
 * The header that stands before a chunk's zstd frame, and the chain hash after the chunk.
 * @throws RangeError for what no chunk may be: writing it would make a file that no reader takes
 */
export const encodeChunkHeader = (
  codecs: Codecs,
  header: Omit<ChunkHeader, 'chainAfter'>,
): { readonly bytes: Uint8Array; readonly chainAfter: Uint8Array } => {
  if (!isHeld(header))
    throw new RangeError(`a chunk of ${header.eventCount} events and ${header.rawSize} bytes cannot be`);
  const bytes = new Uint8Array(CHUNK_HEADER_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, CHUNK_HEADER_SIZE - PAYLOAD, true);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, header.eventCount, true);
  view.setBigUint64(16, BigInt(header.firstEvent), true);
  view.setBigUint64(24, BigInt(header.firstMs), true);
  view.setBigUint64(32, BigInt(header.lastMs), true);
  view.setUint32(40, header.storedSize, true);
  view.setUint32(44, header.rawSize, true);
  bytes.set(header.chainBefore, CHAIN_BEFORE);
  bytes.set(header.frameHash, FRAME_HASH);
  const chainAfter = chain(codecs, bytes);
  bytes.set(chainAfter, CHAIN_AFTER);
  view.setUint32(CRC, codecs.crc32(bytes.subarray(PAYLOAD, CRC)), true);
  return { bytes, chainAfter };
};

/**
 * The chunk header at the begin of the bytes, or null when there is none that holds: magic, size, version, limits, CRC-32
 * and chain hash. What it says of the frame that follows is the reader's to check. Hashes are copies.
 */
export const decodeChunkHeader = (codecs: Codecs, bytes: Uint8Array): ChunkHeader | null => {
  if (bytes.length < CHUNK_HEADER_SIZE) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, CHUNK_HEADER_SIZE);
  if (view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== CHUNK_HEADER_SIZE - PAYLOAD) return null;
  if (view.getUint32(CRC, true) !== codecs.crc32(bytes.subarray(PAYLOAD, CRC))) return null;
  if (view.getUint32(8, true) !== VERSION) return null;
  const header: ChunkHeader = {
    eventCount: view.getUint32(12, true),
    firstEvent: Number(view.getBigUint64(16, true)),
    firstMs: Number(view.getBigUint64(24, true)),
    lastMs: Number(view.getBigUint64(32, true)),
    storedSize: view.getUint32(40, true),
    rawSize: view.getUint32(44, true),
    chainBefore: bytes.slice(CHAIN_BEFORE, FRAME_HASH),
    frameHash: bytes.slice(FRAME_HASH, CHAIN_AFTER),
    chainAfter: bytes.slice(CHAIN_AFTER, CRC),
  };
  return isHeld(header) && areEqual(header.chainAfter, chain(codecs, bytes)) ? header : null;
};

const areEqual = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);
