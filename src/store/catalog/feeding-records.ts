import type { Visibility } from '../../model/access.ts';
import type { NewAuditEntry } from '../../model/audit.ts';
import type { RecordingId, SessionId, SocketId } from '../../model/ids.ts';
import type { AppendEvents, Heartbeat, OpenRecording, OpenSession } from '../../model/intake.ts';
import type { Recording } from '../../model/recording.ts';
import type { SessionFilter } from '../../model/session-filter.ts';
import type { Location, Session } from '../../model/session.ts';

/** The part of the catalog that is written while sessions run: opened, fed, lost, resumed, cut, closed. */
export interface FeedingWriter {
  /**
   * Opens a session, or opens it again with a newer epoch: one that was LOST is ACTIVE then. A refused attempt that is like
   * one of the last ALIKE_ATTEMPTS_MS is counted there, once however often it is told.
   * @throws Conflict (same id, other who or what), NotFound (another producer's), SessionEnded, SessionKilled
   */
  openSession(input: OpenSessionWrite): Promise<OpenedSessionRow>;
  /** @throws as openSession, and Fenced */
  openRecording(input: OpenRecordingWrite): Promise<OpenedRecordingRow>;
  /**
   * Keeps the batch's events that are not there yet. A LOST session is ACTIVE again. MUST check the bytes, and keep nothing of
   * a batch that it refuses.
   * @throws InvalidInput, NotFound, EventGap, Fenced, Conflict, SessionEnded, SessionKilled
   */
  appendBatch(input: AppendBatchWrite): Promise<AppendedBatch>;
  /** ACTIVE or LOST → KILLING; the first kill stands. @throws NotFound, SessionEnded, Conflict (DENIED) */
  requestKill(input: RequestKillWrite): Promise<Session>;
  /**
   * The same for every ACTIVE session that is visible and matches, in one transaction, with one audit entry.
   * @returns how many: those that were asked for before are not counted. @throws InvalidInput beyond KILLED_AT_ONCE_MAX
   */
  requestKills(input: RequestKillsWrite): Promise<number>;
  /** Their producer says that they run: moves the last sign of life, and makes LOST ones ACTIVE again. */
  heartbeat(input: HeartbeatWrite): Promise<Heartbeat>;
  /**
   * The lease ran out: ACTIVE → LOST with its recordings PARTIAL and not sealed, KILLING → KILLED without confirmation. Others stay
   * as they are. @throws NotFound
   */
  loseSession(input: { readonly sessionId: SessionId; readonly atMs: number }): Promise<Session>;
  /**
   * Goes on in another recording: the old one wants its seal. Whoever feeds the old one by its id and ordinals feeds the new one:
   * appends are taken to it, whose own ordinals begin at 0. Repeating is the same. @throws NotFound, Conflict (it is sealed)
   */
  rotateRecording(input: RotateRecordingWrite): Promise<Recording>;
  /** KILLING → KILLED. Repeating is the same. @throws NotFound, Conflict (no kill was asked for) */
  confirmKill(input: {
    readonly sessionId: SessionId;
    readonly producer: string;
    readonly atMs: number;
  }): Promise<Session>;
  /** ACTIVE or LOST → ENDED, KILLING → KILLED. Repeating is the same. @throws NotFound, Fenced, Conflict */
  closeSession(input: CloseSessionWrite): Promise<Session>;
}

/** A recording to open, with its id and place chosen. */
export type NewRecording = Omit<OpenRecording, 'recordingId'> & {
  readonly recordingId: RecordingId;
  /** Where its bytes will be, by the Recordings port. */
  readonly locator: string;
};

export type OpenSessionWrite = {
  readonly producer: string;
  readonly actor: string;
  /** With every id, identity and time filled in. */
  readonly session: Omit<OpenSession, 'sessionId' | 'startedAtMs' | 'recording'> & {
    readonly sessionId: SessionId;
    readonly startedAtMs: number;
  };
  readonly socketId: SocketId;
  readonly identity: string;
  readonly upstream: string;
  /** Where its client's address is; kept with the session. */
  readonly location: Location | null;
  readonly recording: NewRecording | null;
  readonly atMs: number;
};

export type OpenedSessionRow = {
  readonly session: Session;
  readonly recording: Recording | null;
  readonly nextEvent: number | null;
  readonly epoch: number;
};

export type OpenedRecordingRow = { readonly recording: Recording; readonly nextEvent: number };

export type OpenRecordingWrite = NewRecording & {
  readonly producer: string;
  readonly sessionId: SessionId;
  readonly epoch: number;
  readonly atMs: number;
};

export type AppendBatchWrite = AppendEvents & {
  readonly producer: string;
  readonly actor: string;
  readonly atMs: number;
};

export type AppendedBatch = {
  readonly sessionId: SessionId;
  /** The one that the events went to: the one that was named, or the newest that goes on with it. */
  readonly recordingId: RecordingId;
  /** In the numbering of the recording that was named. */
  readonly nextEvent: number;
  /** What of the recording is in no closed chunk yet. */
  readonly pendingBytes: number;
  /** Set while the session is KILLING. */
  readonly kill: Session['kill'];
};

export type RequestKillWrite = {
  readonly visibility: Visibility;
  readonly sessionId: SessionId;
  readonly requestedBy: string;
  readonly reason: string | null;
  readonly atMs: number;
  /** Kept with the first request alone. */
  readonly audit: NewAuditEntry;
};

export type RequestKillsWrite = Omit<RequestKillWrite, 'sessionId'> & {
  readonly filter: SessionFilter;
  /** Only counts. */
  readonly isDryRun: boolean;
};

export type HeartbeatWrite = {
  readonly producer: string;
  readonly actor: string;
  readonly sessionIds: readonly SessionId[];
  readonly atMs: number;
};

export type RotateRecordingWrite = {
  readonly recordingId: RecordingId;
  /** Of the one that goes on, with the place of its bytes. */
  readonly next: { readonly recordingId: RecordingId; readonly locator: string };
  readonly atMs: number;
};

export type CloseSessionWrite = {
  readonly sessionId: SessionId;
  readonly producer: string;
  readonly epoch: number | null;
  readonly endedAtMs: number | null;
  readonly reason: string | null;
  readonly atMs: number;
};
