import type { SessionId } from './ids.ts';
import type { Revision } from './revision.ts';
import type { Session } from './session.ts';

export const sessionChangeKinds = ['STARTED', 'UPDATED', 'ENDED', 'LEFT', 'REMOVED'] as const;
export type SessionChangeKind = (typeof sessionChangeKinds)[number];

/** What a follower of a filter is told of a session. */
export type SessionChange = {
  readonly kind: SessionChangeKind;
  /** Following from here again, nothing after this is missed. */
  readonly revision: Revision;
  readonly sessionId: SessionId;
  /** As it is now; null for LEFT and REMOVED. */
  readonly session: Session | null;
};
