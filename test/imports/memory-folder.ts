import type { FileHead, ImportSource } from '../../src/imports/import-source.ts';
import { HEAD_BYTES_MAX } from '../../src/imports/import-source.ts';
import { testStartMs } from '../store/opened-folder.ts';

/** Files of one folder, by name. */
export type MemoryFolder = Readonly<Record<string, string | Uint8Array>>;

/** A file of the folder, whose bytes come in pieces of this size, and which was written at testStartMs. */
export const fileOf = (folder: MemoryFolder, name: string, pieceBytes = 64 * 1024): ImportSource => {
  const bytes = Buffer.from(folder[name] ?? '');
  return {
    fileName: name,
    modifiedAtMs: testStartMs,
    sibling: (other) => (Object.hasOwn(folder, other) ? fileOf(folder, other, pieceBytes) : null),
    async *open() {
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    },
  };
};

/** What its format is chosen by. */
export const headOf = (folder: MemoryFolder, name: string): FileHead => ({
  name,
  bytes: Buffer.from(folder[name] ?? '').subarray(0, HEAD_BYTES_MAX),
  siblings: new Set(Object.keys(folder)),
});
