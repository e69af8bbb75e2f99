import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { bunzip2, isBzip2 } from '../format/bzip2/bunzip2.ts';
import { ZSTD_WINDOW_LOG_MAX } from '../model/limits.ts';

/**
 * The file's bytes, decompressed when its first bytes say that it is compressed: gzip, zstd and bzip2 also where several were
 * put one behind the other.
 * @param onPosition told how far the file was read
 */
export async function* readDecompressed(file: string, onPosition: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const head = await firstBytes(file);
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  if (isBzip2(head)) {
    for await (const piece of bunzip2(source)) {
      yield piece;
      onPosition(source.bytesRead);
    }
    return;
  }
  const decoder = decoderFor(head);
  // NOTE pipeline hands the source's and the decoder's errors to the reader, and closes both when the reader leaves.
  const done = pipeline(source, decoder);
  done.catch((error: Error) => decoder.destroy(error));
  try {
    for await (const piece of decoder as AsyncIterable<Uint8Array>) {
      yield piece;
      onPosition(source.bytesRead);
    }
    // The decoder is at its end. Where the file goes on, that broke the pipeline: what comes there is told below.
    await done.catch(() => {});
    if (decoder.bytesWritten !== undefined) await passPadding(file, decoder.bytesWritten);
  } finally {
    source.destroy();
    decoder.destroy();
  }
}

/**
 * Behind the compressed data there may be zeros: what copies files in blocks fills the last one with them.
 * @param size of the compressed data. @throws when something else follows it
 */
const passPadding = async (file: string, size: number): Promise<void> => {
  await using handle = await open(file, 'r');
  const next = Buffer.alloc(1);
  await handle.read(next, 0, 1, size);
  if (next[0] !== 0)
    throw Object.assign(new Error('what follows its compressed data is none'), { code: 'ERR_TRAILING' });
};

const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b;
/** zlib (RFC 1950) at the levels that are used: mitmproxy's .zhar. No text begins so. */
const isZlib = (head: Uint8Array): boolean => head[0] === 0x78 && (head[1] === 0x9c || head[1] === 0xda);
/** A zstd frame, or the skippable frame that a file may begin with (RFC 8878 section 3.1). */
const isZstd = (head: Uint8Array): boolean =>
  (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) ||
  ((head[0] ?? 0) >> 4 === 5 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18);

const firstBytes = async (file: string): Promise<Uint8Array> => {
  await using handle = await open(file, 'r');
  const head = Buffer.alloc(8);
  await handle.read(head, 0, head.length, 0);
  return head;
};

/** `bytesWritten` are the bytes of the file that it used; there are none where the file is not compressed. */
type Decoder = Readable & NodeJS.WritableStream & { readonly bytesWritten?: number };

const decoderFor = (head: Uint8Array): Decoder => {
  if (isGzip(head)) return createGunzip();
  if (isZlib(head)) return createInflate();
  if (isZstd(head)) return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX } });
  return new PassThrough({ highWaterMark: 256 * 1024 });
};
