import { Conflict, NotFound, SessionKilled } from '../../../model/errors.ts';
import type { Session } from '../../../model/session.ts';
import { foldCase } from '../fold-case.ts';
import type { OpenedSessionRow, OpenSessionWrite } from '../feeding-records.ts';
import type { SessionRow } from '../session-row.ts';
import { insertSession, type SessionOrigin } from './insert-session.ts';
import { insertRecording, reopenRecording } from './open-recording.ts';
import { alikeAttempt, foldAttempt, sessionOfFoldedAttempt } from './refused-attempt.ts';
import { mustBeFedStill, resumeIfLost } from './resume-session.ts';
import type { WriteContext } from './write-context.ts';

/** Opens a session, or opens it again with a newer epoch. */
export const openSession = (context: WriteContext, input: OpenSessionWrite): OpenedSessionRow => {
  const { sessionId, denyReason } = input.session;
  const known = context.sessionRow(sessionId);
  if (known !== undefined) return openAgain(context, input, known);
  const counted = sessionOfFoldedAttempt(context, sessionId);
  if (counted !== undefined) return countedBefore(context, input, counted);
  const alike = denyReason === null ? undefined : alikeAttempt(context, input);
  return alike === undefined ? openNew(context, input) : opened(context, foldAttempt(context, input, alike), null);
};

/** A retry of a refused attempt that was counted in another one's session. */
const countedBefore = (context: WriteContext, input: OpenSessionWrite, counted: SessionRow): OpenedSessionRow => {
  if (counted.producer !== input.producer) throw new NotFound('no such session');
  if (input.session.denyReason === null) throw new Conflict('the session is known already, with another verdict');
  const isSame =
    foldCase(input.identity) === counted.user_identity_key &&
    input.socketId === counted.socket_id &&
    input.session.client.ip === counted.client_ip;
  if (!isSame) throw new Conflict('the attempt is known already, with another user, socket or client address');
  return opened(context, context.session(counted.position), null);
};

const openNew = (context: WriteContext, input: OpenSessionWrite): OpenedSessionRow => {
  const position = insertOpened(context, input);
  tellOpening(context, input, position);
  const denied = input.session.denyReason !== null;
  if (!denied && input.recording !== null)
    insertRecording(context, position, input.recording, input.session.startedAtMs, null);
  context.summariseRecordings(position);
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

const openAgain = (context: WriteContext, input: OpenSessionWrite, known: SessionRow): OpenedSessionRow => {
  if (known.producer !== input.producer) throw new NotFound('no such session');
  const session = context.session(known.position);
  if (session.status === 'DENIED' && input.session.denyReason !== null) {
    refuseDifference(session, input);
    return opened(context, session, null);
  }
  // NOTE whoever opens it anew must not go on with it; its producer still sends what it has, with the epoch that it has.
  if (session.kill !== null) throw new SessionKilled(session.kill, 'the session was killed');
  mustBeFedStill(context, known, input.atMs, 'nothing more');
  refuseDifference(session, input);
  context.run('UPDATE sessions SET epoch = epoch + 1 WHERE position = ?', known.position);
  const resumption = { atMs: input.atMs, message: 'opened again by its producer', actor: input.actor };
  if (resumeIfLost(context, known, resumption) === null) {
    context.tell({ ...resumption, sessionPosition: known.position, kind: 'RESUMED' });
  }
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

const insertOpened = (context: WriteContext, input: OpenSessionWrite): number => {
  const { session, socketId, identity, upstream, producer, location } = input;
  const { user, socket, client, protocol, denyReason } = session;
  const origin: SessionOrigin = {
    ...session,
    producer,
    upstream,
    user: { ...user, identity },
    socket: { socketId, name: socket.name, protocol },
    client: { ...client, location },
  };
  const denied = { status: 'DENIED', ended_ms: session.startedAtMs, end_reason: 'refused', deny_reason: denyReason };
  return insertSession(context, origin, denyReason === null ? { status: 'ACTIVE' } : denied);
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
