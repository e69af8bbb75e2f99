import type { FileHandle } from 'node:fs/promises';
import { CHUNK_HEADER_SIZE, type ChunkHeader } from '../../format/chunk-frame.ts';
import { FILE_TUPLE_BYTES_MAX } from '../../format/file-tuple.ts';
import { RunWalk } from '../../format/run-bytes.ts';
import { sealedSessionOf } from '../../format/seal.ts';
import { encodeSeekTable } from '../../format/seek-table.ts';
import { InvalidInput } from '../../model/errors.ts';
import type { SigningKey } from '../catalog/catalog.ts';
import { readWhole } from './append-only-file.ts';
import { writeChunkLocator } from './chunk-locator.ts';
import { listFrames, readChunkHeader, readFrame } from './file-frames.ts';
import { decompressFrame, nodeCodecs } from './node-codecs.ts';
import type { AppendedChunk, Recovered } from './recordings.ts';
import { checkSignature, readSealFrame } from './seal-frame.ts';

/** How far a file was read: what follows must begin there, go on from that chain hash, and have that ordinal. */
export type Place = { readonly offset: number; readonly chain: Uint8Array; readonly firstEvent: number };

/** A chunk whose header holds, and goes on from the place. Not whole: its frame's bytes are not the ones that were written. */
export type FoundChunk = { readonly chunk: AppendedChunk; readonly isWhole: boolean };

/** The chunk at the place; null when there is none, or its header says of it what is not so. */
export const chunkAt = async (handle: FileHandle, locator: string, place: Place): Promise<FoundChunk | null> => {
  const header = await readChunkHeader(handle, place.offset);
  if (header === null || header.firstEvent !== place.firstEvent) return null;
  if (Buffer.compare(header.chainBefore, place.chain) !== 0) return null;
  const frameOffset = place.offset + CHUNK_HEADER_SIZE;
  const { firstEvent, eventCount, firstMs, lastMs, rawSize, storedSize, frameHash, chainAfter } = header;
  const row = { firstEvent, eventCount, firstMs, lastMs, rawSize, storedSize, frameHash, chainHash: chainAfter };
  const chunk: AppendedChunk = {
    row: { ...row, locator: writeChunkLocator({ file: locator, frameOffset }) },
    indexedSize: frameOffset + storedSize,
  };
  const frame = Buffer.alloc(storedSize);
  if (!(await readWhole(handle, frame, frameOffset))) return { chunk, isWhole: false };
  if (Buffer.compare(nodeCodecs.sha256(frame), frameHash) !== 0) return { chunk, isWhole: false };
  const raw = await decompressFrame(frame, rawSize).catch(() => null);
  return raw?.length === rawSize && isRunOf(raw, header) ? { chunk, isWhole: true } : null;
};

/** Whether the msgpack is a run of as many events as the header says, at its times. */
const isRunOf = (msgpack: Uint8Array, header: ChunkHeader): boolean => {
  const walk = new RunWalk({ msgpack, carry: new Uint8Array() });
  let eventCount = 0;
  try {
    while (walk.next()) {
      if (eventCount === 0 && walk.timeMs !== header.firstMs) return false;
      eventCount += 1;
    }
  } catch (error) {
    if (error instanceof InvalidInput) return false;
    throw error;
  }
  return eventCount === header.eventCount && walk.timeMs === header.lastMs;
};

/** The seal at the place, with its whole seek table behind it. One by a key that is not known is taken as it is. */
export const sealAt = async (
  handle: FileHandle,
  file: string,
  place: Place,
  key: SigningKey,
): Promise<Recovered['seal']> => {
  const frame = await readFrame(handle, place.offset);
  const seal = frame === null ? null : await readSealFrame(frame);
  if (frame === null || seal === null || checkSignature(seal, key) === 'broken') return null;
  if (Buffer.compare(seal.fields.headHash, place.chain) !== 0 || seal.fields.eventCount !== place.firstEvent)
    return null;
  const table = await expectedTable(file, place.offset, frame);
  const found = Buffer.alloc(table.length);
  const isWhole = table.length > 0 && (await readWhole(handle, found, place.offset + frame.length));
  if (!isWhole || Buffer.compare(found, table) !== 0) return null;
  const { state, stateReason, sealedAtMs, keyId, headHash } = seal.fields;
  const indexedSize = place.offset + frame.length + table.length;
  const session = sealedSessionOf(seal.fields);
  return { indexedSize, headHash, signature: seal.signature, state, stateReason, sealedAtMs, keyId, session };
};

const expectedTable = async (file: string, offset: number, frame: Uint8Array): Promise<Uint8Array> => {
  const frames = await listFrames(file, offset);
  if (frames === null) return new Uint8Array();
  const { length } = await decompressFrame(frame, FILE_TUPLE_BYTES_MAX);
  return encodeSeekTable([...frames, { compressedSize: frame.length, decompressedSize: length }]);
};
