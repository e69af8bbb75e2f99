import type { RecordingId, SessionId, SocketId } from './ids.ts';
import type { Recording, RecordingKind } from './recording.ts';
import type { SessionEvent } from './session-event.ts';
import type { ProducerEventKind, Session, SessionProtocol } from './session.ts';

/** Who feeds: the producer name that owns the sessions, and the name that stands in their events. */
export type Producer = { readonly producer: string; readonly actor: string };

export type OpenRecording = {
  readonly recordingId: RecordingId | null;
  readonly kind: RecordingKind;
  readonly columns: number | null;
  readonly rows: number | null;
};

/** A session to open. Null where the producer does not know. */
export type OpenSession = {
  readonly sessionId: SessionId | null;
  readonly protocol: SessionProtocol;
  readonly upstream: string | null;
  readonly user: {
    readonly identity: string | null;
    readonly email: string | null;
    readonly name: string | null;
    readonly picture: string | null;
    readonly sub: string | null;
    readonly nickname: string | null;
    readonly isServiceAccount: boolean;
  };
  readonly socket: { readonly socketId: SocketId | null; readonly name: string };
  readonly client: { readonly ip: string; readonly port: number | null; readonly software: string | null };
  readonly server: { readonly name: string; readonly port: number };
  readonly sshUser: string | null;
  readonly authInfo: string | null;
  readonly labels: Readonly<Record<string, unknown>> | null;
  readonly startedAtMs: number | null;
  readonly denyReason: string | null;
  readonly recording: OpenRecording | null;
};

/** What a producer is told of a session and a recording of its own. */
export type FedSession = Pick<Session, 'sessionId' | 'status' | 'startedAtMs' | 'endedAtMs' | 'endReason' | 'kill'>;
export type FedRecording = Pick<Recording, 'recordingId' | 'kind' | 'state' | 'startedAtMs'>;
export type FedSessionEvent = Pick<SessionEvent, 'eventId' | 'atMs' | 'kind' | 'message'>;

export type OpenedSession = {
  readonly session: FedSession;
  readonly recording: FedRecording | null;
  /** Ordinal of the next event wanted; null without a recording. */
  readonly nextEvent: number | null;
  readonly epoch: number;
};

export type OpenedRecording = { readonly recording: FedRecording; readonly nextEvent: number };

/** Told to a producer: cut the session now, send what happened until then, and confirm. */
export type KillRequest = {
  readonly sessionId: SessionId;
  readonly requestedAtMs: number;
  readonly requestedBy: string;
  readonly reason: string | null;
};

export type AppendEvents = {
  readonly recordingId: RecordingId;
  readonly epoch: number;
  /** Ordinal of the batch's first event. */
  readonly firstEvent: number;
  /**
   * Consecutive msgpack arrays `[deltaMs, code, ...payload]`; the first deltaMs counts from the recording's start, the
   * others from the event before. At most BATCH_BYTES_MAX.
   */
  readonly msgpack: Uint8Array;
};

export type AppendedEvents = {
  /** All events before this ordinal are on disk. */
  readonly nextEvent: number;
  readonly kill: KillRequest | null;
};

export type CloseSession = {
  readonly sessionId: SessionId;
  readonly epoch: number | null;
  readonly endedAtMs: number | null;
  readonly reason: string | null;
};

/** Something that a producer tells about a session, beside its recordings. */
export type RecordSessionEvent = {
  readonly sessionId: SessionId;
  /** UUID; makes a retry safe. Null: made here, and a retry is another event. */
  readonly eventId: string | null;
  /** Null: now. */
  readonly atMs: number | null;
  readonly kind: ProducerEventKind;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | null;
};

export type Heartbeat = {
  /** Those of the sessions that the producer must cut now. */
  readonly kills: readonly KillRequest[];
  /** Those that are not there, are another producer's, or take nothing more. */
  readonly unknown: readonly SessionId[];
};

/**
 * The one door in. An implementation takes in sessions, in this process or over the network.
 *
 * - It MUST NOT acknowledge what is not on disk.
 * - Every call MUST be safe to repeat: ids and ordinals make a retry the same call.
 * - It MUST refuse with the closed family of errors.ts, and keep nothing of what it refuses.
 */
export interface Intake {
  /**
   * @throws InvalidInput, Conflict (same id, other who or what), NotFound (another producer's id), SessionEnded,
   *   SessionKilled, Unavailable
   */
  openSession(producer: Producer, input: OpenSession): Promise<OpenedSession>;
  /** One more recording in a session. @throws as openSession, and Fenced */
  openRecording(
    producer: Producer,
    input: { readonly sessionId: SessionId; readonly epoch: number } & OpenRecording,
  ): Promise<OpenedRecording>;
  /**
   * Events that are there already are passed over by their ordinal.
   * @throws InvalidInput, NotFound, EventGap (a hole), Fenced (an older epoch), Conflict (a pending overlap that differs),
   *   SessionEnded, SessionKilled
   */
  appendEvents(producer: Producer, input: AppendEvents): Promise<AppendedEvents>;
  /** Keeps the lease of quiet sessions, LOST ones too. @throws InvalidInput beyond HEARTBEAT_SESSIONS_MAX */
  heartbeat(producer: Producer, sessionIds: readonly SessionId[]): Promise<Heartbeat>;
  /** Also of a session that ended. Repeating is the same. @throws InvalidInput, NotFound, Conflict (another session has the id) */
  recordSessionEvent(producer: Producer, input: RecordSessionEvent): Promise<FedSessionEvent>;
  /** The producer has cut the session that it was told to kill: KILLING becomes KILLED. */
  confirmKill(producer: Producer, sessionId: SessionId): Promise<FedSession>;
  /** ACTIVE becomes ENDED, KILLING becomes KILLED; its recordings are sealed soon after. */
  closeSession(producer: Producer, input: CloseSession): Promise<FedSession>;
}
