import { type Stats, statSync } from 'node:fs';
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FileHead, HEAD_BYTES_MAX, type ImportSource } from '../imports/import-source.ts';
import { readDecompressed } from './decompressed-file.ts';

/** A file to take in, by the name that people know it by. */
export type NamedSource = ImportSource & {
  readonly name: string;
  readonly sizeBytes: number;
  /** Whether it was named itself, and not found in a folder. */
  readonly isAsked: boolean;
  /** What its format is chosen by. @throws what reading it throws */
  readonly head: () => Promise<FileHead>;
};

/** Told how many more bytes of a file were read. */
export type ReadListener = (bytes: number) => void;

/**
 * All regular files that these words name: files, folders and all folders in them, in the order of their names; hidden ones of a
 * folder are left out. `-` is standard input.
 * @param onRead told of each file's bytes once, however often it is read
 */
export async function* importSources(
  words: readonly string[],
  onRead: ReadListener,
): AsyncGenerator<NamedSource | Missing> {
  const listing = new LastListing();
  for (const word of words) {
    if (word === '-') yield* standardInput(onRead);
    else yield* named(word, true, listing, onRead);
  }
}

/** What was named cannot be read. */
export type Missing = { readonly name: string; readonly error: string };

/** What is in a folder, in the order of names; hidden ones are left out. */
type Listing = {
  readonly names: readonly string[];
  /** Those of them that are no folders. */
  readonly files: ReadonlySet<string>;
};

/** What is in the folder that was read last: many files of one folder are named one after the other. */
class LastListing {
  #folder: string | null = null;
  #listing: Listing = { names: [], files: new Set() };

  async read(folder: string): Promise<Listing> {
    if (this.#folder === folder) return this.#listing;
    const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
    this.#listing = {
      names: entries.map(({ name }) => name).sort(),
      files: new Set(entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map(({ name }) => name)),
    };
    this.#folder = folder;
    return this.#listing;
  }
}

async function* named(
  name: string,
  isAsked: boolean,
  listing: LastListing,
  onRead: ReadListener,
): AsyncGenerator<NamedSource | Missing> {
  try {
    const stats = await stat(name);
    if (stats.isDirectory()) {
      const { names } = await listing.read(name);
      for (const entry of names) yield* named(path.join(name, entry), false, listing, onRead);
    } else if (isAsked || stats.isFile()) {
      yield await fileSource(name, isAsked, stats, listing, onRead);
    }
  } catch (error) {
    yield { name, error: error instanceof Error ? error.message : String(error) };
  }
}

const fileSource = async (
  name: string,
  isAsked: boolean,
  stats: Stats,
  listing: LastListing,
  onRead: ReadListener,
): Promise<NamedSource> => {
  const { files: siblings } = await listing.read(path.dirname(name));
  const source = sourceOf(name, stats.mtimeMs, siblings, onRead);
  return { ...source, name, sizeBytes: stats.size, isAsked, head: () => headOf(source, siblings) };
};

const sourceOf = (
  file: string,
  modifiedAtMs: number,
  siblings: ReadonlySet<string>,
  onRead: ReadListener,
): ImportSource => ({
  fileName: path.basename(file),
  modifiedAtMs,
  open: openCounted(file, onRead),
  sibling: (name) => {
    const other = path.join(path.dirname(file), name);
    if (!siblings.has(name)) return null;
    return sourceOf(other, statSync(other).mtimeMs, siblings, onRead);
  },
});

const headOf = async (source: ImportSource, siblings: ReadonlySet<string>): Promise<FileHead> => {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of source.open()) {
    pieces.push(piece);
    size += piece.length;
    if (size >= HEAD_BYTES_MAX) break;
  }
  return { name: source.fileName, bytes: Buffer.concat(pieces).subarray(0, HEAD_BYTES_MAX), siblings };
};

/** Standard input is read more than once, so it is put into a file first. */
async function* standardInput(onRead: ReadListener): AsyncGenerator<NamedSource> {
  const folder = await mkdtemp(path.join(tmpdir(), 'reeltime-import-'));
  try {
    const file = path.join(folder, 'standard-input');
    await using handle = await open(file, 'wx', 0o600);
    await handle.writeFile(process.stdin);
    const { size } = await handle.stat();
    const source = { ...sourceOf(file, Date.now(), new Set(), onRead), fileName: '-' };
    yield { ...source, name: '-', sizeBytes: size, isAsked: true, head: () => headOf(source, new Set()) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const openCounted = (file: string, onRead: ReadListener): (() => AsyncIterable<Uint8Array>) => {
  let furthest = 0;
  return () =>
    readDecompressed(file, (position) => {
      if (position <= furthest) return;
      onRead(position - furthest);
      furthest = position;
    });
};
