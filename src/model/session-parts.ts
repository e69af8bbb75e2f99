import type { Session, SessionClient, SessionServer, SessionSocket, SessionUser } from './session.ts';

/** A property of a session: `status`, `user.email`. */
export type SessionPart =
  | Exclude<keyof Session, 'user' | 'socket' | 'client' | 'server'>
  | `user.${keyof SessionUser}`
  | `socket.${keyof SessionSocket}`
  | `client.${keyof SessionClient}`
  | `server.${keyof SessionServer}`;

/**
 * What of each session in a list is wanted: a page of few parts is read in a third of the time. Null: all of them. Those that
 * are not wanted may be undefined, against their type, so that only what shows these parts and nothing else is given such a session.
 */
export type SessionParts = readonly SessionPart[] | null;
