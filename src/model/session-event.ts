import type { RecordingId, SessionId } from './ids.ts';
import type { SessionEventKind } from './session.ts';

/** Something about a session beside its recordings. */
export type SessionEvent = {
  /** UUID; a producer's own makes its retry safe. */
  readonly eventId: string;
  readonly sessionId: SessionId;
  /** Order within the session, ascending: what cursors hold. */
  readonly position: number;
  readonly atMs: number;
  readonly kind: SessionEventKind;
  /** One line for people. */
  readonly message: string;
  /** User or token that did it; null for the server itself. */
  readonly actor: string | null;
  readonly recordingId: RecordingId | null;
  /** From that recording's start. */
  readonly timeMs: number | null;
  readonly details: Readonly<Record<string, unknown>> | null;
};
