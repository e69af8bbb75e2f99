import { isCells } from '../asciicast/asciicast-header.ts';

/** Endings of files that are nothing but what a terminal was sent. */
const rawName = /\.(?:recording|raw|ansi|ans|vt|pty)$/i;

/** What stands before the last `__` of a name: several recordings may lie in one folder with their sizes. */
const prefixOf = (name: string): string => /^(?:.*__)?/s.exec(name)?.[0] ?? '';

/** The name of the file beside raw terminal bytes that has the terminal's size; null when they are not named as such. */
export const sizeNameOf = (rawFileName: string): string | null =>
  rawName.test(rawFileName) ? `${prefixOf(rawFileName)}size.json` : null;

/** The size in a `size.json`: `columns`, and `rows`, `lines` or `screen_lines`. Null when it has none. */
export const readRawSize = (text: string): { readonly columns: number; readonly rows: number } | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const fields = Object(value) as Record<string, unknown>;
  const columns = fields['columns'];
  const rows = fields['rows'] ?? fields['lines'] ?? fields['screen_lines'];
  return isCells(columns) && isCells(rows) ? { columns, rows } : null;
};
