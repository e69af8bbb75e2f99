/**
 * A run of consecutive events of one recording as msgpack: `[startMs, "@", firstEvent]`, then `[deltaMs, code, ...payload]`
 * each. Closed chunks, pending batches joined, and the gap that stands for a damaged chunk all have this shape.
 */
export type Run = {
  readonly firstEvent: number;
  /** Ordinals that the run covers; the next one begins at firstEvent + eventCount. */
  readonly eventCount: number;
  /** Milliseconds from the recording's start of the first and the last event. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly msgpack: Uint8Array;
  /**
   * Bytes of a UTF-8 character of terminal output that began before this run and ends in it: at most 3. Text decoders
   * begin with them, so that a character cut by a run's edge shows whole, with the later event.
   */
  readonly carry: Uint8Array;
};
