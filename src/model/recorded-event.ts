/**
 * One event of a recording: what `format` reads and writes. `payload` is what follows the code in the stored tuple:
 * `o` and `i` one Uint8Array, `r` columns and rows, `x` status and signal, `m` a label; structured ones are in
 * event-shapes.ts; unknown codes keep whatever they had.
 */
export type RecordedEvent = {
  /** Milliseconds from the recording's start; never decreases within a recording. */
  readonly timeMs: number;
  readonly code: string;
  readonly payload: readonly unknown[];
};

/** What a `gap` event says was lost, and why. */
export type GapPayload = {
  readonly lostEvents: number | null;
  readonly lostBytes: number | null;
  readonly cause: string;
};
