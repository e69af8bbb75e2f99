import type Database from 'better-sqlite3';
import { InvalidInput } from '../../model/errors.ts';

/** Sessions that start in one millisecond and still have a place in it. */
export const POSITIONS_PER_MS = 1024;
/** Further ones go into the milliseconds after it, at most this many: about a million sessions of one start time. */
export const SPILL_MS_MAX = 1000;

/**
 * A free row number for a session that started then. Sessions are listed by row number: more than 1,024 of one
 * millisecond stand up to a second later in lists, and keep their true start time.
 * @throws InvalidInput when a million sessions have this start time
 */
export const freePosition = (database: Database.Database, startedMs: number): number => {
  const last = database.prepare<[number, number], { last: number | null }>(
    'SELECT max(position) AS last FROM sessions WHERE position BETWEEN ? AND ?',
  );
  for (let spill = 0; spill < SPILL_MS_MAX; spill += 1) {
    const base = (startedMs + spill) * POSITIONS_PER_MS;
    const taken = last.get(base, base + POSITIONS_PER_MS - 1)?.last ?? null;
    if (taken === null) return base;
    if (taken < base + POSITIONS_PER_MS - 1) return taken + 1;
  }
  const limit = POSITIONS_PER_MS * SPILL_MS_MAX;
  throw new InvalidInput('startedAt', `startedAt: at most ${limit} sessions may start in the same millisecond`);
};
