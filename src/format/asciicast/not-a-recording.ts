/** A file that cannot be taken in: why, and at which line. */
export class NotARecording extends Error {
  readonly reason: string;
  /** From 1; null where the file has no lines, or the whole of it is meant. */
  readonly line: number | null;
  constructor(reason: string, line: number | null) {
    super(line === null ? reason : `line ${line}: ${reason}`);
    this.reason = reason;
    this.line = line;
  }
}
