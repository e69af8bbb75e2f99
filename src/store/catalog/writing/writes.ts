import { Conflict, NotFound } from '../../../model/errors.ts';
import type { SessionEvent } from '../../../model/session-event.ts';
import type { AddSessionEventWrite, CatalogWriter } from '../catalog.ts';
import { sessionEventOf, type SessionEventRow } from '../session-row.ts';
import { addAuditEntry } from './add-audit-entry.ts';
import { appendBatch } from './append-batch.ts';
import { closeChunk, markCorrupt, sealRecording } from './close-chunk.ts';
import { closeSession, confirmKill, requestKill } from './end-session.ts';
import { forgetPerson } from './forget-person.ts';
import { keepSettings } from './keep-settings.ts';
import { noteViewing } from './note-viewing.ts';
import { openRecording } from './open-recording.ts';
import { openSession } from './open-session.ts';
import { restoreRecording } from './restore-recording.ts';
import { endSignIn, putSignIn } from './sign-in.ts';
import { createToken, markTokenUsed, putToken, revokeToken } from './token.ts';
import type { WriteContext } from './write-context.ts';

const addSessionEvent = (context: WriteContext, input: AddSessionEventWrite): SessionEvent => {
  const session = context.sessionRow(input.sessionId);
  if (session === undefined) throw new NotFound('no such session');
  const { sessionId, ...event } = input;
  const known = eventRow(context, event.eventId);
  if (known === undefined) {
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

type Write<Name extends keyof CatalogWriter> = (
  context: WriteContext,
  input: Parameters<CatalogWriter[Name]>[0],
) => Awaited<ReturnType<CatalogWriter[Name]>>;

/** Every write by the name of its method of the port. Each runs within a savepoint of the commit that it shares. */
export const writes: { readonly [Name in keyof CatalogWriter]: Write<Name> } = {
  openSession,
  openRecording,
  appendBatch,
  requestKill,
  confirmKill,
  closeSession,
  closeChunk,
  sealRecording,
  restoreRecording,
  markCorrupt,
  addSessionEvent,
  noteViewing,
  createToken,
  revokeToken,
  putToken,
  markTokenUsed,
  putSignIn,
  endSignIn,
  addAuditEntry,
  forgetPerson,
  keepSettings,
};
