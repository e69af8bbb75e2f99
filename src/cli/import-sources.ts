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

/** All recordings that these words name: files, folders and all folders in them, in the order of their names. `-` is standard input. */
export async function* importSources(words: readonly string[]): AsyncGenerator<NamedSource | Missing> {
  for (const word of words) {
    if (word === '-') yield* standardInput();
    else yield* named(word, true);
  }
}

/** What was named cannot be read. */
export type Missing = { readonly name: string; readonly error: string };

async function* named(name: string, isAsked: boolean): AsyncGenerator<NamedSource | Missing> {
  try {
    const stats = await stat(name);
    if (stats.isDirectory()) {
      for (const entry of (await readdir(name)).sort()) {
        if (!entry.startsWith('.')) yield* named(path.join(name, entry), false);
      }
    } else if (isAsked || recordingName.test(name)) {
      yield { name, sizeBytes: stats.size, modifiedAtMs: stats.mtimeMs, open: () => readDecompressed(name) };
    }
  } catch (error) {
    yield { name, error: error instanceof Error ? error.message : String(error) };
  }
}

/** Standard input is read twice, so it is put into a file first. */
async function* standardInput(): AsyncGenerator<NamedSource> {
  const folder = await mkdtemp(path.join(tmpdir(), 'reeltime-import-'));
  try {
    const file = path.join(folder, 'standard-input');
    await using handle = await open(file, 'wx', 0o600);
    await pipeline(process.stdin, handle.createWriteStream({ autoClose: false }));
    const { size } = await handle.stat();
    yield { name: '-', sizeBytes: size, modifiedAtMs: Date.now(), open: () => readDecompressed(file) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b;
/** A zstd frame, or the skippable frame that a file may begin with (RFC 8878 section 3.1). */
const isZstd = (head: Uint8Array): boolean =>
  (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) ||
  ((head[0] ?? 0) >> 4 === 5 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18);

/** The file's bytes, decompressed when its first bytes say that it is compressed. */
async function* readDecompressed(file: string): AsyncGenerator<Uint8Array> {
  const decoder = decoderFor(await firstBytes(file));
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  // NOTE pipeline hands the source's and the decoder's errors to the reader, and closes both when the reader leaves.
  const done = pipeline(source, decoder);
  done.catch((error: Error) => decoder.destroy(error));
  try {
    yield* decoder as AsyncIterable<Uint8Array>;
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
