import { NotFound } from '../../../model/errors.ts';
import type { NoteViewingWrite } from '../catalog.ts';
import { addAuditEntry } from './add-audit-entry.ts';
import type { WriteContext } from './write-context.ts';

/** One WATCHED or EXPORTED event by its id: told again, it keeps its time and place, and says what was added. */
export const noteViewing = (context: WriteContext, { audit, sessionId, ...event }: NoteViewingWrite): void => {
  const session = context.sessionRow(sessionId);
  if (session === undefined) throw new NotFound('no such session');
  const { changes } = context.run(
    'UPDATE session_events SET message = ?, details = ? WHERE event_id = ? AND session_position = ?',
    event.message,
    event.details === null ? null : JSON.stringify(event.details),
    event.eventId,
    session.position,
  );
  if (changes === 0) context.addEvent({ ...event, sessionPosition: session.position });
  if (audit !== null) addAuditEntry(context, audit);
};
