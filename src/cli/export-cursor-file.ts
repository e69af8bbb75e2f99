import { access, constants, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { CURSOR_LENGTH_MAX } from '../model/limits.ts';
import { UsageError } from './exit-code.ts';

/** A file that keeps how far an export has come. There is one writer at a time. */
export type CursorFile = {
  /** Null when it is not there yet. @throws UsageError when it holds no cursor, or its folder cannot be written to */
  readonly read: () => Promise<string | null>;
  /** On disk, whole, when it resolves. */
  readonly write: (cursor: string) => Promise<void>;
};

/** Cursors are words. */
const cursorPattern = /^[\w.~-]+$/;

export const cursorFileAt = (file: string): CursorFile => ({
  read: async () => {
    await access(path.dirname(file), constants.W_OK).catch((error: Error) => {
      throw new UsageError(`${file} could not be written: ${error.message}`);
    });
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw new UsageError(`${file} cannot be read: ${error.message}`);
    });
    if (text === null) return null;
    const cursor = text.trim();
    if (cursor.length > CURSOR_LENGTH_MAX || !cursorPattern.test(cursor)) {
      throw new UsageError(`${file} holds no cursor: remove it to begin anew`);
    }
    return cursor;
  },
  write: async (cursor) => {
    const unfinished = `${file}.new`;
    // What an earlier run left; a link that somebody put there is not followed.
    await rm(unfinished, { force: true });
    {
      await using handle = await open(unfinished, 'wx', 0o600);
      await handle.writeFile(`${cursor}\n`);
      await handle.sync();
    }
    await rename(unfinished, file);
  },
});
