import { sql } from 'kysely';
import type { Visibility } from '../../../model/access.ts';
import { REST_ROWS_MAX, SLICE_ROWS_MAX } from '../../../model/limits.ts';
import { everySession, type SessionFilter } from '../../../model/session-filter.ts';
import type { SessionTotal } from '../../../model/session-stats.ts';
import { matchingSessions } from '../session-query.ts';
import { POSITIONS_PER_MS, SPILL_MS_MAX } from '../session-position.ts';
import { build } from '../statements.ts';
import { driven, driveOf, plainSql, type Positions, type SessionDrive, slicesOf } from './session-drive.ts';
import type { Survey, SurveyTools } from './survey.ts';

/** Entries of an index are looked at faster than rows. */
const SLICE_ENTRIES_MAX = 10 * SLICE_ROWS_MAX;

/** Where sessions of this filter lie in start order. */
export const positionsOf = ({ startedFromMs, startedBeforeMs }: SessionFilter): Positions => ({
  from: (startedFromMs ?? 0) * POSITIONS_PER_MS,
  before: startedBeforeMs === null ? Number.MAX_SAFE_INTEGER : (startedBeforeMs + SPILL_MS_MAX) * POSITIONS_PER_MS,
});

/** How many sessions that match lie in these positions, counted no further than upTo. */
export const countWithin = (
  { statements }: SurveyTools,
  matching: ReturnType<typeof matchingSessions>,
  drive: SessionDrive,
  positions: Positions,
  upTo = Number.MAX_SAFE_INTEGER,
): number => {
  const { sql: text, parameters } = driven(matching.clearSelect().select('position'), drive, positions).compile();
  const counted = `SELECT count(*) AS count FROM (${text} LIMIT ?)`;
  return statements.get(plainSql<{ count: number }>(counted, [...parameters, upTo]))?.count ?? 0;
};

type Tally = {
  readonly count: number;
  /** Whether counting ended before its time was over. */ readonly isDone: boolean;
};

function* tally(
  tools: SurveyTools,
  visibility: Visibility,
  filter: SessionFilter,
  drive: SessionDrive,
  upTo: number,
): Survey<Tally> {
  const matching = matchingSessions(visibility, filter);
  let count = 0;
  const rows = drive.isAlone ? SLICE_ENTRIES_MAX : SLICE_ROWS_MAX;
  for (const slice of slicesOf(tools.statements, drive, positionsOf(filter), rows)) {
    if (tools.isOver()) return { count, isDone: false };
    count += countWithin(tools, matching, drive, slice, upTo - count);
    if (count >= upTo) break;
    yield;
  }
  return { count, isDone: true };
}

const isEverything = (visibility: Visibility, filter: SessionFilter): boolean =>
  visibility.scope === 'all' && Object.values({ ...everySession, ...filter }).every((asked) => asked === null);

/** NOTE SQLite counts the entries of the smallest index page by page: 12 ms for 10 million. */
const countAll = ({ statements }: SurveyTools): number =>
  statements.get(build.selectFrom('sessions').select(sql<number>`count(*)`.as('count')))?.count ?? 0;

/** Null: not counted in time. */
export function* countSessions(
  tools: SurveyTools,
  visibility: Visibility,
  filter: SessionFilter,
  upTo: number,
): Survey<number | null> {
  if (tools.isOver()) return null;
  if (isEverything(visibility, filter)) return Math.min(countAll(tools), upTo);
  const drive = driveOf(tools.statements, visibility, filter);
  const { count, isDone } = yield* tally(tools, visibility, filter, drive, upTo);
  return isDone ? count : null;
}

export function* sessionTotal(tools: SurveyTools, visibility: Visibility, filter: SessionFilter): Survey<SessionTotal> {
  if (isEverything(visibility, filter)) return { count: countAll(tools), isCapped: false };
  const drive = driveOf(tools.statements, visibility, filter);
  // One more than is told, so that a total of exactly the limit is not taken for a capped one.
  const upTo = drive.isAlone ? Number.MAX_SAFE_INTEGER : REST_ROWS_MAX + 1;
  const { count, isDone } = yield* tally(tools, visibility, filter, drive, upTo);
  if (drive.isAlone) return { count, isCapped: !isDone };
  return { count: Math.min(count, REST_ROWS_MAX), isCapped: !isDone || count > REST_ROWS_MAX };
}
