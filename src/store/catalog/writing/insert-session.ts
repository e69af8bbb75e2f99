import type { FileHeader } from '../../../format/file-header.ts';
import { addressKey } from '../../../model/ip-range.ts';
import { foldCase } from '../fold-case.ts';
import { freePosition } from '../session-position.ts';
import type { SessionsTable } from '../tables.ts';
import type { WriteContext } from './write-context.ts';

/** Who, what, where and when: what is known of a session from its begin. */
export type SessionOrigin = FileHeader['session'];

/**
 * Adds a session that the catalog does not have, and remembers its user and socket as known today.
 * @param rest its status, and what else is known of it already
 * @returns its position
 */
export const insertSession = (
  context: WriteContext,
  origin: SessionOrigin,
  rest: Pick<SessionsTable, 'status'> &
    Partial<Pick<SessionsTable, 'ended_ms' | 'end_reason' | 'deny_reason' | 'lost_ms'>>,
): number => {
  const position = freePosition(context.database, origin.startedAtMs);
  const revision = context.nextRevision();
  const row: SessionsTable = { ...newRow(origin), ...rest, position, revision, created_revision: revision };
  const columns = Object.keys(row);
  const places = columns.map(() => '?').join(', ');
  context.run(`INSERT INTO sessions (${columns.join(', ')}) VALUES (${places})`, ...Object.values(row));
  context.noteNewSession(position);
  rememberUser(context, origin);
  rememberSocket(context, origin);
  return position;
};

const newRow = (
  origin: SessionOrigin,
): Omit<SessionsTable, 'position' | 'status' | 'revision' | 'created_revision'> => ({
  session_id: origin.sessionId,
  producer: origin.producer,
  protocol: origin.protocol,
  upstream: origin.upstream,
  user_identity: origin.user.identity,
  user_identity_key: foldCase(origin.user.identity),
  user_email: origin.user.email,
  user_email_key: origin.user.email === null ? null : foldCase(origin.user.email),
  user_name: origin.user.name,
  user_picture: origin.user.picture,
  user_sub: origin.user.sub,
  user_nickname: origin.user.nickname,
  user_is_service_account: origin.user.isServiceAccount ? 1 : 0,
  socket_id: origin.socket.socketId,
  socket_name: origin.socket.name,
  client_ip: origin.client.ip,
  client_ip_key: addressKeyOf(origin.client.ip),
  client_port: origin.client.port,
  client_software: origin.client.software,
  client_location: origin.client.location === null ? null : JSON.stringify(origin.client.location),
  server_name: origin.server.name,
  server_port: origin.server.port,
  ssh_user: origin.sshUser,
  started_ms: origin.startedAtMs,
  last_seen_ms: origin.startedAtMs,
  ended_ms: null,
  end_reason: null,
  duration_ms: 0,
  auth_info: origin.authInfo,
  deny_reason: null,
  attempt_count: 1,
  kill_requested_ms: null,
  kill_requested_by: null,
  kill_reason: null,
  kill_confirmed_ms: null,
  labels: origin.labels === null ? null : JSON.stringify(origin.labels),
  recording_state: 'NONE',
  recording_state_reason: null,
  recording_count: 0,
  epoch: 1,
  ended_revision: 0,
  lost_ms: null,
});

const addressKeyOf = (ip: string): Buffer | null => {
  const key = addressKey(ip);
  return key === null ? null : Buffer.from(key);
};

const rememberUser = (context: WriteContext, { user, startedAtMs }: SessionOrigin): void => {
  context.run(
    `INSERT INTO users (identity_key, identity, email, name, picture, sub, nickname, is_service_account, last_seen_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (identity_key) DO UPDATE SET
       email = coalesce(excluded.email, email), name = coalesce(excluded.name, name),
       picture = coalesce(excluded.picture, picture), sub = coalesce(excluded.sub, sub),
       nickname = coalesce(excluded.nickname, nickname), is_service_account = excluded.is_service_account,
       last_seen_ms = excluded.last_seen_ms
     WHERE excluded.last_seen_ms >= last_seen_ms`,
    foldCase(user.identity),
    user.identity,
    user.email,
    user.name,
    user.picture,
    user.sub,
    user.nickname,
    user.isServiceAccount ? 1 : 0,
    startedAtMs,
  );
};

const rememberSocket = (context: WriteContext, { socket, startedAtMs }: SessionOrigin): void => {
  context.run(
    `INSERT INTO sockets (socket_id, name, protocol, last_used_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT (socket_id) DO UPDATE SET
       name = excluded.name, protocol = excluded.protocol, last_used_ms = excluded.last_used_ms
     WHERE excluded.last_used_ms >= last_used_ms`,
    socket.socketId,
    socket.name,
    socket.protocol,
    startedAtMs,
  );
};
