import type { OpenRecording, OpenSession } from '../model/intake.ts';
import type { RecordedEvent } from '../model/recorded-event.ts';
import type { ProducerEventKind } from '../model/session.ts';

/** A session as a file has it; its ids are made from its key. A denyReason makes it DENIED: nothing follows for its key. */
export type ImportedSession = Omit<OpenSession, 'sessionId' | 'startedAtMs' | 'recording'> & {
  /** Milliseconds since the epoch; what the times of its events count from. */
  readonly startedAtMs: number;
  readonly recording: Omit<OpenRecording, 'recordingId'> | null;
};

/** What a reader of a format says, in the order of the file. */
export type ImportStep =
  | {
      readonly kind: 'open';
      /**
       * Names the session for ever: the session's id is a UUIDv8 of SHA-256(producer, format, key), so the same log again, or
       * a longer one that has it too, is the same sessions. MUST be unique among the sessions of all files of the format: it
       * holds what tells them apart (host and process and time; or the hash of the content where a file is one session).
       */
      readonly key: string;
      readonly session: ImportedSession;
    }
  /** Of an opened session with a recording. Times that go backwards are set to the time before, and counted. */
  | { readonly kind: 'events'; readonly key: string; readonly events: readonly RecordedEvent[] }
  /** Told of an opened session, beside its recording. Details beyond LABELS_BYTES_MAX are left out. */
  | {
      readonly kind: 'tell';
      readonly key: string;
      readonly atMs: number;
      readonly event: ProducerEventKind;
      readonly message: string;
      readonly details: Record<string, unknown> | null;
    }
  /** Nothing follows for the key. An end before the start or before the last event is set to that. */
  | { readonly kind: 'close'; readonly key: string; readonly endedAtMs: number; readonly reason: string | null }
  /** A line (from 1) of the source that no session has. Counted; the first SKIPS_TOLD_MAX are told by line and reason. */
  | { readonly kind: 'skip'; readonly line: number; readonly reason: string };
