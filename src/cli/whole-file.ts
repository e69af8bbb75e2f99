import { lstat, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from './exit-code.ts';

/** For its owner alone. */
const FILE_MODE = 0o600;

/**
 * @throws UsageError when it exists and must not be replaced, or is no file: a device, pipe or folder. A link is replaced
 * itself, and what it names stays
 */
const mustBeFree = async (file: string, replace: boolean): Promise<void> => {
  const there = await lstat(file).catch(() => null);
  if (there === null) return;
  if (!there.isFile() && !there.isSymbolicLink()) throw new UsageError(`${file} is there already, and is no file`);
  if (!replace) throw new UsageError(`${file} is there already: --force writes over it`);
};

/**
 * Writes a file that is there whole or not at all: under another name beside it, which becomes its own when everything is on
 * disk. What was there before stays until then.
 * @param written called with the bytes of each piece
 * @throws UsageError when it exists and must not be replaced, or is no file; what the pieces throw, and then there is no file
 */
export const writeWholeFile = async (
  file: string,
  pieces: AsyncIterable<string | Uint8Array>,
  { replace, written }: { readonly replace: boolean; readonly written: (bytes: number) => void },
): Promise<void> => {
  await mustBeFree(file, replace);
  const unfinished = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.part`);
  const handle = await open(unfinished, 'wx', FILE_MODE);
  try {
    try {
      for await (const piece of pieces) {
        const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
        await handle.writeFile(bytes);
        written(bytes.length);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    // Somebody may have made it meanwhile.
    await mustBeFree(file, replace);
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
};
