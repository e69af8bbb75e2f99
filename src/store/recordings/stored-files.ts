import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { FileHeader } from '../../format/file-header.ts';
import type { RestoreRecordingWrite, SigningKey } from '../catalog/catalog.ts';
import type { ChunkRow } from '../catalog/chunk-row.ts';
import { isMissing } from './append-only-file.ts';
import { readHeaderFrame } from './file-frames.ts';
import { chunkAt, type FoundChunk, type Place, sealAt } from './file-parts.ts';

export type StoredFile = { readonly locator: string; readonly sizeBytes: number };

/** All that a file says by itself. */
export type ExaminedFile = Omit<RestoreRecordingWrite, 'atMs'> & {
  /** Bytes at the end that are no whole chunk and no seal. */
  readonly restBytes: number;
};

const SUFFIX = '.rec.zst';

/** The files of a folder of recordings, read without a catalog. Nothing is changed. */
export class StoredFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The recordings' files of each folder within, folder by folder, in ascending order: days in the order of their dates. */
  async *folders(below = ''): AsyncGenerator<readonly StoredFile[], void, void> {
    const entries = await readdir(path.join(this.#folder, below), { withFileTypes: true }).catch(noneWhenMissing);
    const inOrder = entries.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    const files: StoredFile[] = [];
    for (const entry of inOrder) {
      const locator = path.posix.join(below, entry.name);
      if (!entry.isFile() || !entry.name.endsWith(SUFFIX)) continue;
      const { size } = await stat(path.join(this.#folder, locator));
      files.push({ locator, sizeBytes: size });
    }
    if (files.length > 0) yield files;
    for (const entry of inOrder) if (entry.isDirectory()) yield* this.folders(path.posix.join(below, entry.name));
  }

  /** What the file begins with; null when that is no recording's header. */
  async header(locator: string): Promise<FileHeader | null> {
    await using handle = await open(path.join(this.#folder, locator), 'r');
    return (await readHeaderFrame(handle))?.header ?? null;
  }

  /**
   * Reads every byte of the file and checks it, as recovery does. A chunk whose bytes do not hold is told, and those after it
   * are found: it plays as a gap. Null when the file is no recording.
   * @param onRead told how many bytes more were read
   * @throws the signal's reason
   */
  async examine(
    locator: string,
    key: SigningKey,
    onRead: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<ExaminedFile | null> {
    const file = path.join(this.#folder, locator);
    await using handle = await open(file, 'r');
    const head = await readHeaderFrame(handle);
    if (head === null) return null;
    onRead(head.storedSize);
    const found: FoundChunk[] = [];
    let place: Place = { offset: head.storedSize, chain: head.hash, firstEvent: 0 };
    for await (const one of chunksFrom(handle, locator, place)) {
      signal.throwIfAborted();
      found.push(one);
      onRead(one.chunk.indexedSize - place.offset);
      place = placeAfter(one);
    }
    const seal = await sealAt(handle, file, place, key);
    const kept = seal === null ? withoutTornEnd(found) : found;
    const last = kept.at(-1);
    const indexedSize = seal?.indexedSize ?? last?.chunk.indexedSize ?? 0;
    return {
      header: head.header,
      locator,
      chunks: kept.map(({ chunk }) => chunk.row),
      indexedSize,
      headHash: seal?.headHash ?? last?.chunk.row.chainHash ?? null,
      seal,
      damage: damageOf(kept),
      restBytes: Math.max(0, (await handle.stat()).size - Math.max(indexedSize, head.storedSize)),
    };
  }
}

async function* chunksFrom(handle: FileHandle, locator: string, begin: Place): AsyncGenerator<FoundChunk, void, void> {
  let place = begin;
  for (;;) {
    const found = await chunkAt(handle, locator, place);
    if (found === null) return;
    yield found;
    place = placeAfter(found);
  }
}

const placeAfter = ({ chunk: { row, indexedSize } }: FoundChunk): Place => ({
  offset: indexedSize,
  chain: row.chainHash,
  firstEvent: row.firstEvent + row.eventCount,
});

/** Where nothing that holds follows, what does not hold was not written to its end. */
const withoutTornEnd = (found: readonly FoundChunk[]): readonly FoundChunk[] =>
  found.slice(0, found.findLastIndex(({ isWhole }) => isWhole) + 1);

const damageOf = (found: readonly FoundChunk[]): string | null => {
  const bad = found.filter(({ isWhole }) => !isWhole).map(({ chunk }) => chunk.row);
  const [first] = bad;
  if (first === undefined) return null;
  const others = bad.length === 1 ? '' : `, and ${bad.length - 1} chunks more`;
  return `events ${eventsOf(first)}: the stored bytes are not the ones that were written${others}`;
};

const eventsOf = ({ firstEvent, eventCount }: ChunkRow): string => `${firstEvent} to ${firstEvent + eventCount - 1}`;

const noneWhenMissing = (error: unknown): [] => {
  if (isMissing(error)) return [];
  throw error;
};
