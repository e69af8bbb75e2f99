import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { DataFolder } from './data-folder.ts';

const contents = z.object({ url: z.url(), token: z.string().min(1), pid: z.int().positive() });

/** How verbs on the same machine reach the server that runs on a data folder. */
export type RunningServerFile = z.infer<typeof contents>;

/** Tells the verbs of this machine where the server is. Disposing takes it back. */
export const writeServerFile = (folder: DataFolder, server: RunningServerFile): Disposable => {
  const unfinished = `${folder.server}.new`;
  writeFileSync(unfinished, JSON.stringify(server), { mode: 0o600 });
  renameSync(unfinished, folder.server);
  return { [Symbol.dispose]: () => rmSync(folder.server, { force: true }) };
};

/** Null when no server has written it. A server that was killed leaves it behind: whoever asks finds out. */
export const readServerFile = (folder: DataFolder): RunningServerFile | null => {
  try {
    return contents.parse(JSON.parse(readFileSync(folder.server, 'utf8')));
  } catch {
    return null;
  }
};
