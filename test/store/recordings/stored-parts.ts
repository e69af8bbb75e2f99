import { createHash, createPublicKey, verify } from 'node:crypto';
import { crc32, zstdDecompressSync } from 'node:zlib';
import { decode } from '@msgpack/msgpack';

/* Reads a stored file by FORMAT.md alone, with none of the program's own readers. */

const CHUNK_HEADER = Buffer.from('502a4d188c000000', 'hex');
const ZSTD = Buffer.from('28b52ffd', 'hex');
const SEEK_TABLE = Buffer.from('5e2a4d18', 'hex');

export type StoredParts = {
  /** Each zstd frame, in order: the header's, the chunks', and the seal's when it is sealed. */
  readonly frames: readonly Buffer[];
  readonly chunkHeaders: readonly Buffer[];
  readonly seal: Buffer | null;
  readonly seekTable: Buffer | null;
};

const sha256 = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

/** @throws when the file is not laid out as FORMAT.md says */
export const partsOf = (file: Buffer): StoredParts => {
  const firstChunk = file.indexOf(CHUNK_HEADER);
  const headerEnd = firstChunk === -1 ? file.indexOf(ZSTD, 1) : firstChunk;
  const frames = [file.subarray(0, headerEnd === -1 ? file.length : headerEnd)];
  const chunkHeaders: Buffer[] = [];
  let at = frames[0]?.length ?? 0;
  while (at < file.length && file.subarray(at, at + 8).equals(CHUNK_HEADER)) {
    const header = file.subarray(at, at + 148);
    chunkHeaders.push(header);
    frames.push(file.subarray(at + 148, at + 148 + header.readUInt32LE(40)));
    at += 148 + header.readUInt32LE(40);
  }
  if (at === file.length) return { frames, chunkHeaders, seal: null, seekTable: null };
  const frameCount = file.readUInt32LE(file.length - 9);
  const seekTable = file.subarray(file.length - 17 - 8 * frameCount);
  const seal = file.subarray(at, file.length - seekTable.length);
  return { frames: [...frames, seal], chunkHeaders, seal, seekTable };
};

/** Recomputes the chain, the checksums, the signature and the seek table. @throws naming what does not hold */
export const checkParts = (file: Buffer, publicKey: Uint8Array): void => {
  const { frames, chunkHeaders, seal, seekTable } = partsOf(file);
  const must = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(what);
  };
  let chain = sha256(frames[0] ?? Buffer.alloc(0));
  let events = 0;
  for (const [at, header] of chunkHeaders.entries()) {
    const frame = frames[at + 1] ?? Buffer.alloc(0);
    must(header.readUInt32LE(144) === crc32(header.subarray(8, 144)), `CRC of chunk ${at}`);
    must(header.readBigUInt64LE(16) === BigInt(events), `first event of chunk ${at}`);
    must(header.subarray(48, 80).equals(chain), `chain before chunk ${at}`);
    must(header.subarray(80, 112).equals(sha256(frame)), `hash of chunk ${at}`);
    chain = sha256(chain, header.subarray(8, 48), header.subarray(80, 112));
    must(header.subarray(112, 144).equals(chain), `chain after chunk ${at}`);
    must(header.readUInt32LE(44) === zstdDecompressSync(frame).length, `size of chunk ${at}`);
    events += header.readUInt32LE(12);
  }
  if (seal === null || seekTable === null) return;
  const raw = zstdDecompressSync(seal);
  const [, code, fields, signature] = decode(raw) as [number, string, Record<string, unknown>, Uint8Array];
  must(code === 'seal', 'the seal');
  must(Buffer.from(fields['headHash'] as Uint8Array).equals(chain), 'the head hash');
  must(fields['eventCount'] === events, 'the count of events');
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]);
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const message = Buffer.concat([Buffer.from('reeltime seal 1\0'), raw.subarray(7, -66)]);
  must(verify(null, message, key, signature), 'the signature');
  must(seekTable.subarray(0, 4).equals(SEEK_TABLE), 'the seek table');
  const sizes: [number, number][] = [];
  for (let at = 8; at < seekTable.length - 9; at += 8)
    sizes.push([seekTable.readUInt32LE(at), seekTable.readUInt32LE(at + 4)]);
  const expected = frames.flatMap((frame, at): [number, number][] => [
    ...(at > 0 && at <= chunkHeaders.length ? [[148, 0] as [number, number]] : []),
    [frame.length, zstdDecompressSync(frame).length],
  ]);
  must(JSON.stringify(sizes) === JSON.stringify(expected), 'the sizes in the seek table');
};
