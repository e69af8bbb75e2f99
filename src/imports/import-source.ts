/** A log or a recording in a file. */
export type ImportSource = {
  /** Its name without folders; `-` for standard input. */
  readonly fileName: string;
  /** Opens it from the beginning, decompressed. May be called again. */
  readonly open: () => AsyncIterable<Uint8Array>;
  /** Milliseconds since the epoch: when it began, or ended, where neither the content nor the caller says. */
  readonly modifiedAtMs: number;
  /** A regular file of the same folder, by its name without folders; null when there is none. */
  readonly sibling: (name: string) => ImportSource | null;
};

/** What formats are chosen by. */
export type FileHead = {
  /** The file's name without folders; `-` for standard input. */
  readonly name: string;
  /** The first HEAD_BYTES_MAX, decompressed. */
  readonly bytes: Uint8Array;
  /** Names of the regular files of its folder, itself among them; none for standard input. */
  readonly siblings: ReadonlySet<string>;
};

/** Bytes of a FileHead: enough for every format to know itself. */
export const HEAD_BYTES_MAX = 64 * 1024;
