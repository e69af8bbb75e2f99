/** What the thread that copies a catalog is begun with. */
export type CopyData = {
  readonly path: string;
  /** better-sqlite3's addon; null: the one in its package. */
  readonly nativeBinding: string | null;
  /** Where the copy goes once it is whole. */
  readonly copy: string;
  /** Where it is written until then, in the same folder. */
  readonly unfinished: string;
};
