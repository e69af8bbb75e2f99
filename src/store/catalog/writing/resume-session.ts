import { SessionEnded, SessionKilled } from '../../../model/errors.ts';
import type { SessionId } from '../../../model/ids.ts';
import { isRunning, type Session, type SessionStatus } from '../../../model/session.ts';
import type { SessionRow } from '../session-row.ts';
import type { WriteContext } from './write-context.ts';

/** Whether a LOST session is its producer's no longer. */
export const isGivenUp = (
  { resumeWindowMs }: Pick<WriteContext, 'resumeWindowMs'>,
  row: Pick<SessionRow, 'status' | 'lost_ms'>,
  atMs: number,
): boolean => row.status === 'LOST' && atMs - (row.lost_ms ?? 0) >= resumeWindowMs;

/** Whether its producer may still tell of it: it runs, or is LOST and may be resumed. */
export const isFedStill = (context: WriteContext, row: Pick<SessionRow, 'status' | 'lost_ms'>, atMs: number): boolean =>
  isRunning(row.status as SessionStatus) || (row.status === 'LOST' && !isGivenUp(context, row, atMs));

/** @throws SessionKilled, SessionEnded when the session takes nothing more. @param what it does not take, for the message */
export const mustBeFedStill = (context: WriteContext, row: SessionRow, atMs: number, what: string): void => {
  if (isFedStill(context, row, atMs)) return;
  const sessionId = row.session_id as SessionId;
  if (row.status === 'KILLED') {
    const { kill } = context.session(row.position);
    if (kill !== null) throw new SessionKilled(kill, `the session was killed: it takes ${what}`);
  }
  const state = row.status === 'LOST' ? 'LOST for too long' : row.status;
  throw new SessionEnded(sessionId, `the session is ${state}: it takes ${what}`);
};

export type Resumption = { readonly atMs: number; readonly actor: string; readonly message: string };

/** LOST → ACTIVE, its recordings LIVE. Others stay as they are. @returns the new revision of one that was LOST; else null */
export const resumeIfLost = (
  context: WriteContext,
  { status, position }: SessionRow,
  { atMs, actor, message }: Resumption,
): Session | null => {
  if (status !== 'LOST') return null;
  context.run(`UPDATE sessions SET status = 'ACTIVE', lost_ms = NULL WHERE position = ?`, position);
  reviveRecordings(context, position);
  context.tell({ sessionPosition: position, atMs, kind: 'RESUMED', message, actor });
  return context.touch(position);
};

/** What was PARTIAL because its producer was silent is LIVE again. The caller touches the session. */
export const reviveRecordings = (context: WriteContext, position: number): void => {
  context.run(
    `UPDATE recordings SET state = 'LIVE', state_reason = NULL
     WHERE session_position = ? AND state = 'PARTIAL' AND signature IS NULL AND newest_key IS NULL`,
    position,
  );
  context.summariseRecordings(position);
};
