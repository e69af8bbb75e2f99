import type { RecordingId, SessionId, SocketId } from '../../model/ids.ts';
import type { KillRequest } from '../../model/intake.ts';
import type { Recording, RecordingKind, RecordingState } from '../../model/recording.ts';
import type { SessionEvent } from '../../model/session-event.ts';
import type {
  Location,
  Session,
  SessionEventKind,
  SessionKill,
  SessionProtocol,
  SessionStatus,
  User,
} from '../../model/session.ts';
import type { PendingBatch } from './catalog.ts';
import type { ChunkRow } from './chunk-row.ts';
import type {
  BatchesTable,
  ChunksTable,
  RecordingsTable,
  SessionEventsTable,
  SessionsTable,
  UsersTable,
} from './tables.ts';

/** Without what is only looked up by. */
export type SessionRow = Readonly<Omit<SessionsTable, 'client_ip_key'>>;
export type RecordingRow = Omit<RecordingsTable, 'recording_key'> & {
  readonly recording_key: number;
  readonly session_id: string;
};
export type SessionEventRow = Omit<SessionEventsTable, 'position'> & {
  readonly position: number;
  readonly session_id: string;
};

const killOf = (row: SessionRow): SessionKill | null =>
  row.kill_requested_ms == null
    ? null
    : {
        requestedAtMs: row.kill_requested_ms,
        requestedBy: row.kill_requested_by ?? '',
        reason: row.kill_reason,
        confirmedAtMs: row.kill_confirmed_ms,
      };

/** What its producer is told; null unless it is to be cut now. */
export const killRequestOf = (row: SessionRow): KillRequest | null =>
  row.status === 'KILLING' && row.kill_requested_ms !== null
    ? {
        sessionId: row.session_id as SessionId,
        requestedAtMs: row.kill_requested_ms,
        requestedBy: row.kill_requested_by ?? '',
        reason: row.kill_reason,
      }
    : null;

/** Of a column with JSON in it. Undefined: it was not read. */
const parsed = <Value>(json: string | null | undefined): Value | null =>
  json == null ? null : (JSON.parse(json) as Value);

/**
 * Columns that were not read are parts that nobody wants: see SessionParts.
 * @param log the name of the log that the row's revision is a position of
 */
export const sessionOf = (row: SessionRow, log: string): Session => ({
  sessionId: row.session_id as SessionId,
  position: row.position,
  producer: row.producer,
  protocol: row.protocol as SessionProtocol,
  upstream: row.upstream,
  status: row.status as SessionStatus,
  user: {
    identity: row.user_identity,
    email: row.user_email,
    name: row.user_name,
    picture: row.user_picture,
    sub: row.user_sub,
    nickname: row.user_nickname,
    isServiceAccount: row.user_is_service_account !== 0,
  },
  socket: { socketId: row.socket_id as SocketId, name: row.socket_name, protocol: row.protocol as SessionProtocol },
  client: {
    ip: row.client_ip,
    port: row.client_port,
    software: row.client_software,
    location: parsed<Location>(row.client_location),
  },
  server: { name: row.server_name, port: row.server_port },
  sshUser: row.ssh_user,
  startedAtMs: row.started_ms,
  lastSeenAtMs: row.last_seen_ms,
  endedAtMs: row.ended_ms,
  endReason: row.end_reason,
  durationMs: row.duration_ms,
  authInfo: row.auth_info,
  denyReason: row.deny_reason,
  attemptCount: row.attempt_count,
  kill: killOf(row),
  labels: parsed<Record<string, unknown>>(row.labels),
  recordingState: row.recording_state as RecordingState,
  recordingStateReason: row.recording_state_reason,
  recordingCount: row.recording_count,
  epoch: row.epoch,
  revision: { log, position: row.revision },
});

export const userOf = (row: Omit<UsersTable, 'user_key'>): User => ({
  identity: row.identity,
  email: row.email,
  name: row.name,
  picture: row.picture,
  sub: row.sub,
  nickname: row.nickname,
  isServiceAccount: row.is_service_account !== 0,
});

export const recordingOf = (row: RecordingRow): Recording => ({
  recordingId: row.recording_id as RecordingId,
  sessionId: row.session_id as SessionId,
  position: row.recording_key,
  continues: row.continues as RecordingId | null,
  kind: row.kind as RecordingKind,
  state: row.state as RecordingState,
  stateReason: row.state_reason,
  startedAtMs: row.started_ms,
  durationMs: row.duration_ms,
  eventCount: row.event_count,
  chunkCount: row.chunk_count,
  storedSize: row.indexed_size,
  rawSize: row.raw_size + row.pending_bytes,
  columns: row.columns,
  rows: row.rows,
  headHash: row.head_hash,
  signature: row.signature,
  keyId: row.key_id,
});

export const sessionEventOf = (row: SessionEventRow): SessionEvent => ({
  eventId: row.event_id,
  sessionId: row.session_id as SessionId,
  position: row.position,
  atMs: row.at_ms,
  kind: row.kind as SessionEventKind,
  message: row.message,
  actor: row.actor,
  recordingId: row.recording_id as RecordingId | null,
  timeMs: row.time_ms,
  details: row.details === null ? null : (JSON.parse(row.details) as Record<string, unknown>),
});

export const chunkOf = (row: ChunksTable): ChunkRow => ({
  firstEvent: row.first_event,
  eventCount: row.event_count,
  firstMs: row.first_ms,
  lastMs: row.last_ms,
  rawSize: row.raw_size,
  storedSize: row.stored_size,
  locator: row.locator,
  frameHash: row.frame_hash,
  chainHash: row.chain_hash,
});

export const batchOf = (row: BatchesTable): PendingBatch => ({
  firstEvent: row.first_event,
  eventCount: row.event_count,
  firstMs: row.first_ms,
  lastMs: row.last_ms,
  msgpack: row.msgpack,
});
