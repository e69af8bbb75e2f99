import type { Generated } from 'kysely';

/** The catalog's tables, as migrations/ makes them. Times are milliseconds since the epoch, ids are lower-case UUIDs. */
export type Tables = {
  sessions: SessionsTable;
  users: UsersTable;
  sockets: SocketsTable;
  session_events: SessionEventsTable;
  recordings: RecordingsTable;
  chunks: ChunksTable;
  closings: ClosingsTable;
  batches: BatchesTable;
  folded_attempts: FoldedAttemptsTable;
  tokens: TokensTable;
  sign_ins: SignInsTable;
  audit_entries: AuditEntriesTable;
  audit_pseudonyms: AuditPseudonymsTable;
  kept_settings: KeptSettingsTable;
  signing_keys: SigningKeysTable;
  log: LogTable;
};

export type SessionsTable = {
  /** started_ms × 1024 + n: the row order is the start order. */
  position: number;
  session_id: string;
  producer: string;
  protocol: string;
  upstream: string;
  status: string;
  user_identity: string;
  /** Lower case, for filters. */
  user_identity_key: string;
  user_email: string | null;
  user_email_key: string | null;
  user_name: string | null;
  user_picture: string | null;
  user_sub: string | null;
  user_nickname: string | null;
  user_is_service_account: number;
  socket_id: string;
  socket_name: string;
  client_ip: string;
  /** As addressKey makes it; null for what is no address. */
  client_ip_key: Buffer | null;
  client_port: number | null;
  client_software: string | null;
  /** JSON of model's Location. */
  client_location: string | null;
  server_name: string;
  server_port: number;
  ssh_user: string | null;
  started_ms: number;
  last_seen_ms: number;
  ended_ms: number | null;
  end_reason: string | null;
  duration_ms: number;
  auth_info: string | null;
  deny_reason: string | null;
  attempt_count: number;
  kill_requested_ms: number | null;
  kill_requested_by: string | null;
  kill_reason: string | null;
  kill_confirmed_ms: number | null;
  /** JSON object. */
  labels: string | null;
  recording_state: string;
  recording_state_reason: string | null;
  recording_count: number;
  epoch: number;
  revision: number;
  /** Position of the log of changes when it was opened … */
  created_revision: number;
  /** … and when it ended; 0 until then. */
  ended_revision: number;
  /** When its lease ran out; null unless it is LOST. */
  lost_ms: number | null;
};

export type UsersTable = {
  user_key: Generated<number>;
  identity_key: string;
  identity: string;
  email: string | null;
  name: string | null;
  picture: string | null;
  sub: string | null;
  nickname: string | null;
  is_service_account: number;
  last_seen_ms: number;
};

export type SocketsTable = {
  socket_key: Generated<number>;
  socket_id: string;
  name: string;
  protocol: string;
  last_used_ms: number;
};

export type SessionEventsTable = {
  position: Generated<number>;
  event_id: string;
  session_position: number;
  at_ms: number;
  kind: string;
  message: string;
  actor: string | null;
  recording_id: string | null;
  time_ms: number | null;
  details: string | null;
};

export type RecordingsTable = {
  recording_key: Generated<number>;
  recording_id: string;
  session_position: number;
  continues: string | null;
  kind: string;
  state: string;
  state_reason: string | null;
  started_ms: number;
  duration_ms: number;
  event_count: number;
  chunk_count: number;
  /** Bytes of the stored file that are whole: what the index knows. */
  indexed_size: number;
  raw_size: number;
  columns: number | null;
  rows: number | null;
  head_hash: Buffer | null;
  signature: Buffer | null;
  key_id: string | null;
  locator: string;
  /** Ordinal of the first event in no closed chunk. */
  next_pending_event: number;
  pending_bytes: number;
  pending_since_ms: number | null;
  /** Where event 0 is in the numbering of the first recording that this one goes on with; 0 when there is none. */
  base_event: number;
  /** Its start, in milliseconds from that one's start. */
  base_ms: number;
  /** The newest recording that goes on with this one: what is sent to this one goes there. */
  newest_key: number | null;
  /** The terminal's size as last told; null when it was not resized. */
  last_columns: number | null;
  last_rows: number | null;
};

export type ChunksTable = {
  recording_key: number;
  first_event: number;
  event_count: number;
  first_ms: number;
  last_ms: number;
  raw_size: number;
  stored_size: number;
  locator: string;
  frame_hash: Buffer;
  chain_hash: Buffer;
};

/** Closed chunks in the order in which they were. Positions are given once. */
export type ClosingsTable = { position: Generated<number>; recording_key: number; first_event: number };

export type BatchesTable = {
  recording_key: number;
  first_event: number;
  event_count: number;
  first_ms: number;
  last_ms: number;
  msgpack: Buffer;
};

/** The id that a refused attempt came with which is counted in another one's session. */
export type FoldedAttemptsTable = {
  session_id: string;
  session_position: number;
  /** Its number there; the first attempt, which the session is named by, is 1. */
  attempt: number;
  at_ms: number;
};

export type TokensTable = {
  position: Generated<number>;
  token_id: string;
  name: string;
  /** Of the whole text. */
  sha256: Buffer;
  role: string;
  producer: string | null;
  created_ms: number;
  expires_ms: number | null;
  last_used_ms: number | null;
  revoked_ms: number | null;
};

export type SignInsTable = {
  sign_in_id: string;
  /** Of the secret in the cookie. */
  sha256: Buffer;
  token_id: string | null;
  name: string;
  role: string;
  created_ms: number;
  expires_ms: number;
};

/** Rows are only ever added. What is chained, and how, is in audit-chain.ts. */
export type AuditEntriesTable = {
  position: number;
  entry_id: string;
  /** The name of the log of changes at that time. */
  chain: string;
  at_ms: number;
  /** Pseudonym of a name. */
  actor: string;
  /** Pseudonym of an address and a program; null when neither is known. */
  origin: string | null;
  /** As Viewer.credential, without what is in it of a person. */
  credential: string;
  action: string;
  target: string | null;
  request_id: string | null;
  /** JSON object. */
  details: string | null;
  hash: Buffer;
};

/** What pseudonyms stand for, until it is forgotten. */
export type AuditPseudonymsTable = {
  pseudonym: string;
  kind: 'name' | 'origin';
  salt: Buffer;
  /** Pseudonym of the name that it belongs to; its own for a name. */
  person: string;
  text: string;
};

/** The settings that the server was last started with; secrets as fingerprints. */
export type KeptSettingsTable = { name: string; value: string | null };

export type SigningKeysTable = { key_id: string; public_key: Buffer; private_key: Buffer; created_ms: number };

/** One row: the name of the log of changes, and its newest position. */
export type LogTable = { log_id: string; position: number };
