import { createRequire as requireFrom } from 'node:module';
import path from 'node:path';
import { isSea } from 'node:sea';
import { unpackedAddon, unpackedSpawnHelper } from './assets.ts';

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

const packageName = `@lydell/node-pty-${process.platform}-${process.arch}`;

/** @throws when there is no addon for this platform, or it cannot be unpacked */
export const loadNativeTerminal = (): Loaded => (isSea() ? loadUnpacked() : loadInstalled());

const loadUnpacked = (): Loaded => {
  const file = unpackedAddon('node-pty');
  const loaded = { exports: {} };
  process.dlopen(loaded, file);
  const helper = process.platform === 'darwin' ? unpackedSpawnHelper(path.dirname(file)) : 'unused';
  return { native: loaded.exports as NativeTerminal, helper };
};

/** The package of a platform is the other package's to find. */
const loadInstalled = (): Loaded => {
  const ownRequire = requireFrom(import.meta.url);
  const require = requireFrom(ownRequire.resolve('@lydell/node-pty'));
  const native = require(`${packageName}/pty.node`) as NativeTerminal;
  const helper = process.platform === 'darwin' ? require.resolve(`${packageName}/spawn-helper`) : 'unused';
  return { native, helper };
};
