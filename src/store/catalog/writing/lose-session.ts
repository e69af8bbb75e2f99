import { NotFound } from '../../../model/errors.ts';
import type { SessionId } from '../../../model/ids.ts';
import type { Session } from '../../../model/session.ts';
import type { SessionRow } from '../session-row.ts';
import { endSession } from './end-session.ts';
import type { WriteContext } from './write-context.ts';

/** The lease ran out: ACTIVE → LOST, KILLING → KILLED without confirmation. */
export const loseSession = (
  context: WriteContext,
  { sessionId, atMs }: { readonly sessionId: SessionId; readonly atMs: number },
): Session => {
  const row = context.sessionRow(sessionId);
  if (row === undefined) throw new NotFound('no such session');
  if (row.status === 'KILLING') return cutUnconfirmed(context, row, atMs);
  if (row.status !== 'ACTIVE') return context.session(row.position);
  context.run(`UPDATE sessions SET status = 'LOST', lost_ms = ? WHERE position = ?`, atMs, row.position);
  loseRecordings(context, row);
  const message = `${silenceOf(row)}; it may come back`;
  context.tell({ sessionPosition: row.position, atMs, kind: 'LOST', message, actor: null });
  return context.touch(row.position);
};

const silenceOf = (row: SessionRow): string =>
  `its producer went silent at ${new Date(row.last_seen_ms).toISOString().replace(/\.\d+Z$/, 'Z')}`;

/** They are PARTIAL until more comes, and say why. One that is damaged stays that. */
const loseRecordings = (context: WriteContext, row: SessionRow): void => {
  context.run(
    `UPDATE recordings SET state = 'PARTIAL',
       state_reason = ? || ', after ' || event_count || CASE event_count WHEN 1 THEN ' event' ELSE ' events' END
     WHERE session_position = ? AND state = 'LIVE' AND signature IS NULL AND newest_key IS NULL`,
    silenceOf(row),
    row.position,
  );
  context.summariseRecordings(row.position);
};

const cutUnconfirmed = (context: WriteContext, row: SessionRow, atMs: number): Session => {
  loseRecordings(context, row);
  const reason = `killed by ${row.kill_requested_by ?? 'somebody'}; its producer never confirmed the cut`;
  return endSession(context, row, {
    endedMs: Math.max(atMs, row.started_ms),
    confirmedMs: null,
    reason,
    actor: null,
  });
};
