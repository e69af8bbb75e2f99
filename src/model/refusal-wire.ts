import {
  BudgetExceeded,
  Conflict,
  EventGap,
  Fenced,
  Forbidden,
  InvalidInput,
  NotFound,
  RateLimited,
  type Refusal,
  RevisionUnknown,
  SessionEnded,
  SessionKilled,
  Unauthenticated,
  Unavailable,
} from './errors.ts';
import type { RecordingId, SessionId } from './ids.ts';
import type { SessionKill } from './session.ts';
import type { Role } from './viewer.ts';

/** A refusal as plain data: how it crosses from one thread or process to another. */
export type RefusalWire = {
  readonly code: Refusal['code'];
  readonly message: string;
  readonly field?: string | undefined;
  readonly sessionId?: SessionId | undefined;
  readonly kill?: SessionKill | undefined;
  readonly recordingId?: RecordingId | undefined;
  readonly nextEvent?: number | undefined;
  readonly got?: number | undefined;
  readonly epoch?: number | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly requiredRole?: Role | null | undefined;
};

/** Its own fields beside code and message are all plain data. */
export const refusalToWire = (refusal: Refusal): RefusalWire => ({
  ...(refusal as unknown as Partial<RefusalWire>),
  code: refusal.code,
  message: refusal.message,
});

/** The refusal that refusalToWire was given. */
export const refusalFromWire = (wire: RefusalWire): Refusal => {
  const { message } = wire;
  switch (wire.code) {
    case 'BAD_USER_INPUT':
      return new InvalidInput(wire.field ?? '', message);
    case 'NOT_FOUND':
      return new NotFound(message);
    case 'UNAUTHENTICATED':
      return new Unauthenticated(message);
    case 'FORBIDDEN':
      return new Forbidden(message, wire.requiredRole ?? null);
    case 'CONFLICT':
      return new Conflict(message);
    case 'SESSION_ENDED':
      return new SessionEnded(wire.sessionId ?? ('' as SessionId), message);
    case 'SESSION_KILLED':
      return new SessionKilled(
        wire.kill ?? { requestedAtMs: 0, requestedBy: '', reason: null, confirmedAtMs: null },
        message,
      );
    case 'EVENT_GAP':
      return new EventGap(wire.recordingId ?? ('' as RecordingId), wire.nextEvent ?? 0, wire.got ?? 0);
    case 'FENCED':
      return new Fenced(wire.epoch ?? 0, wire.got ?? 0);
    case 'UNAVAILABLE':
      return new Unavailable(message, wire.retryAfterSeconds ?? 1);
    case 'REVISION_UNKNOWN':
      return new RevisionUnknown(message);
    case 'BUDGET_EXCEEDED':
      return new BudgetExceeded(message);
    case 'RATE_LIMITED':
      return new RateLimited(message, wire.retryAfterSeconds ?? 1);
  }
};
