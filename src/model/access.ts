import { Forbidden, NotFound } from './errors.ts';
import type { Producer } from './intake.ts';
import type { Session } from './session.ts';
import type { Viewer } from './viewer.ts';

/** What somebody may want to do. Each route, field and subscription asks for one of these. */
export type Action =
  /** See sessions and what is about them. */
  | 'read-metadata'
  /** See what happened: events, downloads, integrity. */
  | 'read-recording'
  | 'kill'
  /** Open sessions, append, close. */
  | 'feed'
  /** Make, list and revoke tokens. */
  | 'manage-tokens'
  /** See who watched, exported, killed, was refused. */
  | 'read-audit'
  /** See how the server itself does. */
  | 'read-metrics';

/** Which sessions a read may return. Every read of the catalog takes one. */
export type Visibility = { readonly scope: 'all' } | { readonly scope: 'producer'; readonly producer: string };

/** The server's own eyes: recovery, sealing, the command line on the folder's own machine. */
export const seesAll: Visibility = { scope: 'all' };

const allowed: Readonly<Record<Viewer['role'], readonly Action[]>> = {
  ADMIN: ['read-metadata', 'read-recording', 'kill', 'feed', 'manage-tokens', 'read-audit', 'read-metrics'],
  AUDITOR: ['read-metadata', 'read-recording', 'kill'],
  VIEWER: ['read-metadata'],
  PRODUCER: ['read-metadata', 'feed'],
  METRICS: ['read-metrics'],
};

/** Roles by what they may, the least first: which one a refusal names. */
const fromLeast: readonly Viewer['role'][] = ['METRICS', 'VIEWER', 'PRODUCER', 'AUDITOR', 'ADMIN'];

/**
 * The one place that decides access. With a session, also whether it is the viewer's to touch: a PRODUCER sees and feeds
 * sessions of its own producer name only.
 */
export const may = (viewer: Viewer, action: Action, session: Pick<Session, 'producer'> | null = null): boolean =>
  allowed[viewer.role].includes(action) &&
  (session === null || viewer.role !== 'PRODUCER' || viewer.producer === session.producer);

/** @throws Forbidden when the viewer may not */
export const mustBeAllowed = (viewer: Viewer, action: Action): void => {
  if (may(viewer, action)) return;
  const least = fromLeast.find((role) => allowed[role].includes(action)) ?? null;
  throw new Forbidden(`the role ${viewer.role} may not ${action.replaceAll('-', ' ')}`, least);
};

const seeAll: ReadonlySet<Viewer['role']> = new Set(['ADMIN', 'AUDITOR', 'VIEWER']);

/** Which sessions this viewer's reads may return. No session is of the producer without a name. */
export const visibilityOf = (viewer: Viewer): Visibility =>
  seeAll.has(viewer.role) ? seesAll : { scope: 'producer', producer: viewer.producer ?? '' };

/**
 * As whom this viewer feeds: a PRODUCER as its producer, who else may as a producer of their own name.
 * @throws Forbidden when the viewer may not feed
 */
export const producerOf = (viewer: Viewer): Producer => {
  mustBeAllowed(viewer, 'feed');
  return { producer: viewer.producer ?? viewer.name, actor: viewer.name };
};

/** One answer for "none" and "not yours". @throws NotFound always */
export const noSuchSession = (): never => {
  throw new NotFound('no such session');
};
