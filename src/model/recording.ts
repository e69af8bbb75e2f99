import type { RecordingId, SessionId } from './ids.ts';

export const recordingKinds = ['TERMINAL', 'DATABASE', 'HTTP', 'KUBERNETES', 'BROWSER'] as const;
export type RecordingKind = (typeof recordingKinds)[number];

export const recordingStates = ['NONE', 'LIVE', 'COMPLETE', 'PARTIAL', 'CORRUPT', 'EXPIRED', 'ERASED'] as const;
/** How a recording is. NONE is a session's: it has no recording. */
export type RecordingState = (typeof recordingStates)[number];

/** Worst first: a session shows the first of these that one of its recordings is in. */
const worstFirst: readonly RecordingState[] = ['CORRUPT', 'PARTIAL', 'LIVE', 'ERASED', 'EXPIRED', 'COMPLETE', 'NONE'];

/** The state that a session shows for its recordings' states. */
export const worstRecordingState = (states: readonly RecordingState[]): RecordingState =>
  worstFirst.find((state) => states.includes(state)) ?? 'NONE';

/** What happened, as a stream of events. Times are milliseconds since the epoch; sizes are bytes. */
export type Recording = {
  readonly recordingId: RecordingId;
  readonly sessionId: SessionId;
  /** Order of opening within the session: what cursors hold. */
  readonly position: number;
  readonly continues: RecordingId | null;
  readonly kind: RecordingKind;
  readonly state: RecordingState;
  /** One line for people; null when COMPLETE or LIVE. */
  readonly stateReason: string | null;
  readonly startedAtMs: number;
  /** From the start to the last event. */
  readonly durationMs: number;
  readonly eventCount: number;
  /** Closed chunks. */
  readonly chunkCount: number;
  /** Bytes on disk. */
  readonly storedSize: number;
  /** Bytes of msgpack after decompression, pending batches included. */
  readonly rawSize: number;
  readonly columns: number | null;
  readonly rows: number | null;
  /** Chain hash after the last closed chunk, 32 bytes; null before the first, when nothing is stored. */
  readonly headHash: Uint8Array | null;
  /** Ed25519 signature of the seal, 64 bytes; null until sealed. */
  readonly signature: Uint8Array | null;
  readonly keyId: string | null;
};
