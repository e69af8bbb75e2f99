import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** Where what could not be sent is kept, for this user, unless told otherwise (XDG Base Directory Specification: state). */
export const defaultSpoolFolder = (env: NodeJS.ProcessEnv): string => {
  const state = env['XDG_STATE_HOME'];
  const root = state !== undefined && path.isAbsolute(state) ? state : path.join(homedir(), '.local', 'state');
  return path.join(root, 'reeltime', 'spool');
};

/**
 * Makes the folder where it is not, for this user only. It holds what people saw: another's folder, and one that others may
 * write to, is none. @throws saying why, or what the disk says
 */
export const provideSpoolFolder = (folder: string): string => {
  const absolute = path.resolve(folder);
  makeFolders(absolute);
  const stat = lstatSync(absolute);
  const isOwn = process.getuid === undefined || stat.uid === process.getuid();
  if (!stat.isDirectory() || !isOwn || (stat.mode & 0o022) !== 0) {
    throw new Error(`${absolute} is not a folder that only this user can write to`);
  }
  return absolute;
};

/** NOTE not `recursive`: Node retries for ever where a parent can never be made, such as under /proc. */
const makeFolders = (folder: string): void => {
  if (existsSync(folder)) return;
  makeFolders(path.dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another recorder was faster.
    if (!existsSync(folder)) throw error;
  }
};
