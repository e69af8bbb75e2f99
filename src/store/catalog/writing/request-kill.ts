import { Conflict, InvalidInput, NotFound, SessionEnded } from '../../../model/errors.ts';
import { KILLED_AT_ONCE_MAX } from '../../../model/limits.ts';
import type { Session } from '../../../model/session.ts';
import type { RequestKillsWrite, RequestKillWrite } from '../feeding-records.ts';
import type { SessionRow } from '../session-row.ts';
import { addAuditEntry } from './add-audit-entry.ts';
import { isGivenUp } from './resume-session.ts';
import type { WriteContext } from './write-context.ts';

/** ACTIVE or LOST → KILLING; the first kill stands. */
export const requestKill = (context: WriteContext, input: RequestKillWrite): Session => {
  const row = context.sessionRow(input.sessionId);
  const { visibility } = input;
  if (row === undefined || (visibility.scope === 'producer' && row.producer !== visibility.producer)) {
    throw new NotFound('no such session');
  }
  const session = context.session(row.position);
  if (session.kill !== null) return session;
  if (session.status === 'DENIED') throw new Conflict('the attempt was refused: there is nothing to cut');
  if (session.status === 'ENDED' || session.status === 'KILLED') {
    throw new SessionEnded(session.sessionId, `the session is ${session.status} already: there is nothing to cut`);
  }
  kill(context, row.position, input);
  addAuditEntry(context, input.audit);
  context.announceKill(row.producer, [session.sessionId]);
  return context.touch(row.position);
};

const kill = (
  context: WriteContext,
  sessionPosition: number,
  { atMs, requestedBy, reason }: Pick<RequestKillWrite, 'atMs' | 'requestedBy' | 'reason'>,
): void => {
  context.run(
    `UPDATE sessions SET status = 'KILLING', lost_ms = NULL, kill_requested_ms = ?, kill_requested_by = ?, kill_reason = ?
     WHERE position = ?`,
    atMs,
    requestedBy,
    reason,
    sessionPosition,
  );
  const message = reason === null ? 'kill requested' : `kill requested: ${reason}`;
  context.tell({ sessionPosition, atMs, kind: 'KILL_REQUESTED', message, actor: requestedBy });
};

/** The filter as SQL, which is made where lists are: it selects position, producer, status and lost_ms of sessions. */
export type MatchingSql = { readonly sql: string; readonly parameters: readonly unknown[] };

/** A write of the port, with what its filter is in SQL. */
export type RequestKillsRequest = RequestKillsWrite & { readonly matching: MatchingSql };

/** The same for every session that matches; a LOST one that is given up stays what it is. */
export const requestKills = (context: WriteContext, input: RequestKillsRequest): number => {
  const { sql, parameters } = input.matching;
  const matching = context.all<Pick<SessionRow, 'position' | 'producer' | 'status' | 'lost_ms'>>(sql, ...parameters);
  const found = matching.filter((row) => !isGivenUp(context, row, input.atMs));
  if (found.length > KILLED_AT_ONCE_MAX) {
    throw new InvalidInput('filter', `filter must match at most ${KILLED_AT_ONCE_MAX} running sessions`);
  }
  if (input.isDryRun) return found.length;
  const killed = found.map(({ position }) => {
    kill(context, position, input);
    return context.touch(position);
  });
  for (const [producer, sessions] of Map.groupBy(killed, (session) => session.producer)) {
    context.announceKill(
      producer,
      sessions.map(({ sessionId }) => sessionId),
    );
  }
  if (found.length > 0) {
    const details = { ...input.audit.details, count: found.length };
    addAuditEntry(context, { ...input.audit, details });
  }
  return found.length;
};
