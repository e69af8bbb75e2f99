import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BrokenBzip2 } from '../../../src/format/bzip2/bit-reader.ts';
import { bunzip2, isBzip2 } from '../../../src/format/bzip2/bunzip2.ts';
import { toolTest } from '../../require.ts';

/** What `printf 'hello hello hello aaaaaaaaaa' | bzip2` writes. */
const hello = Buffer.from('QlpoOTFBWSZTWRHns9AAAAbRAAEAQAAiRKAAMQwA2kMmUZsGuhUeLuSKcKEgI89noA==', 'base64');
const helloText = 'hello hello hello aaaaaaaaaa';

const compressed = (bytes: Uint8Array, level: string): Buffer =>
  spawnSync('bzip2', ['-c', level], { input: bytes, maxBuffer: 2 ** 27 }).stdout;

async function* cut(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

const decompressed = async (bytes: Uint8Array, pieceBytes = 1000): Promise<Buffer> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of bunzip2(cut(bytes, pieceBytes))) pieces.push(piece);
  return Buffer.concat(pieces);
};

test('what bzip2 wrote is read at every piece boundary, also two streams after each other', async () => {
  expect(isBzip2(hello)).toBe(true);
  for (let pieceBytes = 1; pieceBytes <= hello.length; pieceBytes += 1) {
    expect((await decompressed(hello, pieceBytes)).toString()).toBe(helloText);
  }
  expect((await decompressed(Buffer.concat([hello, hello]))).toString()).toBe(helloText + helloText);
});

test('bytes that were changed are refused, and never read forever', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(hello.length * 8 - 1), fc.nat(hello.length * 8 - 1), async (first, second) => {
      const changed = Buffer.from(hello);
      for (const bit of new Set([first, second])) changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const text = await decompressed(changed).then(String, (error: unknown) => error);
      // The last bits of the file are padding, which nothing reads.
      if (text !== helloText) expect(text).toBeInstanceOf(BrokenBzip2);
    }),
    { numRuns: 200 },
  );
});

test('a run that no block can hold is refused', async () => {
  // One byte value, and a run whose length is written in 32 digits.
  const endless = Buffer.from('QlpoOTFBWSZTWQAAAAAAAAABACAAIAAgoCgAAAAAwA==', 'base64');
  await expect(decompressed(endless)).rejects.toThrow('a block is larger than the stream says');
});

test('every beginning of a file says that it ends too early', async () => {
  for (let size = 0; size < hello.length; size += 1) {
    await expect(decompressed(hello.subarray(0, size))).rejects.toThrow(BrokenBzip2);
  }
});

toolTest('bzip2')('texts, noise, runs and nothing come back from bzip2 as they were, at every block size', async () => {
  const samples = [
    Buffer.alloc(0),
    Buffer.from('x'),
    Buffer.alloc(900_100, 'a'),
    Buffer.from('aaaa'.repeat(3)),
    randomBytes(110_000),
    Buffer.from(Array.from({ length: 10_000 }, (_, line) => `line ${line * 7919}\n`).join('')),
  ];
  for (const sample of samples) {
    for (const level of ['-1', '-9']) {
      const back = await decompressed(compressed(sample, level), 30_001);
      expect(back.equals(sample)).toBe(true);
    }
  }
});

toolTest('bzip2')('a bomb is handed on in small pieces, and ends when its reader leaves', async () => {
  const bomb = compressed(Buffer.alloc(40_000_000), '-9');
  expect(bomb.length).toBeLessThan(200);
  let size = 0;
  for await (const piece of bunzip2(cut(bomb, 64))) {
    expect(piece.length).toBeLessThanOrEqual(64 * 1024);
    size += piece.length;
    if (size > 1_000_000) break;
  }
  expect(size).toBeLessThan(1_100_000);
});
