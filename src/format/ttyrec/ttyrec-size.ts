import { TERMINAL_CELLS_MAX } from '../../model/limits.ts';

/** Bytes of a recording's begin in which its writer may say how large the terminal is. */
const LOOKED_AT_BYTES = 4096;

/** CSI 8 ; rows ; columns t: what termrec(1) and others write first, since the format has no place for it. */
// oxlint-disable-next-line no-control-regex
const sizePattern = /\x1b\[8;(\d{1,5});(\d{1,5})t/;

/** The size that the first output sets; null when it sets none. @param head the file's first bytes, with headers or without */
export const sizeSaidIn = (head: Uint8Array): { readonly columns: number; readonly rows: number } | null => {
  const text = new TextDecoder('latin1').decode(head.subarray(0, LOOKED_AT_BYTES));
  const match = sizePattern.exec(text);
  const rows = Number(match?.[1] ?? 0);
  const columns = Number(match?.[2] ?? 0);
  const isSize = rows >= 1 && columns >= 1 && rows <= TERMINAL_CELLS_MAX && columns <= TERMINAL_CELLS_MAX;
  return isSize ? { columns, rows } : null;
};
