import type { SessionOrderField } from '../../model/session-filter.ts';
import type { SessionPart, SessionParts } from '../../model/session-parts.ts';
import type { SessionRow } from './session-row.ts';

type Column = keyof SessionRow;

/** What sessionOf makes each part of. */
const columnsOfParts: Readonly<Record<SessionPart, readonly Column[]>> = {
  sessionId: ['session_id'],
  position: ['position'],
  producer: ['producer'],
  protocol: ['protocol'],
  upstream: ['upstream'],
  status: ['status'],
  'user.identity': ['user_identity'],
  'user.email': ['user_email'],
  'user.name': ['user_name'],
  'user.picture': ['user_picture'],
  'user.sub': ['user_sub'],
  'user.nickname': ['user_nickname'],
  'user.isServiceAccount': ['user_is_service_account'],
  'socket.socketId': ['socket_id'],
  'socket.name': ['socket_name'],
  'socket.protocol': ['protocol'],
  'client.ip': ['client_ip'],
  'client.port': ['client_port'],
  'client.software': ['client_software'],
  'client.location': ['client_location'],
  'server.name': ['server_name'],
  'server.port': ['server_port'],
  sshUser: ['ssh_user'],
  startedAtMs: ['started_ms'],
  lastSeenAtMs: ['last_seen_ms'],
  endedAtMs: ['ended_ms'],
  endReason: ['end_reason'],
  durationMs: ['duration_ms'],
  authInfo: ['auth_info'],
  denyReason: ['deny_reason'],
  attemptCount: ['attempt_count'],
  kill: ['kill_requested_ms', 'kill_requested_by', 'kill_reason', 'kill_confirmed_ms'],
  labels: ['labels'],
  recordingState: ['recording_state'],
  recordingStateReason: ['recording_state_reason'],
  recordingCount: ['recording_count'],
  epoch: ['epoch'],
  revision: ['revision'],
};

/** What a session is known and placed by in a list, whatever is wanted of it. */
const placing: Readonly<Record<SessionOrderField, readonly Column[]>> = {
  STARTED_AT: ['position', 'session_id'],
  LAST_SEEN_AT: ['position', 'session_id', 'last_seen_ms'],
  DURATION: ['position', 'session_id', 'duration_ms'],
};

/** Of pages of which the rows are read later. */
export const positionAlone = 'sessions.position';

/**
 * What is read of the sessions of a page, for SQL.
 * NOTE never client_ip_key, which is only looked up by: the object that a blob of each row becomes takes half as long as all
 * else. Each column of 50 rows costs as much as one row of all columns.
 */
export const sessionColumns = (parts: SessionParts, order: SessionOrderField): string => {
  const before = known[order].get(parts ?? everything);
  if (before !== undefined) return before;
  const columns = columnsOf(parts, order);
  known[order].set(parts ?? everything, columns);
  return columns;
};

/** What all parts are known by. */
const everything = {};
const known: Readonly<Record<SessionOrderField, WeakMap<object, string>>> = {
  STARTED_AT: new WeakMap(),
  LAST_SEEN_AT: new WeakMap(),
  DURATION: new WeakMap(),
};

const columnsOf = (parts: SessionParts, order: SessionOrderField): string => {
  const wanted = parts === null ? Object.values(columnsOfParts) : parts.map((part) => columnsOfParts[part]);
  return [...new Set([...placing[order], ...wanted.flat()])].map((column) => `sessions.${column}`).join(', ');
};
