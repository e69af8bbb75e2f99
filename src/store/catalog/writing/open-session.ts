import { Conflict, NotFound, SessionEnded, SessionKilled } from '../../../model/errors.ts';
import type { SessionId } from '../../../model/ids.ts';
import { isRunning, type Session } from '../../../model/session.ts';
import type { OpenedSessionRow, OpenSessionWrite } from '../catalog.ts';
import { foldCase } from '../session-query.ts';
import { freePosition } from '../session-position.ts';
import type { SessionRow } from '../session-row.ts';
import { insertRecording, reopenRecording } from './open-recording.ts';
import type { WriteContext } from './write-context.ts';

/** Opens a session, or opens it again with a newer epoch. */
export const openSession = (context: WriteContext, input: OpenSessionWrite): OpenedSessionRow => {
  const known = context.sessionRow(input.session.sessionId);
  return known === undefined ? openNew(context, input) : openAgain(context, input, known);
};

const openNew = (context: WriteContext, input: OpenSessionWrite): OpenedSessionRow => {
  const position = insertSession(context, input);
  rememberUser(context, input);
  rememberSocket(context, input);
  tellOpening(context, input, position);
  const denied = input.session.denyReason !== null;
  if (!denied && input.recording !== null)
    insertRecording(context, position, input.recording, input.session.startedAtMs, null);
  context.summariseRecordings(position);
  if (input.recording === null) explainAbsence(context, position, denied);
  return opened(context, context.touch(position), denied ? null : input.recording);
};

const opened = (
  context: WriteContext,
  session: Session,
  recording: OpenSessionWrite['recording'],
): OpenedSessionRow => {
  if (recording === null) return { session, recording: null, nextEvent: null, epoch: session.epoch };
  return { session, ...reopenRecording(context, session, recording), epoch: session.epoch };
};

const explainAbsence = (context: WriteContext, position: number, denied: boolean): void => {
  const reason = denied ? 'the attempt was refused' : 'recording is not enabled for the socket';
  context.run('UPDATE sessions SET recording_state_reason = ? WHERE position = ?', reason, position);
};

const openAgain = (context: WriteContext, input: OpenSessionWrite, known: SessionRow): OpenedSessionRow => {
  if (known.producer !== input.producer) throw new NotFound('no such session');
  const session = context.session(known.position);
  if (session.status === 'DENIED' && input.session.denyReason !== null) {
    refuseDifference(session, input);
    return opened(context, session, null);
  }
  if (session.kill !== null) throw new SessionKilled(session.kill, 'the session was killed');
  if (!isRunning(session.status)) {
    throw new SessionEnded(session.sessionId, `the session is ${session.status}: it takes nothing more`);
  }
  refuseDifference(session, input);
  context.run('UPDATE sessions SET epoch = epoch + 1 WHERE position = ?', known.position);
  context.tell({
    sessionPosition: known.position,
    atMs: input.atMs,
    kind: 'RESUMED',
    message: 'opened again by its producer',
    actor: input.actor,
  });
  return opened(context, context.touch(known.position), input.recording);
};

/** @throws Conflict when who, what or where is not what the session was opened with */
const refuseDifference = (session: Session, input: OpenSessionWrite): void => {
  const difference = differenceOf(session, input);
  if (difference !== null) throw new Conflict(`the session is known already, with another ${difference}`);
};

/** What of who, what and where differs; null when nothing does. */
const differenceOf = (
  session: Session,
  { session: input, identity, socketId, upstream }: OpenSessionWrite,
): string | null => {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['protocol', session.protocol, input.protocol],
    ['upstream', session.upstream, upstream],
    ['user', session.user.identity, identity],
    ['socket', session.socket.socketId, socketId],
    ['client address', session.client.ip, input.client.ip],
    ['server', `${session.server.name}:${session.server.port}`, `${input.server.name}:${input.server.port}`],
    ['SSH user', session.sshUser, input.sshUser],
    ['verdict', session.status === 'DENIED', input.denyReason !== null],
  ];
  return pairs.find(([, was, is]) => was !== is)?.[0] ?? null;
};

const insertSession = (context: WriteContext, input: OpenSessionWrite): number => {
  const { session } = input;
  const position = freePosition(context.database, session.startedAtMs);
  const denied = session.denyReason !== null;
  const row: SessionRow = {
    position,
    session_id: session.sessionId satisfies SessionId,
    producer: input.producer,
    protocol: session.protocol,
    upstream: input.upstream,
    status: denied ? 'DENIED' : 'ACTIVE',
    user_identity: input.identity,
    user_identity_key: foldCase(input.identity),
    user_email: session.user.email,
    user_email_key: session.user.email === null ? null : foldCase(session.user.email),
    user_name: session.user.name,
    user_picture: session.user.picture,
    user_sub: session.user.sub,
    user_nickname: session.user.nickname,
    user_is_service_account: session.user.isServiceAccount ? 1 : 0,
    socket_id: input.socketId,
    socket_name: session.socket.name,
    client_ip: session.client.ip,
    client_port: session.client.port,
    client_software: session.client.software,
    client_location: null,
    server_name: session.server.name,
    server_port: session.server.port,
    ssh_user: session.sshUser,
    started_ms: session.startedAtMs,
    last_seen_ms: session.startedAtMs,
    ended_ms: denied ? session.startedAtMs : null,
    end_reason: denied ? 'refused' : null,
    duration_ms: 0,
    auth_info: session.authInfo,
    deny_reason: session.denyReason,
    attempt_count: 1,
    kill_requested_ms: null,
    kill_requested_by: null,
    kill_reason: null,
    kill_confirmed_ms: null,
    labels: session.labels === null ? null : JSON.stringify(session.labels),
    recording_state: 'NONE',
    recording_state_reason: null,
    recording_count: 0,
    epoch: 1,
    revision: context.nextRevision(),
  };
  const columns = Object.keys(row);
  const places = columns.map(() => '?').join(', ');
  context.run(`INSERT INTO sessions (${columns.join(', ')}) VALUES (${places})`, ...Object.values(row));
  return position;
};

const rememberUser = (context: WriteContext, { session: { user, startedAtMs }, identity }: OpenSessionWrite): void => {
  context.run(
    `INSERT INTO users (identity_key, identity, email, name, picture, sub, nickname, is_service_account, last_seen_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (identity_key) DO UPDATE SET
       email = coalesce(excluded.email, email), name = coalesce(excluded.name, name),
       picture = coalesce(excluded.picture, picture), sub = coalesce(excluded.sub, sub),
       nickname = coalesce(excluded.nickname, nickname), is_service_account = excluded.is_service_account,
       last_seen_ms = excluded.last_seen_ms
     WHERE excluded.last_seen_ms >= last_seen_ms`,
    foldCase(identity),
    identity,
    user.email,
    user.name,
    user.picture,
    user.sub,
    user.nickname,
    user.isServiceAccount ? 1 : 0,
    startedAtMs,
  );
};

const rememberSocket = (context: WriteContext, { session, socketId }: OpenSessionWrite): void => {
  context.run(
    `INSERT INTO sockets (socket_id, name, protocol, last_used_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT (socket_id) DO UPDATE SET
       name = excluded.name, protocol = excluded.protocol, last_used_ms = excluded.last_used_ms
     WHERE excluded.last_used_ms >= last_used_ms`,
    socketId,
    session.socket.name,
    session.protocol,
    session.startedAtMs,
  );
};

const tellOpening = (context: WriteContext, { session, identity, actor }: OpenSessionWrite, position: number): void => {
  const story = { sessionPosition: position, atMs: session.startedAtMs, actor };
  if (session.denyReason !== null) {
    context.tell({ ...story, kind: 'DENIED', message: session.denyReason });
    return;
  }
  context.tell({ ...story, kind: 'STARTED', message: `${identity} connected to ${session.socket.name}` });
  if (session.authInfo !== null) context.tell({ ...story, kind: 'AUTHORIZED', message: session.authInfo });
  if (session.client.software !== null) {
    context.tell({ ...story, kind: 'CLIENT_SOFTWARE', message: session.client.software });
  }
};
