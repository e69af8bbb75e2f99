import { nodePtyFiles } from './assets.ts';

/** The addon of @lydell/node-pty. */
export type NativeTerminal = {
  /** @param environment `NAME=value`. @param onExit with the status, and the number of the signal or 0 */
  fork(
    file: string,
    args: readonly string[],
    environment: readonly string[],
    folder: string,
    columns: number,
    rows: number,
    userId: number,
    groupId: number,
    isUtf8: boolean,
    helper: string,
    onExit: (status: number, signal: number) => void,
  ): { readonly fd: number; readonly pid: number };
  resize(fd: number, columns: number, rows: number): void;
};

type Loaded = {
  readonly native: NativeTerminal;
  /** Path of an executable that only macOS needs; else any text. */
  readonly helper: string;
};

/** @throws when there is no addon for this platform, or it cannot be unpacked */
export const loadNativeTerminal = (): Loaded => {
  const { addon, helper } = nodePtyFiles();
  const loaded = { exports: {} };
  process.dlopen(loaded, addon);
  return { native: loaded.exports as NativeTerminal, helper: helper ?? 'unused' };
};
