import { execFileSync } from 'node:child_process';
import { createHash, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Zstd } from 'zstd-codec';
import { ZstdCodec } from 'zstd-codec';
import { CHUNK_HEADER_SIZE, CHUNK_STORED_BYTES_MAX, decodeChunkHeader } from '../../src/format/chunk-frame.ts';
import { decodeFileHeader } from '../../src/format/file-header.ts';
import { FILE_TUPLE_BYTES_MAX } from '../../src/format/file-tuple.ts';
import { decodeRun } from '../../src/format/run-events.ts';
import { decodeSeal } from '../../src/format/seal.ts';
import { decodeSeekTable } from '../../src/format/seek-table.ts';
import { zstdFrameSize } from '../../src/format/zstd-frame.ts';
import * as limits from '../../src/model/limits.ts';
import { decompressFrame, nodeCodecs } from '../../src/store/recordings/node-codecs.ts';
import { pathOfTool, toolTest } from '../require.ts';
import { tinyEvents, tinyHeader, tinyPublicKey, tinyPublicKeyBytes, writeTiny } from './tiny-recording.ts';

const markdown = readFileSync(new URL('../../src/format/FORMAT.md', import.meta.url), 'utf8');
const goldenPath = fileURLToPath(new URL('golden/tiny.rec.zst', import.meta.url));

/** The page's block ```hex NAME. */
const shown = (name: string): Uint8Array => {
  const block = new RegExp(`^\`\`\`hex ${name}\n([0-9a-f \n]+)\n\`\`\`$`, 'm').exec(markdown)?.[1];
  if (block === undefined) throw new Error(`the page has no block ${name}`);
  return Uint8Array.from(Buffer.from(block.replaceAll(/\s/g, ''), 'hex'));
};

const frames = { header: shown('headerFrame'), chunk: shown('chunkFrame'), seal: shown('sealFrame') };
const raws = { header: shown('headerRaw'), chunk: shown('chunkRaw'), seal: shown('sealRaw') };
const file = Buffer.concat([frames.header, shown('chunkHeader'), frames.chunk, frames.seal, shown('seekTable')]);
const stream = Buffer.concat([raws.header, raws.chunk, raws.seal]);
const sha256 = (...parts: readonly Uint8Array[]): string =>
  createHash('sha256').update(Buffer.concat(parts)).digest('hex');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('the page shows the file that is kept as a golden one', () => {
  expect(hex(file)).toBe(hex(readFileSync(goldenPath)));
});

test('the program writes the bytes of the page', async () => {
  const written = await writeTiny({ headerFrame: frames.header, chunkFrame: frames.chunk, sealFrame: frames.seal });
  for (const [name, bytes] of Object.entries(written)) expect([name, hex(bytes)]).toEqual([name, hex(shown(name))]);
  expect(hex(tinyPublicKeyBytes)).toBe(hex(shown('publicKey')));
});

test('the program reads the bytes of the page', () => {
  expect(decodeFileHeader(raws.header)).toEqual(tinyHeader);
  expect(decodeRun(raws.chunk)).toEqual(tinyEvents);
  expect(decodeRun(stream).map((event) => event.code)).toEqual(['o', 'r', 'x']);
  expect(decodeSeekTable(shown('seekTable'))).toEqual([
    { compressedSize: 451, decompressedSize: 588 },
    { compressedSize: CHUNK_HEADER_SIZE, decompressedSize: 0 },
    { compressedSize: 56, decompressedSize: 43 },
    { compressedSize: 333, decompressedSize: 373 },
  ]);
});

test('hashes, chain and signature of the page hold by hand', () => {
  const header = shown('chunkHeader');
  const chunk = decodeChunkHeader(nodeCodecs, header);
  expect(chunk).toMatchObject({
    firstEvent: 0,
    eventCount: 3,
    firstMs: 500,
    lastMs: 71_234,
    storedSize: 56,
    rawSize: 43,
  });
  expect(hex(header.subarray(48, 80))).toBe(sha256(frames.header));
  expect(hex(header.subarray(80, 112))).toBe(sha256(frames.chunk));
  const chain = sha256(header.subarray(48, 80), header.subarray(8, 48), header.subarray(80, 112));
  expect(hex(header.subarray(112, 144))).toBe(chain);
  const seal = decodeSeal(raws.seal);
  expect(hex(seal?.fields.headHash ?? new Uint8Array())).toBe(chain);
  expect(seal?.fields.keyId).toBe(sha256(tinyPublicKeyBytes).slice(0, 16));
  const signed = Buffer.concat([Buffer.from('reeltime seal 1\0'), raws.seal.subarray(7, -66)]);
  expect(verify(null, signed, tinyPublicKey, raws.seal.subarray(-64))).toBe(true);
});

test('the limits of the page are those of the program', () => {
  const mebibyte = 1024 * 1024;
  expect(limits).toMatchObject({
    CHUNK_BYTES_MAX: 8 * mebibyte,
    CHUNK_BYTES_TARGET: 256 * 1024,
    CHUNK_BYTES_FORCED: 4 * mebibyte,
    BATCH_BYTES_MAX: 8 * mebibyte,
    EVENT_BYTES_MAX: mebibyte,
    EVENT_ENVELOPE_BYTES_MAX: 64,
    EVENT_CODE_BYTES_MAX: 32,
    EVENT_DEPTH_MAX: 512,
    RECORDING_EVENTS_MAX: 2 ** 31 - 1,
    RECORDING_MS_MAX: 316_224_000_000,
    TERMINAL_CELLS_MAX: 10_000,
    ZSTD_WINDOW_LOG_MAX: 23,
  });
  expect(CHUNK_STORED_BYTES_MAX).toBe(8 * mebibyte + 32 * 1024 + 64);
  expect(FILE_TUPLE_BYTES_MAX).toBe(256 * 1024);
});

test('each frame ends where its block headers say, and decodes to the msgpack of the page', async () => {
  for (const part of ['header', 'chunk', 'seal'] as const) {
    expect(zstdFrameSize(Buffer.concat([frames[part], file]))).toBe(frames[part].length);
    expect(hex(await decompressFrame(frames[part], raws[part].length))).toBe(hex(raws[part]));
  }
});

test('the file as a whole decodes to one msgpack stream', () => {
  expect(hex(zstdDecompressSync(file))).toBe(hex(stream));
});

test('zstd-codec decodes every frame on its own to the same bytes', async () => {
  const codec = await new Promise<Zstd>((resolve) => ZstdCodec.run(resolve));
  const simple = new codec.Simple();
  for (const part of ['header', 'chunk', 'seal'] as const) {
    expect(hex(simple.decompress(frames[part]) ?? new Uint8Array())).toBe(hex(raws[part]));
  }
  // What it cannot do is why frames are given to it one by one: it answers null, and does not throw.
  expect(simple.decompress(file)).toBe(null);
  expect(simple.decompress(Buffer.concat([shown('chunkHeader'), frames.chunk]))).toBe(null);
  expect(simple.decompress(frames.chunk.with(20, 0xff))).toBe(null);
});

const zstdTest = toolTest('zstd');
const zstd = (...args: readonly string[]): Buffer =>
  execFileSync(pathOfTool('zstd') ?? '', args, { stdio: ['ignore', 'pipe', 'pipe'] });

zstdTest('zstd finds the file whole, and prints the same stream', () => {
  zstd('-t', goldenPath);
  expect(hex(zstd('-dc', goldenPath))).toBe(hex(stream));
});

zstdTest('zstd counts the frames that the seek table counts', () => {
  const listing = zstd('-lv', goldenPath).toString();
  expect(listing).toContain('Zstandard Frames: 3');
  // The chunk header and the seek table itself.
  expect(listing).toContain('Skippable Frames: 2');
  expect(listing).toContain(`(${stream.length} B)`);
  expect(listing).toContain('XXH64');
});
