import type { RecordingId, SessionId } from './ids.ts';
import type { SessionKill } from './session.ts';
import type { Role } from './viewer.ts';

/** What each refusal is named by, wherever it is shown. */
export const refusalCodes = [
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'CONFLICT',
  'SESSION_ENDED',
  'SESSION_KILLED',
  'EVENT_GAP',
  'FENCED',
  'UNAVAILABLE',
  'RATE_LIMITED',
  'REVISION_UNKNOWN',
  'BUDGET_EXCEEDED',
] as const;

/**
 * The closed family of expected refusals. They become result unions in GraphQL and codes in HTTP; everything else that is
 * thrown is either the programmer's mistake or the environment's failure.
 */
export abstract class Refusal extends Error {
  abstract readonly code: (typeof refusalCodes)[number];
}

/** What was given is wrong. `field` is the path of the argument or input field, and the message names the limit. */
export class InvalidInput extends Refusal {
  readonly code = 'BAD_USER_INPUT';
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** There is none, or the caller may not know that there is. */
export class NotFound extends Refusal {
  readonly code = 'NOT_FOUND';
}

/** No valid token was given. */
export class Unauthenticated extends Refusal {
  readonly code = 'UNAUTHENTICATED';
}

/** The caller is known, and may not. */
export class Forbidden extends Refusal {
  readonly code = 'FORBIDDEN';
  /** The least role that may; null when no role would help. */
  readonly requiredRole: Role | null;
  constructor(message: string, requiredRole: Role | null = null) {
    super(message);
    this.requiredRole = requiredRole;
  }
}

/** It is there already, and not the same. */
export class Conflict extends Refusal {
  readonly code = 'CONFLICT';
}

/** The session ended before; it takes nothing more. */
export class SessionEnded extends Refusal {
  readonly code = 'SESSION_ENDED';
  readonly sessionId: SessionId;
  constructor(sessionId: SessionId, message: string) {
    super(message);
    this.sessionId = sessionId;
  }
}

/** The session was killed and its cut confirmed; it takes nothing more. */
export class SessionKilled extends Refusal {
  readonly code = 'SESSION_KILLED';
  readonly kill: SessionKill;
  constructor(kill: SessionKill, message: string) {
    super(message);
    this.kill = kill;
  }
}

/** A batch begins beyond the next event that the recording wants. */
export class EventGap extends Refusal {
  readonly code = 'EVENT_GAP';
  readonly recordingId: RecordingId;
  /** Ordinal to send again from. */
  readonly nextEvent: number;
  /** Ordinal with which the batch began. */
  readonly got: number;
  constructor(recordingId: RecordingId, nextEvent: number, got: number) {
    super(`the recording wants event ${nextEvent} next, and the batch begins at event ${got}`);
    this.recordingId = recordingId;
    this.nextEvent = nextEvent;
    this.got = got;
  }
}

/** A newer open of the session exists: this producer must stop. */
export class Fenced extends Refusal {
  readonly code = 'FENCED';
  /** The epoch of the newest open. */
  readonly epoch: number;
  /** The epoch that was given. */
  readonly got: number;
  constructor(epoch: number, got: number) {
    super(`epoch ${got} is over: the session was opened again, and its epoch is ${epoch}`);
    this.epoch = epoch;
    this.got = got;
  }
}

/** The server cannot take recordings now: the disk is below its reserve, or it is stopping. */
export class Unavailable extends Refusal {
  readonly code = 'UNAVAILABLE';
  readonly retryAfterSeconds: number;
  constructor(message: string, retryAfterSeconds: number, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Too many requests, attempts or connections by one caller. Nothing of this one was done. */
export class RateLimited extends Refusal {
  readonly code = 'RATE_LIMITED';
  readonly retryAfterSeconds: number;
  constructor(message: string, retryAfterSeconds: number) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A position in the log of changes that this log does not have: it is another log's, or a backup was put back. */
export class RevisionUnknown extends Refusal {
  readonly code = 'REVISION_UNKNOWN';
}

/** It would take longer than one read may. The message says how long that is, and what to ask for instead. */
export class BudgetExceeded extends Refusal {
  readonly code = 'BUDGET_EXCEEDED';
}
