import { CHUNK_HEADER_SIZE } from '../../format/chunk-frame.ts';

/** Where a chunk is in a folder of files: the file, and where its zstd frame begins. */
export type ChunkPlace = { readonly file: string; readonly frameOffset: number };

export const writeChunkLocator = ({ file, frameOffset }: ChunkPlace): string => `${file}:${frameOffset}`;

export const readChunkLocator = (locator: string): ChunkPlace => {
  const colon = locator.lastIndexOf(':');
  const frameOffset = Number(locator.slice(colon + 1));
  if (colon < 1 || !Number.isSafeInteger(frameOffset) || frameOffset < CHUNK_HEADER_SIZE) {
    throw new Error(`not a place in a recording's file: ${locator}`);
  }
  return { file: locator.slice(0, colon), frameOffset };
};
