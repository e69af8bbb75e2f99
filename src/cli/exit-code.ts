/** How the program ends. */
export const exitCodes = {
  done: 0,
  /** Something of what was asked could not be done; it was said what. */
  failed: 1,
  /** The command line or a setting is wrong. */
  usage: 2,
  /** Another process writes to the data folder. */
  inUse: 3,
  /** The data folder is of another version. */
  otherVersion: 4,
} as const;

/** The command line, a setting or a file of the caller's is wrong: its message is all that is shown. */
export class UsageError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number = exitCodes.usage) {
    super(message);
    this.exitCode = exitCode;
  }
}
