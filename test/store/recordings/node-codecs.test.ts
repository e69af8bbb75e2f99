import { createHash } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { zstdFrameSize } from '../../../src/format/zstd-frame.ts';
import { compressFrame, decompressFrame, nodeCodecs } from '../../../src/store/recordings/node-codecs.ts';

const content = new TextEncoder().encode('what was seen on the screen, again and again; '.repeat(40));

test('a frame that is decompressed is what was compressed', async () => {
  for (const bytes of [new Uint8Array(), Uint8Array.of(1), content]) {
    const frame = await compressFrame(bytes);
    expect(Uint8Array.from(await decompressFrame(frame, bytes.length))).toEqual(bytes);
  }
});

test('a frame has its content size and its checksum in it', async () => {
  const descriptor = (await compressFrame(content))[4] ?? 0;
  expect(descriptor & 0x04).toBe(0x04);
  expect(descriptor & 0xe0).not.toBe(0);
});

test('a frame with any one bit flipped is never taken for another content', async () => {
  const frame = await compressFrame(content);
  let silent = 0;
  for (let bit = 0; bit < frame.length * 8; bit += 1) {
    const flipped = frame.with(bit >> 3, (frame[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
    const decompressed = await decompressFrame(flipped, content.length).catch(() => null);
    if (decompressed !== null && !Buffer.from(content).equals(decompressed)) silent += 1;
  }
  expect(silent).toBe(0);
});

test('without the checksum flag flipped bits do pass: that is what the flag is for', () => {
  const frame = zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 0 } });
  let silent = 0;
  for (let bit = 8 * 8; bit < frame.length * 8; bit += 1) {
    const flipped = frame.with(bit >> 3, (frame[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
    try {
      if (!Buffer.from(content).equals(zstdDecompressSync(flipped, { maxOutputLength: 1e6 }))) silent += 1;
    } catch {
      continue;
    }
  }
  expect(silent).toBeGreaterThan(0);
});

test('what follows a frame, and a frame that is torn, are refused, though zlib takes both', async () => {
  const frame = await compressFrame(content);
  const followed = Buffer.concat([frame, Buffer.from('garbage')]);
  expect(zstdDecompressSync(followed)).toHaveLength(content.length);
  await expect(decompressFrame(followed, 1e6)).rejects.toThrow('7 bytes follow the zstd frame');
  await expect(decompressFrame(Buffer.concat([frame, frame]), 1e6)).rejects.toThrow('follow the zstd frame');
  for (let size = 0; size < frame.length; size += 1) {
    await expect(decompressFrame(frame.subarray(0, size), 1e6)).rejects.toThrow('not a whole zstd frame');
  }
});

test('a frame is decompressed up to its bound, and a bomb is not', async () => {
  const bomb = await compressFrame(new Uint8Array(50_000_000));
  expect(bomb.length).toBeLessThan(6000);
  await expect(decompressFrame(bomb, 8 * 1024 * 1024)).rejects.toThrow();
  const frame = await compressFrame(content);
  await expect(decompressFrame(frame, content.length - 1)).rejects.toThrow();
});

test('a frame that wants a window beyond 8 MiB is refused', async () => {
  const params = { [constants.ZSTD_c_windowLog]: 24, [constants.ZSTD_c_checksumFlag]: 1 };
  const frame = zstdCompressSync(new Uint8Array(20_000_000), { params });
  expect(zstdFrameSize(frame)).toBe(frame.length);
  await expect(decompressFrame(frame, 30_000_000)).rejects.toThrow();
});

test('hashes are over the parts as if they were one', () => {
  const whole = createHash('sha256').update('abc').digest('hex');
  expect(Buffer.from(nodeCodecs.sha256(Buffer.from('a'), Buffer.from('bc'))).toString('hex')).toBe(whole);
  expect(nodeCodecs.crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
});
