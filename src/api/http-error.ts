import {
  type InvalidInput,
  Refusal,
  type EventGap,
  type Fenced,
  type RateLimited,
  type SessionEnded,
  type SessionKilled,
  type Unavailable,
} from '../model/errors.ts';
import type { SessionKill } from '../model/session.ts';

/** A refusal that only HTTP knows: the wrong method, a body that is too large, a range that is not there. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What a program needs beside code and message. */
  readonly fields: Readonly<Record<string, unknown>>;
  constructor(
    status: number,
    code: string,
    message: string,
    headers: Readonly<Record<string, string>> = {},
    fields: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
    this.fields = fields;
  }
}

const statuses: Readonly<Record<Refusal['code'], number>> = {
  BAD_USER_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  EVENT_GAP: 409,
  FENCED: 409,
  SESSION_ENDED: 410,
  SESSION_KILLED: 410,
  UNAVAILABLE: 503,
  RATE_LIMITED: 429,
  REVISION_UNKNOWN: 410,
  BUDGET_EXCEEDED: 503,
};

/** Who had a session cut, when and why, as plain HTTP tells it. */
export const killJson = ({ requestedAtMs, requestedBy, reason }: Omit<SessionKill, 'confirmedAtMs'>) => ({
  requested_at: new Date(requestedAtMs).toISOString(),
  requested_by: requestedBy,
  reason,
});

const endedKillJson = (kill: SessionKill) => ({
  ...killJson(kill),
  confirmed_at: kill.confirmedAtMs === null ? null : new Date(kill.confirmedAtMs).toISOString(),
});

/** How a failure stands in an answer. `fields` are what a program needs beside code and message. */
export type ErrorAnswer = {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
};

const fieldsOf = (refusal: Refusal): Readonly<Record<string, unknown>> => {
  switch (refusal.code) {
    case 'BAD_USER_INPUT':
      return { field: (refusal as InvalidInput).field };
    case 'EVENT_GAP':
      return { next_event: (refusal as EventGap).nextEvent };
    case 'FENCED':
      return { fenced: true, epoch: (refusal as Fenced).epoch };
    case 'CONFLICT':
      return { conflict: true };
    case 'SESSION_ENDED':
      return { session_id: (refusal as SessionEnded).sessionId };
    case 'SESSION_KILLED':
      return { kill: endedKillJson((refusal as SessionKilled).kill) };
    case 'UNAVAILABLE':
    case 'RATE_LIMITED':
      return { retry_after: (refusal as Unavailable | RateLimited).retryAfterSeconds };
    default:
      return {};
  }
};

const headersOf = (refusal: Refusal): Readonly<Record<string, string>> => {
  if (refusal.code === 'UNAUTHENTICATED') return { 'www-authenticate': 'Bearer' };
  if (refusal.code !== 'UNAVAILABLE' && refusal.code !== 'RATE_LIMITED') return {};
  return { 'retry-after': String(Math.ceil((refusal as Unavailable | RateLimited).retryAfterSeconds)) };
};

/** Null for what nobody expected: its words stay in the log. */
export const errorAnswerOf = (error: unknown): ErrorAnswer | null => {
  if (error instanceof HttpError) {
    const { status, code, message, fields, headers } = error;
    return { status, code, message, fields, headers };
  }
  if (!(error instanceof Refusal)) return null;
  const { code, message } = error;
  return { status: statuses[code], code, message, fields: fieldsOf(error), headers: headersOf(error) };
};
