import type { SocketId } from './ids.ts';
import type { RecordingState } from './recording.ts';
import type { SessionProtocol, SessionStatus } from './session.ts';

/** Every field given must hold (AND); within a list, one of them (OR). Null: not asked for. An empty list matches nothing. */
export type SessionFilter = {
  readonly protocols: readonly SessionProtocol[] | null;
  readonly statuses: readonly SessionStatus[] | null;
  /** Compared without regard to case. */
  readonly upstreams: readonly string[] | null;
  /** Compared without regard to case. */
  readonly userIdentities: readonly string[] | null;
  readonly userEmails: readonly string[] | null;
  readonly socketIds: readonly SocketId[] | null;
  readonly socketNames: readonly string[] | null;
  /** Addresses and CIDR blocks, as parseIpRange reads them. */
  readonly clientIps: readonly string[] | null;
  /** ISO 3166 codes of two letters, compared without regard to case. */
  readonly countryCodes: readonly string[] | null;
  readonly recordingStates: readonly RecordingState[] | null;
  /** Inclusive. */
  readonly startedFromMs: number | null;
  /** Exclusive. */
  readonly startedBeforeMs: number | null;
  /** Inclusive. */
  readonly minDurationMs: number | null;
  readonly killed: boolean | null;
  /** Words that must all occur in who, what and where: see filter-text.ts. */
  readonly text: string | null;
};

/** The filter that every session matches. */
export const everySession: SessionFilter = {
  protocols: null,
  statuses: null,
  upstreams: null,
  userIdentities: null,
  userEmails: null,
  socketIds: null,
  socketNames: null,
  clientIps: null,
  countryCodes: null,
  recordingStates: null,
  startedFromMs: null,
  startedBeforeMs: null,
  minDurationMs: null,
  killed: null,
  text: null,
};

export const sessionOrderFields = ['STARTED_AT', 'LAST_SEEN_AT', 'DURATION'] as const;
export type SessionOrderField = (typeof sessionOrderFields)[number];
export type SessionOrder = { readonly field: SessionOrderField; readonly direction: 'ASC' | 'DESC' };
export const newestFirst: SessionOrder = { field: 'STARTED_AT', direction: 'DESC' };
