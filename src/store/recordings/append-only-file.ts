import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Unavailable } from '../../model/errors.ts';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
/** Seconds after which a write that the disk refused may be tried again. */
const RETRY_AFTER_SECONDS = 30;

/** The file is not as long as the catalog knows: bytes are missing, or were written and never indexed. */
export class UnexpectedSize extends Error {
  constructor(file: string, expected: number, got: number) {
    super(`${path.basename(file)} has ${got} bytes, and the catalog knows ${expected}`);
  }
}

/**
 * Makes the file with these bytes in one step: it is there whole, or not at all. On disk, with its name, when this resolves.
 * @throws Unavailable when the disk refuses
 */
export const createFile = async (file: string, bytes: Uint8Array): Promise<void> => {
  const folder = path.dirname(file);
  const unfinished = `${file}.new`;
  try {
    const firstMade = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    await writeNew(unfinished, bytes);
    await rename(unfinished, file);
    await syncFolders(folder, firstMade === undefined ? folder : path.dirname(firstMade));
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw refusedByDisk(error);
  }
};

const writeNew = async (file: string, bytes: Uint8Array): Promise<void> => {
  await using handle = await open(file, 'w', FILE_MODE);
  await writeWhole(handle, bytes, 0);
  await handle.datasync();
};

/**
 * Appends the bytes to a file of exactly `size` bytes. On disk when this resolves; otherwise the file is as it was.
 * @throws UnexpectedSize, Unavailable when the disk refuses
 */
export const appendToFile = async (file: string, size: number, bytes: Uint8Array): Promise<void> => {
  await using handle = await open(file, 'r+');
  const stats = await handle.stat();
  if (stats.size !== size) throw new UnexpectedSize(file, size, stats.size);
  try {
    await writeWhole(handle, bytes, size);
    await handle.datasync();
  } catch (error) {
    // NOTE after a failed sync the kernel forgets the pages, and a second sync "succeeds": so the bytes are cut off, and
    // whoever tries again writes them again, through another descriptor.
    await handle.truncate(size);
    throw refusedByDisk(error);
  }
};

/**
 * Moves what follows the first `size` bytes of the file into another file. The copy is on disk before the cut.
 * @returns how many bytes that were
 */
export const setTailAside = async (file: string, size: number, aside: string): Promise<number> => {
  await using handle = await open(file, 'r+');
  const stats = await handle.stat();
  const tail = Buffer.alloc(stats.size - size);
  await readWhole(handle, tail, size);
  await createFile(aside, tail);
  await handle.truncate(size);
  await handle.datasync();
  return tail.length;
};

/**
 * Has what is in the file on disk, with its name: whoever wrote it may have died before its sync.
 * @param outermost the outermost folder that may be new
 */
export const syncFile = async (file: string, outermost: string): Promise<void> => {
  {
    await using handle = await open(file, 'r+');
    await handle.datasync();
  }
  await syncFolders(path.dirname(file), outermost);
};

/** NOTE on a full disk a write is short and does not throw: every count is looked at. */
const writeWhole = async (handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> => {
  const { bytesWritten } = await handle.write(bytes, 0, bytes.length, position);
  if (bytesWritten !== bytes.length) throw new Error(`only ${bytesWritten} of ${bytes.length} bytes could be written`);
};

/** Fills the buffer from the position on. @returns false when the file ends before */
export const readWhole = async (handle: FileHandle, buffer: Uint8Array, position: number): Promise<boolean> => {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) return false;
    filled += bytesRead;
  }
  return true;
};

/** A new name is on disk when each folder from the innermost to `outermost` is. */
const syncFolders = async (innermost: string, outermost: string): Promise<void> => {
  for (let folder = innermost; ; folder = path.dirname(folder)) {
    await using handle = await open(folder, 'r');
    await handle.sync();
    if (folder === outermost || folder === path.dirname(folder)) return;
  }
};

const refusedByDisk = (cause: unknown): Unavailable =>
  new Unavailable('the disk did not take the recording', RETRY_AFTER_SECONDS, { cause });

/** Whether the error says that there is no such file. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
