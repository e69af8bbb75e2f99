import type { SocketId } from './ids.ts';
import type { SessionProtocol, SessionStatus } from './session.ts';

/** Every field given must hold (AND); within a list, one of them (OR). Null: not asked for. An empty list matches nothing. */
export type SessionFilter = {
  readonly protocols: readonly SessionProtocol[] | null;
  readonly statuses: readonly SessionStatus[] | null;
  /** Compared without regard to case. */
  readonly userIdentities: readonly string[] | null;
  readonly userEmails: readonly string[] | null;
  readonly socketIds: readonly SocketId[] | null;
  readonly socketNames: readonly string[] | null;
  /** Inclusive. */
  readonly startedFromMs: number | null;
  /** Exclusive. */
  readonly startedBeforeMs: number | null;
  readonly killed: boolean | null;
};

/** The filter that every session matches. */
export const everySession: SessionFilter = {
  protocols: null,
  statuses: null,
  userIdentities: null,
  userEmails: null,
  socketIds: null,
  socketNames: null,
  startedFromMs: null,
  startedBeforeMs: null,
  killed: null,
};

export const sessionOrderFields = ['STARTED_AT', 'LAST_SEEN_AT', 'DURATION'] as const;
export type SessionOrderField = (typeof sessionOrderFields)[number];
export type SessionOrder = { readonly field: SessionOrderField; readonly direction: 'ASC' | 'DESC' };
export const newestFirst: SessionOrder = { field: 'STARTED_AT', direction: 'DESC' };
