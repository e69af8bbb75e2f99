/** What script(1) writes into the output itself: when it began, and of what. */
export type ScriptStarted = {
  /** As it stands there. */
  readonly at: string;
  /** TERM, TTY, COLUMNS, LINES, COMMAND. */
  readonly fields: Readonly<Record<string, string>>;
};

/** Bytes of the first line, above which it is output. */
export const STARTED_LINE_BYTES_MAX = 8192;

const decoder = new TextDecoder();

/** The line that script(1) puts before the output; null when the first line is another. @param head the file's first bytes */
export const readStarted = (head: Uint8Array): { readonly started: ScriptStarted; readonly size: number } | null => {
  const end = head.subarray(0, STARTED_LINE_BYTES_MAX).indexOf(0x0a);
  if (end === -1) return null;
  const match = /^Script started on (.+?)(?: \[(.*)\])?\s*$/.exec(decoder.decode(head.subarray(0, end)));
  if (match === null) return null;
  return { started: { at: match[1] ?? '', fields: fieldsOf(match[2] ?? '') }, size: end + 1 };
};

const fieldsOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text.matchAll(/\b([A-Z_]{1,32})="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );

/** Bytes of the end of a file in which the last line is looked for. */
export const DONE_BYTES_MAX = 1024;

/** The line that script(1) puts after the output: where it begins, and the status it names. Null when there is none. */
export const readDone = (
  tail: Uint8Array,
): { readonly start: number; readonly fields: Readonly<Record<string, string>> } | null => {
  const text = new TextDecoder('latin1').decode(tail);
  const match = /\r?\nScript done on [^\n]{1,512}\s*$/.exec(text);
  if (match === null) return null;
  return { start: match.index, fields: fieldsOf(match[0]) };
};
