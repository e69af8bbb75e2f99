import { Conflict, InvalidInput, SessionEnded } from '../../../model/errors.ts';
import type { SessionId } from '../../../model/ids.ts';
import type { Session } from '../../../model/session.ts';
import { NotFound } from '../../../model/errors.ts';
import type { CloseSessionWrite, RequestKillWrite } from '../catalog.ts';
import type { RecordingRow, SessionRow } from '../session-row.ts';
import { addAuditEntry } from './add-audit-entry.ts';
import { checkEpoch } from './open-recording.ts';
import type { WriteContext } from './write-context.ts';

/** ACTIVE → KILLING; the first kill stands. */
export const requestKill = (context: WriteContext, input: RequestKillWrite): Session => {
  const row = context.sessionRow(input.sessionId);
  const { visibility } = input;
  if (row === undefined || (visibility.scope === 'producer' && row.producer !== visibility.producer)) {
    throw new NotFound('no such session');
  }
  const session = context.session(row.position);
  if (session.kill !== null) return session;
  if (session.status === 'DENIED') throw new Conflict('the attempt was refused: there is nothing to cut');
  if (session.status !== 'ACTIVE') {
    throw new SessionEnded(session.sessionId, `the session is ${session.status} already: there is nothing to cut`);
  }
  context.run(
    `UPDATE sessions SET status = 'KILLING', kill_requested_ms = ?, kill_requested_by = ?, kill_reason = ? WHERE position = ?`,
    input.atMs,
    input.requestedBy,
    input.reason,
    row.position,
  );
  const message = input.reason === null ? 'kill requested' : `kill requested: ${input.reason}`;
  context.tell({
    sessionPosition: row.position,
    atMs: input.atMs,
    kind: 'KILL_REQUESTED',
    message,
    actor: input.requestedBy,
  });
  addAuditEntry(context, input.audit);
  return context.touch(row.position);
};

/** KILLING → KILLED: the producer has cut it. */
export const confirmKill = (
  context: WriteContext,
  input: { readonly sessionId: SessionId; readonly producer: string; readonly atMs: number },
): Session => {
  const row = context.ownSession(input.sessionId, input.producer);
  if (row.status === 'KILLED') return context.session(row.position);
  if (row.status !== 'KILLING') throw new Conflict('no kill was asked for');
  return end(context, row, { endedMs: input.atMs, atMs: input.atMs, reason: null, actor: input.producer });
};

/** ACTIVE → ENDED, KILLING → KILLED. */
export const closeSession = (context: WriteContext, input: CloseSessionWrite): Session => {
  const row = context.ownSession(input.sessionId, input.producer);
  if (input.epoch !== null) checkEpoch(row, input.epoch);
  if (row.status === 'DENIED') throw new Conflict('the attempt was refused: there is nothing to close');
  if (row.status === 'ENDED' || row.status === 'KILLED') return context.session(row.position);
  const endedMs = input.endedAtMs ?? Math.max(input.atMs, row.started_ms);
  if (endedMs < row.started_ms) {
    throw new InvalidInput('endedAt', 'endedAt must not be before startedAt');
  }
  return end(context, row, { endedMs, atMs: input.atMs, reason: input.reason, actor: input.producer });
};

type Ending = {
  readonly endedMs: number;
  readonly atMs: number;
  readonly reason: string | null;
  readonly actor: string;
};

const end = (context: WriteContext, row: SessionRow, { endedMs, atMs, reason, actor }: Ending): Session => {
  const killed = row.status === 'KILLING';
  const endReason = reason ?? (killed ? `killed by ${row.kill_requested_by ?? 'somebody'}` : null);
  context.run(
    `UPDATE sessions SET status = ?, ended_ms = ?, last_seen_ms = max(last_seen_ms, ?), duration_ms = ?, end_reason = ?,
       kill_confirmed_ms = ? WHERE position = ?`,
    killed ? 'KILLED' : 'ENDED',
    endedMs,
    endedMs,
    endedMs - row.started_ms,
    endReason,
    killed ? atMs : null,
    row.position,
  );
  const kind = killed ? 'KILLED' : 'ENDED';
  const message = endReason ?? (killed ? 'cut by its producer' : 'closed by its producer');
  context.tell({ sessionPosition: row.position, atMs: endedMs, kind, message, actor });
  announceEnding(context, row.position);
  return context.touch(row.position);
};

/** Its recordings want their seals. */
export const announceEnding = (context: WriteContext, position: number): void => {
  const recordings = context.all<RecordingRow>(
    `SELECT recordings.*, sessions.session_id FROM recordings JOIN sessions ON sessions.position = session_position
     WHERE session_position = ? AND signature IS NULL`,
    position,
  );
  for (const recording of recordings) context.announceRecording(recording, 'ending');
};
