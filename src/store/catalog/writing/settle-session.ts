import type { SealedSession } from '../../../format/seal.ts';
import type { SessionStatus } from '../../../model/session.ts';
import type { SessionRow } from '../session-row.ts';
import { announceEnding } from './end-session.ts';
import type { WriteContext } from './write-context.ts';

const isOver = (status: string): boolean => status === 'ENDED' || status === 'KILLED';

/**
 * Brings a session to where a seal that was found in a file says it had come: the catalog may be older than its files. What
 * the catalog says is over already stays as it is. The caller touches the session.
 */
export const settleSession = (context: WriteContext, position: number, sealed: SealedSession): void => {
  const row = context.get<SessionRow>('SELECT * FROM sessions WHERE position = ?', position);
  if (row === undefined || isOver(row.status) || row.status === 'DENIED') return;
  const status = statusAfter(row, sealed);
  const lastSeenMs = Math.max(row.last_seen_ms, sealed.lastSeenAtMs);
  const endedMs = isOver(status) ? (sealed.endedAtMs ?? lastSeenMs) : null;
  const kill = sealed.kill ?? null;
  context.run(
    `UPDATE sessions SET status = ?, last_seen_ms = ?, ended_ms = ?, duration_ms = ?, end_reason = ?, attempt_count = ?,
       kill_requested_ms = coalesce(kill_requested_ms, ?), kill_requested_by = coalesce(kill_requested_by, ?),
       kill_reason = coalesce(kill_reason, ?), kill_confirmed_ms = coalesce(kill_confirmed_ms, ?),
       lost_ms = CASE WHEN ? = 'LOST' THEN lost_ms END WHERE position = ?`,
    status,
    lastSeenMs,
    endedMs,
    Math.max(0, (endedMs ?? lastSeenMs) - row.started_ms),
    isOver(status) ? sealed.endReason : null,
    Math.max(row.attempt_count, sealed.attemptCount),
    kill?.requestedAtMs ?? null,
    kill?.requestedBy ?? null,
    kill?.reason ?? null,
    kill?.confirmedAtMs ?? null,
    status,
    position,
  );
  if (isOver(status)) tellEnd(context, position, status, endedMs ?? lastSeenMs, sealed.endReason);
};

/** A session that was to be cut when its recording was sealed is still to be cut, or is lost and never comes back. */
const statusAfter = (row: SessionRow, { status, kill }: SealedSession): SessionStatus => {
  if (isOver(status)) return status;
  if (kill === null) return row.status as SessionStatus;
  return row.status === 'LOST' ? 'KILLED' : 'KILLING';
};

const tellEnd = (
  context: WriteContext,
  sessionPosition: number,
  status: SessionStatus,
  atMs: number,
  reason: string | null,
): void => {
  const kind = status === 'KILLED' ? 'KILLED' : 'ENDED';
  const message = reason ?? (kind === 'KILLED' ? 'cut by its producer' : 'closed by its producer');
  context.tell({ sessionPosition, atMs, kind, message, actor: null });
  announceEnding(context, sessionPosition);
};
