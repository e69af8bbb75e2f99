import type { CatalogWriter } from '../catalog.ts';
import { addAuditEntry } from './add-audit-entry.ts';
import { addSessionEvent } from './add-session-event.ts';
import { appendBatch } from './append-batch.ts';
import { closeChunk, markCorrupt, sealRecording } from './close-chunk.ts';
import { closeSession, confirmKill } from './end-session.ts';
import { forgetPerson } from './forget-person.ts';
import { heartbeat } from './heartbeat.ts';
import { keepSettings } from './keep-settings.ts';
import { loseSession } from './lose-session.ts';
import { noteViewing } from './note-viewing.ts';
import { openRecording } from './open-recording.ts';
import { openSession } from './open-session.ts';
import { requestKill, requestKills, type RequestKillsRequest } from './request-kill.ts';
import { restoreRecording } from './restore-recording.ts';
import { rotateRecording } from './rotate-recording.ts';
import { endSignIn, putSignIn } from './sign-in.ts';
import { createToken, markTokenUsed, putToken, revokeToken } from './token.ts';
import type { WriteContext } from './write-context.ts';

type Write<Name extends keyof CatalogWriter> = (
  context: WriteContext,
  input: Name extends 'requestKills' ? RequestKillsRequest : Parameters<CatalogWriter[Name]>[0],
) => Awaited<ReturnType<CatalogWriter[Name]>>;

/** Every write by the name of its method of the port. Each runs within a savepoint of the commit that it shares. */
export const writes: { readonly [Name in keyof CatalogWriter]: Write<Name> } = {
  openSession,
  openRecording,
  appendBatch,
  requestKill,
  requestKills,
  heartbeat,
  loseSession,
  rotateRecording,
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
