import { Forbidden, NotFound } from './errors.ts';
import type { Session } from './session.ts';
import { roles, type Viewer } from './viewer.ts';

/** What somebody may want to do. Each route, field and subscription asks for one of these. */
export type Action =
  /** See sessions and what is about them. */
  | 'read-metadata'
  /** See what happened: events, downloads, integrity. */
  | 'read-recording'
  | 'kill'
  /** Open sessions, append, close. */
  | 'feed';

/** Which sessions a read may return. Every read of the catalog takes one. */
export type Visibility = { readonly scope: 'all' } | { readonly scope: 'producer'; readonly producer: string };

/** The server's own eyes: recovery, sealing, the command line on the folder's own machine. */
export const seesAll: Visibility = { scope: 'all' };

const allowed: Readonly<Record<Viewer['role'], readonly Action[]>> = {
  ADMIN: ['read-metadata', 'read-recording', 'kill', 'feed'],
  AUDITOR: ['read-metadata', 'read-recording', 'kill'],
  VIEWER: ['read-metadata'],
  PRODUCER: ['feed'],
};

/**
 * The one place that decides access. With a session, also whether it is the viewer's to touch: a PRODUCER feeds sessions
 * of its own producer name only.
 */
export const may = (viewer: Viewer, action: Action, session: Pick<Session, 'producer'> | null = null): boolean =>
  allowed[viewer.role].includes(action) &&
  (session === null || viewer.role !== 'PRODUCER' || viewer.producer === session.producer);

/** @throws Forbidden when the viewer may not */
export const mustBeAllowed = (viewer: Viewer, action: Action): void => {
  if (may(viewer, action)) return;
  const least = roles.findLast((role) => allowed[role].includes(action)) ?? null;
  throw new Forbidden(`the role ${viewer.role} may not ${action.replace('-', ' ')}`, least);
};

/** Which sessions this viewer's reads may return. */
export const visibilityOf = (viewer: Viewer): Visibility =>
  viewer.role === 'PRODUCER' ? { scope: 'producer', producer: viewer.producer ?? '' } : seesAll;

/** One answer for "none" and "not yours". @throws NotFound always */
export const noSuchSession = (): never => {
  throw new NotFound('no such session');
};
