import { type FileHandle, open } from 'node:fs/promises';
import { CHUNK_HEADER_SIZE } from '../../format/chunk-frame.ts';
import { FILE_TUPLE_BYTES_MAX } from '../../format/file-tuple.ts';
import { decodeSeekTable, encodeSeekTable, type FrameSizes } from '../../format/seek-table.ts';
import type { Recording } from '../../model/recording.ts';
import type { SigningKey } from '../catalog/catalog.ts';
import type { ChunkRow } from '../catalog/chunk-row.ts';
import { isMissing, readWhole } from './append-only-file.ts';
import { readChunkLocator } from './chunk-locator.ts';
import { readChunkHeader, readFrame, readHeaderFrame } from './file-frames.ts';
import { decompressFrame, nodeCodecs } from './node-codecs.ts';
import type { Verdict } from './recordings.ts';
import { checkSignature, readSealFrame } from './seal-frame.ts';

const bad = (message: string, badFromEvent: number | null = null): Verdict => ({
  ok: false,
  badFromEvent,
  unknownKeyId: null,
  message,
});

/** Reads the whole file and recomputes the chain from the header to the seal. */
export const verifyFile = async (
  file: string,
  rows: AsyncIterable<ChunkRow>,
  recording: Recording,
  key: SigningKey,
): Promise<Verdict> => {
  try {
    await using handle = await open(file, 'r');
    return await verifyOpen(handle, rows, recording, key);
  } catch (error) {
    if (isMissing(error)) return bad('file is missing', 0);
    throw error;
  }
};

const verifyOpen = async (
  handle: FileHandle,
  rows: AsyncIterable<ChunkRow>,
  recording: Recording,
  key: SigningKey,
): Promise<Verdict> => {
  const head = await readHeaderFrame(handle);
  if (head === null || head.header.recordingId !== recording.recordingId) {
    return bad("the file's header is not the one that was written", 0);
  }
  const frames: FrameSizes[] = [{ compressedSize: head.storedSize, decompressedSize: head.rawSize }];
  let chain = head.hash;
  let offset = head.storedSize;
  for await (const row of rows) {
    const fault = await chunkFault(handle, row, chain, offset);
    if (fault !== null) return bad(`the chunk at event ${row.firstEvent}: ${fault}`, row.firstEvent);
    frames.push({ compressedSize: CHUNK_HEADER_SIZE, decompressedSize: 0 });
    frames.push({ compressedSize: row.storedSize, decompressedSize: row.rawSize });
    chain = row.chainHash;
    offset += CHUNK_HEADER_SIZE + row.storedSize;
  }
  const fault = recording.signature === null ? null : await endFault(handle, recording, key, { chain, offset, frames });
  return fault === null ? good(frames.length >> 1, recording, key) : bad(fault);
};

const good = (chunks: number, { signature, keyId }: Recording, key: SigningKey): Verdict => {
  const pieces = `the header and ${chunks} chunks hold`;
  if (signature !== null && keyId !== key.keyId) {
    const message = `${pieces}, and the seal is signed by a key that this installation does not have: ${keyId}`;
    return { ok: false, badFromEvent: null, unknownKeyId: keyId, message };
  }
  const seal = signature === null ? 'it is not sealed yet' : `its seal is signed by key ${key.keyId}`;
  return { ok: true, badFromEvent: null, unknownKeyId: null, message: `${pieces}, and ${seal}` };
};

/** What is wrong with a chunk; null when it is what was written. */
const chunkFault = async (
  handle: FileHandle,
  row: ChunkRow,
  chainBefore: Uint8Array,
  offset: number,
): Promise<string | null> => {
  const header = await readChunkHeader(handle, offset);
  if (header === null) return 'its header does not hold';
  if (readChunkLocator(row.locator).frameOffset !== offset + CHUNK_HEADER_SIZE) return 'it is not where it was written';
  if (header.firstEvent !== row.firstEvent || header.eventCount !== row.eventCount) return 'it is another one';
  if (Buffer.compare(header.chainBefore, chainBefore) !== 0) return 'the chain is broken before it';
  if (Buffer.compare(header.chainAfter, row.chainHash) !== 0) return 'the chain is not the one that was written';
  const frame = Buffer.alloc(row.storedSize);
  if (!(await readWhole(handle, frame, offset + CHUNK_HEADER_SIZE))) return 'the file ends within it';
  if (Buffer.compare(nodeCodecs.sha256(frame), header.frameHash) !== 0)
    return 'its bytes are not the ones that were written';
  const raw = await decompressFrame(frame, header.rawSize).catch(() => null);
  return raw?.length === header.rawSize ? null : 'it cannot be decompressed';
};

type End = { readonly chain: Uint8Array; readonly offset: number; readonly frames: readonly FrameSizes[] };

/** What is wrong with the seal and the seek table; null when nothing is. */
const endFault = async (
  handle: FileHandle,
  recording: Recording,
  key: SigningKey,
  end: End,
): Promise<string | null> => {
  const frame = await readFrame(handle, end.offset);
  const seal = frame === null ? null : await readSealFrame(frame);
  if (frame === null || seal === null || checkSignature(seal, key) === 'broken') return 'the seal does not hold';
  const { fields, signature } = seal;
  // What cannot be checked must at least be what the catalog was told: a seal by a made-up key is no excuse.
  const isSame = fields.keyId === recording.keyId && Buffer.compare(signature, recording.signature ?? signature) === 0;
  if (!isSame) return 'the seal is not the one that was written';
  if (Buffer.compare(fields.headHash, end.chain) !== 0) return "the seal is another recording's";
  if (fields.eventCount !== recording.eventCount) return `the seal counts ${fields.eventCount} events`;
  const { length } = await decompressFrame(frame, FILE_TUPLE_BYTES_MAX);
  const expected = encodeSeekTable([...end.frames, { compressedSize: frame.length, decompressedSize: length }]);
  const { size } = await handle.stat();
  const offset = end.offset + frame.length;
  if (size !== offset + expected.length)
    return `the file has ${size} bytes, and should end at ${offset + expected.length}`;
  const table = Buffer.alloc(expected.length);
  await readWhole(handle, table, offset);
  return decodeSeekTable(table) !== null && Buffer.compare(table, expected) === 0
    ? null
    : 'the seek table does not hold';
};
