import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChunkHeader } from '../../src/format/chunk-frame.ts';
import {
  CHUNK_HEADER_SIZE,
  CHUNK_STORED_BYTES_MAX,
  decodeChunkHeader,
  encodeChunkHeader,
} from '../../src/format/chunk-frame.ts';
import { CHUNK_BYTES_MAX, RECORDING_EVENTS_MAX, RECORDING_MS_MAX } from '../../src/model/limits.ts';
import { nodeCodecs } from '../../src/store/recordings/node-codecs.ts';

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const header = fc
  .record({
    eventCount: fc.integer({ min: 1, max: 1_000_000 }),
    firstEvent: fc.nat(RECORDING_EVENTS_MAX - 1_000_000),
    firstMs: fc.nat(RECORDING_MS_MAX / 2),
    lastMs: fc.integer({ min: RECORDING_MS_MAX / 2, max: RECORDING_MS_MAX }),
    storedSize: fc.integer({ min: 1, max: CHUNK_STORED_BYTES_MAX }),
    rawSize: fc.integer({ min: 1, max: CHUNK_BYTES_MAX }),
    chainBefore: hash,
    frameHash: hash,
  })
  .map((fields): Omit<ChunkHeader, 'chainAfter'> => fields);

const some: Omit<ChunkHeader, 'chainAfter'> = {
  eventCount: 2,
  firstEvent: 3,
  firstMs: 500,
  lastMs: 600,
  storedSize: 70,
  rawSize: 80,
  chainBefore: new Uint8Array(32).fill(1),
  frameHash: new Uint8Array(32).fill(2),
};

test('a header that is decoded says what was encoded, wherever in a buffer it stands', () => {
  fc.assert(
    fc.property(header, fc.nat(9), (fields, offset) => {
      const { bytes, chainAfter } = encodeChunkHeader(nodeCodecs, fields);
      const buffer = new Uint8Array(200);
      buffer.set(bytes, offset);
      const decoded = decodeChunkHeader(nodeCodecs, buffer.subarray(offset));
      expect(decoded).toEqual({ ...fields, chainAfter: Uint8Array.from(chainAfter) });
    }),
  );
});

test('the chain hash is over the hash before, the fields and the frame hash', () => {
  const { bytes, chainAfter } = encodeChunkHeader(nodeCodecs, some);
  expect(bytes).toHaveLength(CHUNK_HEADER_SIZE);
  const expected = createHash('sha256').update(some.chainBefore).update(bytes.subarray(8, 48)).update(some.frameHash);
  expect(Buffer.from(chainAfter).toString('hex')).toBe(expected.digest('hex'));
});

test('a header with any one bit flipped is refused', () => {
  const { bytes } = encodeChunkHeader(nodeCodecs, some);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
    expect([bit, decodeChunkHeader(nodeCodecs, flipped)]).toEqual([bit, null]);
  }
});

test('a header whose CRC was made to fit a change is refused by its chain hash', () => {
  const { bytes } = encodeChunkHeader(nodeCodecs, some);
  for (let at = 8; at < 144; at += 1) {
    const forged = bytes.with(at, (bytes[at] ?? 0) ^ 1);
    new DataView(forged.buffer).setUint32(144, nodeCodecs.crc32(forged.subarray(8, 144)), true);
    expect([at, decodeChunkHeader(nodeCodecs, forged)]).toEqual([at, null]);
  }
});

test('a header that is cut off is none', () => {
  const { bytes } = encodeChunkHeader(nodeCodecs, some);
  for (let size = 0; size < bytes.length; size += 1) {
    expect(decodeChunkHeader(nodeCodecs, bytes.subarray(0, size))).toBe(null);
  }
});

test.for([
  ['no events', { eventCount: 0 }],
  ['ordinals beyond the limit', { firstEvent: RECORDING_EVENTS_MAX }],
  ['times that go back', { firstMs: 601 }],
  ['a time beyond the limit', { lastMs: RECORDING_MS_MAX + 1 }],
  ['more msgpack than a chunk may have', { rawSize: CHUNK_BYTES_MAX + 1 }],
  ['no stored bytes', { storedSize: 0 }],
  ['more stored bytes than a chunk may have', { storedSize: CHUNK_STORED_BYTES_MAX + 1 }],
] as const)('a header is not written that says %s', ([, change]) => {
  expect(() => encodeChunkHeader(nodeCodecs, { ...some, ...change })).toThrow(RangeError);
});

test('a header beyond the limits is refused even where CRC and chain hold', () => {
  const { bytes } = encodeChunkHeader(nodeCodecs, some);
  const view = new DataView(bytes.buffer);
  view.setUint32(44, CHUNK_BYTES_MAX + 1, true);
  const chain = nodeCodecs.sha256(bytes.subarray(48, 80), bytes.subarray(8, 48), bytes.subarray(80, 112));
  bytes.set(chain, 112);
  view.setUint32(144, nodeCodecs.crc32(bytes.subarray(8, 144)), true);
  expect(decodeChunkHeader(nodeCodecs, bytes)).toBe(null);
});
