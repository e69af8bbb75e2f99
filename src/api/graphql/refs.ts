import type { TypedEvent } from '../../format/run-events.ts';
import type { KillRequest } from '../../model/intake.ts';
import type { Recording } from '../../model/recording.ts';
import type { Run } from '../../model/run.ts';
import type { SessionEvent } from '../../model/session-event.ts';
import type { Session, SessionKill, Socket, User } from '../../model/session.ts';
import type { AuditEntry } from '../../model/audit.ts';
import type { Token } from '../../model/token.ts';
import { builder } from './builder.ts';

/** The names of types that name each other: a file of a type imports a name from here, and so no two files import one another. */
export const SessionRef = builder.objectRef<Session>('Session');
export const SessionEventRef = builder.objectRef<SessionEvent>('SessionEvent');
export const SessionKillRef = builder.objectRef<SessionKill>('SessionKill');
export const KillRequestRef = builder.objectRef<KillRequest>('KillRequest');
export const RecordingRef = builder.objectRef<Recording>('Recording');
export const RecordingChunkRef = builder.objectRef<Run>('RecordingChunk');
export const UserRef = builder.objectRef<User>('User');
export const SocketRef = builder.objectRef<Socket>('Socket');
export const TokenRef = builder.objectRef<Token>('Token');
export const AuditEntryRef = builder.objectRef<AuditEntry>('AuditEntry');

export const RecordingEventRef = builder.interfaceRef<TypedEvent>('RecordingEvent');
/** A refusal as an answer: its fields, and not the Error itself, which graphql would take for a failure. */
export type Told = { readonly message: string };
export const ErrorRef = builder.interfaceRef<Told>('Error');
