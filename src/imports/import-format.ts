import type { ImportDefaults } from './import-defaults.ts';
import type { HashStream } from './import-parts.ts';
import type { FileHead, ImportSource } from './import-source.ts';
import type { ImportStep } from './import-step.ts';

/** What readers are given beside the file. */
export type ImportGiven = {
  readonly defaults: ImportDefaults;
  readonly signal: AbortSignal;
  /** SHA-256. */
  readonly newHash: () => HashStream;
  /** IANA name of the zone that times without one are of. */
  readonly timeZone: string;
  /** The terminal's size, of recordings of one. Absent: what the file says. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  /** Name of the file beside it that has a script(1) recording's times. Absent: found by its name. */
  readonly timing?: string | undefined;
  /** What lines of a PostgreSQL log begin with, as in the server's configuration. Absent: found out from the first lines. */
  readonly logLinePrefix?: string | undefined;
};

/** How a format is known. */
export type KnownFormat = {
  /** The word for `--format`. */
  readonly name: string;
  /** For people: "Kubernetes audit log". */
  readonly title: string;
  /** Whether the file begins as this format does. MUST NOT throw, whatever the bytes are. */
  readonly recognises: (head: FileHead) => boolean;
  /**
   * Whether the file belongs to another one of its folder, which is taken in with it (a timing file, a size): it is not taken
   * for itself then. Absent: never.
   */
  readonly isCompanion?: (head: FileHead) => boolean;
};

/** A format of files that are taken in step by step. */
export type ImportFormat = KnownFormat & {
  /**
   * Reads the file. Memory MUST NOT grow with the file: lines are bounded, and so are the sessions that are open at once
   * (SESSIONS_OPEN_MAX); those that are idle are closed. What is left open at the end is closed by who feeds the steps.
   * @throws NotARecording (reason, line) before the first `open` when the file is not of the format, or of no use; what the
   *   source throws; the signal's reason
   */
  readonly read: (source: ImportSource, given: ImportGiven) => AsyncGenerator<ImportStep, void, void>;
};
