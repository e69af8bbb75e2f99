import { type FileHandle, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { CHUNK_HEADER_SIZE, type ChunkHeader } from '../../format/chunk-frame.ts';
import { FILE_TUPLE_BYTES_MAX } from '../../format/file-tuple.ts';
import { RunWalk } from '../../format/run-bytes.ts';
import { encodeSeekTable } from '../../format/seek-table.ts';
import { InvalidInput } from '../../model/errors.ts';
import type { SigningKey, UnsealedRecording } from '../catalog/catalog.ts';
import { isMissing, readWhole, setTailAside } from './append-only-file.ts';
import { writeChunkLocator } from './chunk-locator.ts';
import { listFrames, readChunkHeader, readFrame, readHeaderFrame } from './file-frames.ts';
import { decompressFrame, nodeCodecs } from './node-codecs.ts';
import type { AppendedChunk, Recovered } from './recordings.ts';
import { readSealFrame } from './seal-frame.ts';

const nothingFound: Recovered = { adopted: [], seal: null, quarantined: null, damage: null };

/**
 * Looks at what a file holds beyond the catalog's knowledge. Whole valid frames that go on from it are told, to be adopted;
 * what follows them and is no whole valid frame is moved into the quarantine folder. Nothing valid is ever cut.
 */
export const recoverFile = async (
  file: string,
  quarantine: string,
  known: UnsealedRecording,
  key: SigningKey,
): Promise<Recovered> => {
  await rm(`${file}.new`, { force: true });
  const size = await sizeOf(file);
  if (size === null) return known.indexedSize === 0 ? nothingFound : { ...nothingFound, damage: 'file is missing' };
  if (size < known.indexedSize) {
    return { ...nothingFound, damage: `the file has ${size} bytes, and ${known.indexedSize} were written` };
  }
  if (size === known.indexedSize) return nothingFound;
  const found = await lookBeyond(file, known, key);
  const quarantined = found.end === size ? null : await setAside(file, found.end, quarantine);
  return { adopted: found.adopted, seal: found.seal, quarantined, damage: null };
};

const sizeOf = async (file: string): Promise<number | null> => {
  try {
    await using handle = await open(file, 'r');
    return (await handle.stat()).size;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
};

const setAside = async (file: string, end: number, quarantine: string): Promise<Recovered['quarantined']> => {
  const aside = path.join(quarantine, `${path.basename(file)}.from-${end}.${Date.now()}`);
  const bytes = await setTailAside(file, end, aside);
  if (end === 0) await rm(file);
  return { path: aside, bytes };
};

type Found = {
  readonly adopted: readonly AppendedChunk[];
  readonly seal: Recovered['seal'];
  /** Where what is valid ends. */
  readonly end: number;
};

const lookBeyond = async (file: string, known: UnsealedRecording, key: SigningKey): Promise<Found> => {
  await using handle = await open(file, 'r');
  const place = await placeOf(handle, known);
  if (place === null) return { adopted: [], seal: null, end: 0 };
  const adopted: AppendedChunk[] = [];
  let { chain, offset } = place;
  let firstEvent = known.nextPendingEvent;
  for (;;) {
    const chunk = await validChunk(handle, known.locator, { offset, chain, firstEvent });
    if (chunk === null) break;
    adopted.push(chunk);
    chain = chunk.row.chainHash;
    offset = chunk.indexedSize;
    firstEvent += chunk.row.eventCount;
  }
  const sealed = await validSeal(handle, file, { offset, chain, firstEvent }, key);
  // A header with nothing behind it is none of a recording: the first chunk brings it along again.
  const end = adopted.length === 0 ? known.indexedSize : offset;
  return { adopted, seal: sealed, end: sealed?.indexedSize ?? end };
};

type Place = { readonly offset: number; readonly chain: Uint8Array; readonly firstEvent: number };

/** Where the catalog's knowledge ends; null when the file's header is not this recording's. */
const placeOf = async (
  handle: FileHandle,
  { recording, indexedSize }: UnsealedRecording,
): Promise<Pick<Place, 'offset' | 'chain'> | null> => {
  if (indexedSize > 0 && recording.headHash !== null) return { offset: indexedSize, chain: recording.headHash };
  const head = await readHeaderFrame(handle);
  if (head === null || head.header.recordingId !== recording.recordingId) return null;
  return { offset: head.storedSize, chain: head.hash };
};

const validChunk = async (handle: FileHandle, locator: string, place: Place): Promise<AppendedChunk | null> => {
  const header = await readChunkHeader(handle, place.offset);
  if (header === null || header.firstEvent !== place.firstEvent) return null;
  if (Buffer.compare(header.chainBefore, place.chain) !== 0) return null;
  const frameOffset = place.offset + CHUNK_HEADER_SIZE;
  const frame = Buffer.alloc(header.storedSize);
  if (!(await readWhole(handle, frame, frameOffset))) return null;
  if (Buffer.compare(nodeCodecs.sha256(frame), header.frameHash) !== 0) return null;
  const raw = await decompressFrame(frame, header.rawSize).catch(() => null);
  if (raw?.length !== header.rawSize || !isRunOf(raw, header)) return null;
  const { firstEvent, eventCount, firstMs, lastMs, rawSize, storedSize, frameHash, chainAfter } = header;
  const row = { firstEvent, eventCount, firstMs, lastMs, rawSize, storedSize, frameHash, chainHash: chainAfter };
  return {
    row: { ...row, locator: writeChunkLocator({ file: locator, frameOffset }) },
    indexedSize: frameOffset + storedSize,
  };
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

/** A seal with its whole seek table behind it. */
const validSeal = async (
  handle: FileHandle,
  file: string,
  place: Place,
  key: SigningKey,
): Promise<Recovered['seal']> => {
  const frame = await readFrame(handle, place.offset);
  const seal = frame === null ? null : await readSealFrame(frame, key);
  if (frame === null || seal === null || Buffer.compare(seal.fields.headHash, place.chain) !== 0) return null;
  if (seal.fields.eventCount !== place.firstEvent) return null;
  const table = await expectedTable(file, place.offset, frame);
  const found = Buffer.alloc(table.length);
  const isWhole = table.length > 0 && (await readWhole(handle, found, place.offset + frame.length));
  if (!isWhole || Buffer.compare(found, table) !== 0) return null;
  const { state, stateReason, sealedAtMs, keyId, headHash } = seal.fields;
  const indexedSize = place.offset + frame.length + table.length;
  return { indexedSize, headHash, signature: seal.signature, state, stateReason, sealedAtMs, keyId };
};

const expectedTable = async (file: string, offset: number, frame: Uint8Array): Promise<Uint8Array> => {
  const frames = await listFrames(file, offset);
  if (frames === null) return new Uint8Array();
  const { length } = await decompressFrame(frame, FILE_TUPLE_BYTES_MAX);
  return encodeSeekTable([...frames, { compressedSize: frame.length, decompressedSize: length }]);
};
