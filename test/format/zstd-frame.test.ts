import { constants, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { zstdFrameSize } from '../../src/format/zstd-frame.ts';

const random = Uint8Array.from({ length: 300_000 }, (_, at) => (Math.imul(at, 2_654_435_761) >>> 13) & 0xff);
const contents: readonly Uint8Array[] = [
  new Uint8Array(),
  Uint8Array.of(1),
  random.subarray(0, 300),
  random,
  new Uint8Array(300_000),
];

test.for([0, 1])('a frame is as long as zstd made it, with checksum flag %i, whatever follows', (checksumFlag) => {
  for (const content of contents) {
    for (const pledgedSrcSize of [content.length, undefined]) {
      const options = pledgedSrcSize === undefined ? {} : { pledgedSrcSize };
      const frame = zstdCompressSync(content, {
        params: { [constants.ZSTD_c_checksumFlag]: checksumFlag },
        ...options,
      });
      expect(zstdFrameSize(frame)).toBe(frame.length);
      expect(zstdFrameSize(Buffer.concat([frame, random.subarray(0, 9)]))).toBe(frame.length);
    }
  }
});

test('a frame that is cut off has no size', () => {
  const frame = zstdCompressSync(random.subarray(0, 500), { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  for (let size = 0; size < frame.length; size += 1)
    expect([size, zstdFrameSize(frame.subarray(0, size))]).toEqual([size, null]);
});

test('what is no frame has no size', () => {
  expect(zstdFrameSize(random)).toBe(null);
  expect(zstdFrameSize(Buffer.from('502a4d1800000000', 'hex'))).toBe(null);
  const reservedBlock = Buffer.from('28b52ffd2000070000', 'hex');
  expect(zstdFrameSize(reservedBlock)).toBe(null);
});
