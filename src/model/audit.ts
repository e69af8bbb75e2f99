import type { Caller } from './viewer.ts';

/** All that the audit log tells of. */
export const auditActions = [
  'sign-in',
  'sign-in.refused',
  'sign-out',
  'access.refused',
  'token.created',
  'token.revoked',
  'recording.watched',
  'recording.downloaded',
  'sessions.exported',
  'searched',
  'session.killed',
  'recordings.erased',
  'person.forgotten',
  'setting.changed',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** Who did something, and how they came. */
export type AuditActor = {
  /** The name of the user or token. It stands in the log as a pseudonym, which can be cut loose from it. */
  readonly name: string;
  /** See Viewer.credential. */
  readonly credential: string;
  readonly ip: string | null;
  readonly client: string | null;
  readonly requestId: string | null;
};

/** An entry to add. */
export type NewAuditEntry = {
  readonly atMs: number;
  readonly actor: AuditActor;
  readonly action: AuditAction;
  /** What it was done to: `session <id>`, `recording <id>`, `token <id>` …, never a person's name. */
  readonly target: string | null;
  /** At most AUDIT_DETAILS_BYTES_MAX of JSON, and never a secret. */
  readonly details: Readonly<Record<string, unknown>> | null;
};

/** An entry as it stands in the log. */
export type AuditEntry = {
  readonly entryId: string;
  /** Its number in the chain, from 1. */
  readonly position: number;
  readonly atMs: number;
  /** The name; for somebody who was forgotten, the pseudonym that is left. */
  readonly actor: string;
  readonly credential: string;
  readonly action: AuditAction;
  readonly target: string | null;
  /** Null also when the person was forgotten. */
  readonly ip: string | null;
  readonly client: string | null;
  readonly requestId: string | null;
  readonly details: Readonly<Record<string, unknown>> | null;
  /** SHA-256 over the entry before it and this one. */
  readonly hash: Uint8Array;
};

/** Every field that is not null must hold. */
export type AuditFilter = {
  /** The whole name. */
  readonly actor: string | null;
  readonly actions: readonly string[] | null;
  /** The whole target. */
  readonly target: string | null;
  /** Inclusive. */
  readonly fromMs: number | null;
  /** Exclusive. */
  readonly beforeMs: number | null;
};

/** What a check of the whole chain found. */
export type AuditVerdict = {
  readonly ok: boolean;
  /** Entries that were read. */
  readonly entryCount: number;
  /** The first entry that does not hold; null when all do. */
  readonly badPosition: number | null;
  /** The newest entry's number and hash: who keeps them elsewhere can prove later that nothing before was changed or cut off. */
  readonly headPosition: number;
  readonly headHash: Uint8Array;
  /** One line for people. */
  readonly message: string;
};

/** This process, for whoever started it. */
export const processActor: AuditActor = {
  name: 'local',
  credential: 'process',
  ip: null,
  client: null,
  requestId: null,
};

/** The caller as an actor. */
export const actorOf = ({ viewer, ip, client, requestId }: Caller): AuditActor => ({
  name: viewer.name,
  credential: viewer.credential,
  ip,
  client,
  requestId,
});
