import type { SessionId } from '../../../model/ids.ts';
import { ALIKE_ATTEMPTS_MS } from '../../../model/limits.ts';
import type { Session } from '../../../model/session.ts';
import { foldCase } from '../fold-case.ts';
import type { OpenSessionWrite } from '../feeding-records.ts';
import type { SessionRow } from '../session-row.ts';
import type { WriteContext } from './write-context.ts';

/** Attempts of one session whose ids are remembered: a retry comes soon, and a flood must not fill the disk. */
const REMEMBERED_ATTEMPTS_MAX = 1_000;

/** The session in which the attempt with this id was counted. */
export const sessionOfFoldedAttempt = (context: WriteContext, sessionId: SessionId): SessionRow | undefined =>
  context.get(
    'SELECT * FROM sessions WHERE position = (SELECT session_position FROM folded_attempts WHERE session_id = ?)',
    sessionId,
  );

/** The session of a refused attempt that this one is like, and that began within ALIKE_ATTEMPTS_MS of it; the newest one. */
export const alikeAttempt = (
  context: WriteContext,
  { producer, identity, socketId, session }: OpenSessionWrite,
): SessionRow | undefined =>
  context.get(
    `SELECT * FROM sessions WHERE status = 'DENIED' AND producer = ? AND client_ip = ? AND user_identity_key = ?
       AND started_ms BETWEEN ? AND ? AND socket_id = ? AND deny_reason = ? ORDER BY started_ms DESC LIMIT 1`,
    producer,
    session.client.ip,
    foldCase(identity),
    session.startedAtMs - ALIKE_ATTEMPTS_MS,
    session.startedAtMs + ALIKE_ATTEMPTS_MS,
    socketId,
    session.denyReason,
  );

/** Counts the attempt in the other one's session. */
export const foldAttempt = (context: WriteContext, { session, atMs }: OpenSessionWrite, into: SessionRow): Session => {
  const attempt = into.attempt_count + 1;
  context.run(
    'UPDATE sessions SET attempt_count = ?, last_seen_ms = max(last_seen_ms, ?) WHERE position = ?',
    attempt,
    session.startedAtMs,
    into.position,
  );
  context.run(
    'INSERT INTO folded_attempts (session_id, session_position, attempt, at_ms) VALUES (?, ?, ?, ?)',
    session.sessionId,
    into.position,
    attempt,
    atMs,
  );
  context.run('DELETE FROM folded_attempts WHERE at_ms < ?', atMs - ALIKE_ATTEMPTS_MS);
  context.run(
    'DELETE FROM folded_attempts WHERE session_position = ? AND attempt <= ?',
    into.position,
    attempt - REMEMBERED_ATTEMPTS_MAX,
  );
  return context.touch(into.position);
};
