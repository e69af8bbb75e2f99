import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readDecompressed } from '../../src/cli/decompressed-file.ts';
import { temporaryFolder } from '../store/temporary-folder.ts';

const first = Buffer.from('first\n'.repeat(10_000));
const second = Buffer.from('second\n'.repeat(10_000));
const compressions = { gzip: gzipSync, zlib: deflateSync, zstd: zstdCompressSync };

/** What the file with this content is read as. */
const readBack = async (content: Uint8Array): Promise<Buffer> => {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, 'file');
  await writeFile(file, content);
  const pieces: Uint8Array[] = [];
  for await (const piece of readDecompressed(file, () => {})) pieces.push(piece);
  return Buffer.concat(pieces);
};

const lengths = [1000, 10_000, 300_000];
const linesOf = (count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, at) => `line ${Math.imul(at, 2_654_435_761)}`).join('\n'));

test.each(Object.entries(compressions))('%s is read to its end, also with zeros behind it', async (_, compress) => {
  for (const length of lengths) {
    const content = linesOf(length);
    expect(content.equals(await readBack(compress(content)))).toBe(true);
    const padded = await readBack(Buffer.concat([compress(content), Buffer.alloc(length)]));
    expect(content.equals(padded)).toBe(true);
  }
});

test.each([gzipSync, zstdCompressSync])('several that were put one behind the other are one file', async (compress) => {
  expect(await readBack(Buffer.concat([compress(first), compress(second)]))).toEqual(Buffer.concat([first, second]));
});

test.each(Object.entries(compressions))(
  '%s that is cut short, or with something else behind it, says so',
  async (_, compress) => {
    await expect(readBack(compress(first).subarray(0, -3))).rejects.toThrow('unexpected end of file');
    const trailing = readBack(Buffer.concat([compress(first), Buffer.from('something else')]));
    await expect(trailing).rejects.toThrow(/what follows its compressed data is none|incorrect header check/);
  },
);
