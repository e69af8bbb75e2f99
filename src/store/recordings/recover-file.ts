import { type FileHandle, open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { SigningKey, UnsealedRecording } from '../catalog/catalog.ts';
import { isMissing, setTailAside, syncFile } from './append-only-file.ts';
import { chunkAt, type Place, sealAt } from './file-parts.ts';
import { readHeaderFrame } from './file-frames.ts';
import type { AppendedChunk, Recovered } from './recordings.ts';

const nothingFound: Recovered = { adopted: [], seal: null, quarantined: null, damage: null };

/**
 * Looks at what a file holds beyond the catalog's knowledge. Whole valid frames that go on from it are told, to be adopted;
 * what follows them and is no whole valid frame is moved into the quarantine folder. Nothing valid is ever cut.
 */
export const recoverFile = async (
  file: string,
  quarantine: string,
  known: UnsealedRecording,
  key: SigningKey,
): Promise<Recovered> => {
  await rm(`${file}.new`, { force: true });
  const size = await sizeOf(file);
  if (size === null) return known.indexedSize === 0 ? nothingFound : { ...nothingFound, damage: 'file is missing' };
  if (size < known.indexedSize) {
    return { ...nothingFound, damage: `the file has ${size} bytes, and ${known.indexedSize} were written` };
  }
  if (size === known.indexedSize) return nothingFound;
  const found = await lookBeyond(file, known, key);
  // NOTE what is adopted takes the place of pending batches, which are on disk: it must be there before they go.
  if (found.adopted.length > 0 || found.seal !== null) await syncFile(file, rootOf(file));
  const quarantined = found.end === size ? null : await setAside(file, found.end, quarantine);
  return { adopted: found.adopted, seal: found.seal, quarantined, damage: null };
};

/** The folder that holds YYYY/MM/DD. */
const rootOf = (file: string): string => path.dirname(path.dirname(path.dirname(path.dirname(file))));

const sizeOf = async (file: string): Promise<number | null> => {
  try {
    await using handle = await open(file, 'r');
    return (await handle.stat()).size;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
};

const setAside = async (file: string, end: number, quarantine: string): Promise<Recovered['quarantined']> => {
  const aside = path.join(quarantine, `${path.basename(file)}.from-${end}.${Date.now()}`);
  const bytes = await setTailAside(file, end, aside);
  if (end === 0) await rm(file);
  return { path: aside, bytes };
};

type Found = {
  readonly adopted: readonly AppendedChunk[];
  readonly seal: Recovered['seal'];
  /** Where what is valid ends. */
  readonly end: number;
};

const lookBeyond = async (file: string, known: UnsealedRecording, key: SigningKey): Promise<Found> => {
  await using handle = await open(file, 'r');
  const place = await placeOf(handle, known);
  if (place === null) return { adopted: [], seal: null, end: 0 };
  const adopted: AppendedChunk[] = [];
  let { chain, offset } = place;
  let firstEvent = known.nextPendingEvent;
  for (;;) {
    const found = await chunkAt(handle, known.locator, { offset, chain, firstEvent });
    if (found === null || !found.isWhole) break;
    const { chunk } = found;
    adopted.push(chunk);
    chain = chunk.row.chainHash;
    offset = chunk.indexedSize;
    firstEvent += chunk.row.eventCount;
  }
  const sealed = await sealAt(handle, file, { offset, chain, firstEvent }, key);
  // A header with nothing behind it is none of a recording: the first chunk brings it along again.
  const end = adopted.length === 0 ? known.indexedSize : offset;
  return { adopted, seal: sealed, end: sealed?.indexedSize ?? end };
};

/** Where the catalog's knowledge ends; null when the file's header is not this recording's. */
const placeOf = async (
  handle: FileHandle,
  { recording, indexedSize }: UnsealedRecording,
): Promise<Pick<Place, 'offset' | 'chain'> | null> => {
  if (indexedSize > 0 && recording.headHash !== null) return { offset: indexedSize, chain: recording.headHash };
  const head = await readHeaderFrame(handle);
  if (head === null || head.header.recordingId !== recording.recordingId) return null;
  return { offset: head.storedSize, chain: head.hash };
};
