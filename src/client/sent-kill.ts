import type { SessionId } from '../model/ids.ts';
import type { KillRequest } from '../model/intake.ts';
import type { SessionKill } from '../model/session.ts';

/** A cut as plain HTTP and as GraphQL have it. */
export type SentKill = {
  readonly session_id?: string;
  readonly requested_at: string;
  readonly requested_by: string;
  readonly reason: string | null;
  readonly confirmed_at?: string | null;
};
export type GraphqlKill = {
  readonly requestedAt: string;
  readonly requestedBy: string;
  readonly reason: string | null;
  readonly confirmedAt?: string | null;
};

const timeOf = (text: string | null | undefined): number | null => (text == null ? null : Date.parse(text));

export const graphqlKill = (kill: GraphqlKill): SessionKill => ({
  requestedAtMs: Date.parse(kill.requestedAt),
  requestedBy: kill.requestedBy,
  reason: kill.reason,
  confirmedAtMs: timeOf(kill.confirmedAt),
});

export const killOf = (kill: SentKill): SessionKill => ({
  requestedAtMs: Date.parse(kill.requested_at),
  requestedBy: kill.requested_by,
  reason: kill.reason,
  confirmedAtMs: timeOf(kill.confirmed_at),
});

/** The cut as what the producer of the session is told. */
export const requestOf = ({ requestedAtMs, requestedBy, reason }: SessionKill, sessionId: string): KillRequest => ({
  sessionId: sessionId as SessionId,
  requestedAtMs,
  requestedBy,
  reason,
});
