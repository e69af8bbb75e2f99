import { createReadStream } from 'node:fs';
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import type { ImportSource } from '../imports/import-asciicast.ts';
import { ZSTD_WINDOW_LOG_MAX } from '../model/limits.ts';

/** A file to take in, by the name that people know it by. */
export type NamedSource = ImportSource & { readonly name: string; readonly sizeBytes: number };

/** What is taken in of a folder. A file that is named is taken whatever its name is. */
const recordingName = /\.(?:cast|json)(?:\.gz|\.zst)?$/i;

/** Told how many more bytes of a file were read. */
export type ReadListener = (bytes: number) => void;

/**
 * All recordings that these words name: files, folders and all folders in them, in the order of their names. `-` is standard
 * input.
 * @param onRead told of each file's bytes once, however often it is read
 */
export async function* importSources(
  words: readonly string[],
  onRead: ReadListener,
): AsyncGenerator<NamedSource | Missing> {
  for (const word of words) {
    if (word === '-') yield* standardInput(onRead);
    else yield* named(word, true, onRead);
  }
}

/** What was named cannot be read. */
export type Missing = { readonly name: string; readonly error: string };

async function* named(name: string, isAsked: boolean, onRead: ReadListener): AsyncGenerator<NamedSource | Missing> {
  try {
    const stats = await stat(name);
    if (stats.isDirectory()) {
      for (const entry of (await readdir(name)).sort()) {
        if (!entry.startsWith('.')) yield* named(path.join(name, entry), false, onRead);
      }
    } else if (isAsked || recordingName.test(name)) {
      yield { name, sizeBytes: stats.size, modifiedAtMs: stats.mtimeMs, open: openCounted(name, onRead) };
    }
  } catch (error) {
    yield { name, error: error instanceof Error ? error.message : String(error) };
  }
}

/** Standard input is read twice, so it is put into a file first. */
async function* standardInput(onRead: ReadListener): AsyncGenerator<NamedSource> {
  const folder = await mkdtemp(path.join(tmpdir(), 'reeltime-import-'));
  try {
    const file = path.join(folder, 'standard-input');
    await using handle = await open(file, 'wx', 0o600);
    await handle.writeFile(process.stdin);
    const { size } = await handle.stat();
    yield { name: '-', sizeBytes: size, modifiedAtMs: Date.now(), open: openCounted(file, onRead) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b;
/** A zstd frame, or the skippable frame that a file may begin with (RFC 8878 section 3.1). */
const isZstd = (head: Uint8Array): boolean =>
  (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) ||
  ((head[0] ?? 0) >> 4 === 5 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18);

const openCounted = (file: string, onRead: ReadListener): (() => AsyncIterable<Uint8Array>) => {
  let furthest = 0;
  return () =>
    readDecompressed(file, (position) => {
      if (position <= furthest) return;
      onRead(position - furthest);
      furthest = position;
    });
};

/**
 * The file's bytes, decompressed when its first bytes say that it is compressed.
 * @param onPosition told how far the file was read
 */
async function* readDecompressed(file: string, onPosition: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const decoder = decoderFor(await firstBytes(file));
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  // NOTE pipeline hands the source's and the decoder's errors to the reader, and closes both when the reader leaves.
  const done = pipeline(source, decoder);
  done.catch((error: Error) => decoder.destroy(error));
  try {
    for await (const piece of decoder as AsyncIterable<Uint8Array>) {
      yield piece;
      onPosition(source.bytesRead);
    }
    await done;
  } finally {
    source.destroy();
    decoder.destroy();
  }
}

const firstBytes = async (file: string): Promise<Uint8Array> => {
  await using handle = await open(file, 'r');
  const head = Buffer.alloc(4);
  await handle.read(head, 0, head.length, 0);
  return head;
};

const decoderFor = (head: Uint8Array): Readable & NodeJS.WritableStream => {
  if (isGzip(head)) return createGunzip();
  if (isZstd(head)) return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX } });
  return new PassThrough({ highWaterMark: 256 * 1024 });
};
