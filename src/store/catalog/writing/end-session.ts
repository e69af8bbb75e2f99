import { Conflict, InvalidInput } from '../../../model/errors.ts';
import type { SessionId } from '../../../model/ids.ts';
import type { Session } from '../../../model/session.ts';
import type { CloseSessionWrite } from '../feeding-records.ts';
import { selectRecordings } from '../read-recording-row.ts';
import type { RecordingRow, SessionRow } from '../session-row.ts';
import { checkEpoch } from './open-recording.ts';
import { isGivenUp, reviveRecordings } from './resume-session.ts';
import type { WriteContext } from './write-context.ts';

/** KILLING → KILLED: the producer has cut it. */
export const confirmKill = (
  context: WriteContext,
  input: { readonly sessionId: SessionId; readonly producer: string; readonly atMs: number },
): Session => {
  const row = context.ownSession(input.sessionId, input.producer);
  if (row.status === 'KILLED') return context.session(row.position);
  if (row.status !== 'KILLING') throw new Conflict('no kill was asked for');
  const endedMs = Math.max(input.atMs, row.started_ms);
  // It came back to cut it, and has sent what it had.
  reviveRecordings(context, row.position);
  return endSession(context, row, { endedMs, confirmedMs: input.atMs, reason: null, actor: input.producer });
};

/** ACTIVE or LOST → ENDED, KILLING → KILLED. */
export const closeSession = (context: WriteContext, input: CloseSessionWrite): Session => {
  const row = context.ownSession(input.sessionId, input.producer);
  if (input.epoch !== null) checkEpoch(row, input.epoch);
  if (row.status === 'DENIED') throw new Conflict('the attempt was refused: there is nothing to close');
  if (row.status === 'ENDED' || row.status === 'KILLED') return context.session(row.position);
  const endedMs = input.endedAtMs ?? Math.max(input.atMs, row.started_ms);
  if (endedMs < row.started_ms) {
    throw new InvalidInput('endedAt', 'endedAt must not be before startedAt');
  }
  // Its producer has sent what it had: nothing of it is missing.
  if (row.status !== 'LOST' || !isGivenUp(context, row, input.atMs)) reviveRecordings(context, row.position);
  const confirmedMs = row.status === 'KILLING' ? input.atMs : null;
  return endSession(context, row, { endedMs, confirmedMs, reason: input.reason, actor: input.producer });
};

type Ending = {
  readonly endedMs: number;
  /** Of the cut; null when it was none, or nobody confirmed it. */
  readonly confirmedMs: number | null;
  readonly reason: string | null;
  /** Null: the server itself. */
  readonly actor: string | null;
};

/** KILLING → KILLED, all others → ENDED. */
export const endSession = (context: WriteContext, row: SessionRow, ending: Ending): Session => {
  const { endedMs, confirmedMs, reason, actor } = ending;
  const killed = row.status === 'KILLING';
  const endReason = reason ?? (killed ? `killed by ${row.kill_requested_by ?? 'somebody'}` : null);
  context.run(
    `UPDATE sessions SET status = ?, ended_ms = ?, last_seen_ms = CASE WHEN ? THEN max(last_seen_ms, ?) ELSE last_seen_ms END,
       duration_ms = ?, end_reason = ?, kill_confirmed_ms = ?, lost_ms = NULL WHERE position = ?`,
    killed ? 'KILLED' : 'ENDED',
    endedMs,
    actor === null ? 0 : 1,
    endedMs,
    endedMs - row.started_ms,
    endReason,
    confirmedMs,
    row.position,
  );
  const kind = killed ? 'KILLED' : 'ENDED';
  const message = endReason ?? 'closed by its producer';
  context.tell({ sessionPosition: row.position, atMs: endedMs, kind, message, actor });
  announceEnding(context, row.position);
  return context.touch(row.position);
};

/** Its recordings want their seals. */
export const announceEnding = (context: WriteContext, position: number): void => {
  const recordings = context.all<RecordingRow>(
    `${selectRecordings} WHERE session_position = ? AND signature IS NULL`,
    position,
  );
  for (const recording of recordings) context.announceRecording(recording, 'ending');
};
