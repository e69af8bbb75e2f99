import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSeekTable, encodeSeekTable, seekTableSize } from '../../src/format/seek-table.ts';

const size = fc.nat(2 ** 32 - 1);
const frames = fc.array(fc.record({ compressedSize: size, decompressedSize: size }, { noNullPrototype: true }), {
  maxLength: 20,
});

test('a seek table that is decoded says what was encoded', () => {
  fc.assert(
    fc.property(frames, (sizes) => {
      const bytes = encodeSeekTable(sizes);
      expect(bytes).toHaveLength(seekTableSize(sizes.length));
      expect(decodeSeekTable(bytes)).toEqual(sizes);
    }),
  );
});

test('its bytes are those of the Zstandard seekable format', () => {
  const bytes = encodeSeekTable([{ compressedSize: 0x01020304, decompressedSize: 5 }]);
  expect(Buffer.from(bytes).toString('hex')).toBe('5e2a4d181100000004030201050000000100000000b1ea928f');
});

test('bytes that are not exactly one seek table are null', () => {
  const bytes = encodeSeekTable([{ compressedSize: 1, decompressedSize: 2 }]);
  for (let length = 0; length < bytes.length; length += 1)
    expect(decodeSeekTable(bytes.subarray(0, length))).toBe(null);
  expect(decodeSeekTable(Buffer.concat([bytes, bytes]))).toBe(null);
  for (const at of [0, 4, bytes.length - 9, bytes.length - 5, bytes.length - 1]) {
    expect(decodeSeekTable(bytes.with(at, (bytes[at] ?? 0) ^ 0x80))).toBe(null);
  }
});
