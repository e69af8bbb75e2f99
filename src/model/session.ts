import type { SessionId, SocketId } from './ids.ts';
import type { Revision } from './revision.ts';
import type { RecordingState } from './recording.ts';

export const sessionProtocols = ['SSH', 'KUBERNETES', 'DATABASE', 'HTTP', 'TCP'] as const;
export type SessionProtocol = (typeof sessionProtocols)[number];

/**
 * ACTIVE → ENDED by a close. ACTIVE → KILLING by a kill → KILLED when the producer confirms or closes, or its lease runs
 * out. ACTIVE → LOST when the lease runs out; LOST is the owner's to resume. DENIED never ran.
 */
export const sessionStatuses = ['ACTIVE', 'KILLING', 'ENDED', 'KILLED', 'LOST', 'DENIED'] as const;
export type SessionStatus = (typeof sessionStatuses)[number];

/** Whether a session in this status may still take events. */
export const isRunning = (status: SessionStatus): boolean => status === 'ACTIVE' || status === 'KILLING';

/** Who, as it was when the session began: a value, not an entity. */
export type SessionUser = {
  /** What names the user within this log: the email where there is one, else what the protocol gave. */
  readonly identity: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly picture: string | null;
  /** Subject at the identity provider. */
  readonly sub: string | null;
  readonly nickname: string | null;
  readonly isServiceAccount: boolean;
};

/** What, as it was when the session began. */
export type SessionSocket = {
  readonly socketId: SocketId;
  readonly name: string;
  readonly protocol: SessionProtocol;
};

export type Location = {
  readonly city: string | null;
  readonly region: string | null;
  readonly country: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly countryCode: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
};

/** Where from. Location is null for private addresses, and where no GeoIP database is loaded. */
export type SessionClient = {
  readonly ip: string;
  readonly port: number | null;
  readonly software: string | null;
  readonly location: Location | null;
};

export type SessionServer = { readonly name: string; readonly port: number };

export type SessionKill = {
  readonly requestedAtMs: number;
  readonly requestedBy: string;
  readonly reason: string | null;
  /** When the producer confirmed the cut; null until then, and for ever when its lease ran out instead. */
  readonly confirmedAtMs: number | null;
};

/** One connection of a user to a socket. Times are milliseconds since the epoch. */
export type Session = {
  readonly sessionId: SessionId;
  /** Position in start order: what cursors of the STARTED_AT order hold. Unique within a catalog. */
  readonly position: number;
  /** Who opened it and may feed it: the producer name of a token. */
  readonly producer: string;
  readonly protocol: SessionProtocol;
  /** What stands behind the protocol, lower case: ssh, docker, postgresql … */
  readonly upstream: string;
  readonly status: SessionStatus;
  readonly user: SessionUser;
  readonly socket: SessionSocket;
  readonly client: SessionClient;
  readonly server: SessionServer;
  readonly sshUser: string | null;
  readonly startedAtMs: number;
  readonly lastSeenAtMs: number;
  readonly endedAtMs: number | null;
  readonly endReason: string | null;
  /** From start to end, or to the last sign of life while it runs. */
  readonly durationMs: number;
  readonly authInfo: string | null;
  readonly denyReason: string | null;
  readonly attemptCount: number;
  readonly kill: SessionKill | null;
  readonly labels: Readonly<Record<string, unknown>> | null;
  /** The worst of its recordings'. */
  readonly recordingState: RecordingState;
  readonly recordingStateReason: string | null;
  readonly recordingCount: number;
  /** Raised by every open: appends of an older one are refused. */
  readonly epoch: number;
  readonly revision: Revision;
};

/** A user as known today. */
export type User = SessionUser;
/** A socket as known today. */
export type Socket = SessionSocket;

export const sessionEventKinds = [
  'STARTED',
  'AUTHORIZED',
  'DENIED',
  'CLIENT_SOFTWARE',
  'POLICY',
  'KILL_REQUESTED',
  'KILLED',
  'ENDED',
  'LOST',
  'RESUMED',
  'WATCHED',
  'EXPORTED',
  'ERASED',
  'NOTE',
] as const;
export type SessionEventKind = (typeof sessionEventKinds)[number];

/** What a producer may tell; the rest is the server's own to say. */
export const producerEventKinds = ['AUTHORIZED', 'DENIED', 'CLIENT_SOFTWARE', 'POLICY', 'NOTE'] as const;
export type ProducerEventKind = (typeof producerEventKinds)[number];
