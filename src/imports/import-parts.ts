import type { Intake, Producer } from '../model/intake.ts';

/** A hash that is fed piece by piece. */
export type HashStream = { update(bytes: Uint8Array): void; digest(): Uint8Array };

export type ImportParts = {
  readonly intake: Intake;
  readonly producer: Producer;
  /** SHA-256. */
  readonly newHash: () => HashStream;
  /** Sessions that are being fed by this process: a second file of the same content waits for the first. */
  readonly claims: Map<string, Promise<void>>;
};
