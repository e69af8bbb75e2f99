import type { SessionFilter } from '../../../model/session-filter.ts';
import { POSITIONS_PER_MS, SPILL_MS_MAX } from '../session-position.ts';
import type { Interval } from './position-walk.ts';

/** Row numbers of sessions that began within the filter's time; some of others, since a row may have spilled upwards. */
export const startedInterval = ({ startedFromMs, startedBeforeMs }: SessionFilter): Interval => ({
  above: startedFromMs === null ? -1 : startedFromMs * POSITIONS_PER_MS - 1,
  below: startedBeforeMs === null ? Number.MAX_SAFE_INTEGER : (startedBeforeMs + SPILL_MS_MAX) * POSITIONS_PER_MS,
});
