import type { SessionId } from '../../../model/ids.ts';
import type { Heartbeat, KillRequest } from '../../../model/intake.ts';
import type { HeartbeatWrite } from '../feeding-records.ts';
import { killRequestOf, type SessionRow } from '../session-row.ts';
import { isFedStill, resumeIfLost } from './resume-session.ts';
import type { WriteContext } from './write-context.ts';

/** Their producer says that they run. */
export const heartbeat = (context: WriteContext, { producer, actor, sessionIds, atMs }: HeartbeatWrite): Heartbeat => {
  const kills: KillRequest[] = [];
  const unknown: SessionId[] = [];
  for (const sessionId of new Set(sessionIds)) {
    const row = context.sessionRow(sessionId);
    if (row === undefined || row.producer !== producer || !isFedStill(context, row, atMs)) {
      unknown.push(sessionId);
      continue;
    }
    seen(context, row, atMs);
    resumeIfLost(context, row, { atMs, actor, message: 'its producer is there again' });
    const kill = killRequestOf(row);
    if (kill !== null) kills.push(kill);
  }
  return { kills, unknown };
};

/** Moves the last sign of life, never backwards. */
export const seen = (
  context: WriteContext,
  row: Pick<SessionRow, 'position' | 'last_seen_ms' | 'started_ms'>,
  seenMs: number,
): void => {
  if (seenMs <= row.last_seen_ms) return;
  context.run(
    'UPDATE sessions SET last_seen_ms = ?, duration_ms = ? WHERE position = ?',
    seenMs,
    seenMs - row.started_ms,
    row.position,
  );
};
