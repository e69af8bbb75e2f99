import { Conflict, EventGap, Fenced, InvalidInput, NotFound, RateLimited, SessionEnded } from '../model/errors.ts';
import { SessionKilled, Forbidden, Unauthenticated, Unavailable } from '../model/errors.ts';

const FIRST_DELAY_MS = 200;
/** The longest wait between two attempts of a server that does not answer … */
const DELAY_MAX_MS = 5_000;
/** … of one that says when to come back … */
const ASKED_DELAY_MAX_MS = 30_000;
/** … and of one that does not let this producer in: servers count wrong tokens, and a token may be put right. */
const REFUSED_DELAY_MS = 15_000;

const lasting = [InvalidInput, NotFound, Conflict, EventGap, Fenced, SessionEnded, SessionKilled] as const;

/** Whether the same call may succeed later: the server is away or busy, or the token is wrong now. */
export const isPassing = (error: unknown): boolean => !lasting.some((kind) => error instanceof kind);

/** Whether somebody has to put something right before it can succeed. */
export const isRefusal = (error: unknown): boolean => error instanceof Unauthenticated || error instanceof Forbidden;

/**
 * How long to wait before the next attempt: twice as long each time, and a random part of it, so that many producers do not
 * come back together. @param failures so far without a success, at least 1. @param random from 0 to 1
 */
export const retryDelayMs = (error: unknown, failures: number, random: number): number => {
  if (isRefusal(error)) return REFUSED_DELAY_MS * (1 + random / 2);
  const delayMs = Math.min(DELAY_MAX_MS, FIRST_DELAY_MS * 2 ** (failures - 1)) * (0.5 + random / 2);
  const isAsked = error instanceof RateLimited || (error instanceof Unavailable && error.cause === undefined);
  if (!isAsked) return delayMs;
  return Math.max(delayMs, Math.min(ASKED_DELAY_MAX_MS, error.retryAfterSeconds * 1000));
};
