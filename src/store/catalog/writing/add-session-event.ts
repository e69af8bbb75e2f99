import { Conflict, InvalidInput, NotFound } from '../../../model/errors.ts';
import { CLOCK_SKEW_MAX_MS } from '../../../model/limits.ts';
import type { SessionEvent } from '../../../model/session-event.ts';
import type { AddSessionEventWrite } from '../catalog.ts';
import { sessionEventOf, type SessionEventRow, type SessionRow } from '../session-row.ts';
import type { WriteContext } from './write-context.ts';

/** One line in a session's story. */
export const addSessionEvent = (
  context: WriteContext,
  { sessionId, producer, ...event }: AddSessionEventWrite,
): SessionEvent => {
  const session = context.sessionRow(sessionId);
  if (session === undefined || (producer !== null && session.producer !== producer)) {
    throw new NotFound('no such session');
  }
  const known = eventRow(context, event.eventId);
  if (known === undefined) {
    if (producer !== null) checkWithinLife(session, event.atMs);
    context.addEvent({ ...event, sessionPosition: session.position });
    context.touch(session.position);
  } else if (known.session_position !== session.position) {
    throw new Conflict('another session has an event with this id');
  }
  const row = known ?? eventRow(context, event.eventId);
  if (row === undefined) throw new Error('a session event went away within a transaction');
  return sessionEventOf({ ...row, session_id: sessionId });
};

const eventRow = (context: WriteContext, eventId: string): Omit<SessionEventRow, 'session_id'> | undefined =>
  context.get('SELECT * FROM session_events WHERE event_id = ?', eventId);

/** A producer's clocks may differ by CLOCK_SKEW_MAX_MS. What is known of a session later may be told of it later. */
const checkWithinLife = (session: SessionRow, atMs: number): void => {
  if (atMs < session.started_ms - CLOCK_SKEW_MAX_MS) throw new InvalidInput('at', 'at must not be before startedAt');
};
