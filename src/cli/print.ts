import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Why the reader of a pipe that stopped reading is nobody's mistake: `reeltime list | head`. */
const isGone = (error: unknown): boolean => (error as NodeJS.ErrnoException | null)?.code === 'EPIPE';

/**
 * Writes pieces to standard output as fast as they are read there, and no faster. Resolves when all is written, or nobody
 * reads any more. @throws what the pieces throw, and an AbortError
 */
export const print = async (
  pieces: AsyncIterable<string | Uint8Array> | Iterable<string>,
  signal: AbortSignal,
): Promise<void> => {
  try {
    await pipeline(Readable.from(pieces), process.stdout, { signal, end: false });
  } catch (error) {
    if (!isGone(error)) throw error;
  }
};
