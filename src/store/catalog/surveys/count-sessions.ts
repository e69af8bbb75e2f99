import { sql } from 'kysely';
import type { Visibility } from '../../../model/access.ts';
import { REST_ROWS_MAX } from '../../../model/limits.ts';
import { everySession, type SessionFilter } from '../../../model/session-filter.ts';
import type { SessionTotal } from '../../../model/session-stats.ts';
import type { Interval } from '../listing/position-walk.ts';
import { build } from '../statements.ts';
import { driveOf, positionsIn, type SessionDrive, slicesOf, statementOf } from './session-drive.ts';
import type { Survey, SurveyTools } from './survey.ts';

/** Entries of an index that are looked at in the time of a row. */
const ENTRIES_A_ROW = 10;

/** How many sessions that match lie in a slice, counted no further than upTo. */
export const countWithin = (
  { statements }: SurveyTools,
  drive: SessionDrive,
  slice: Interval,
  upTo = Number.MAX_SAFE_INTEGER,
): number => {
  const counted = sql`SELECT count(*) AS count FROM (${positionsIn(drive, slice, sql`LIMIT ${upTo}`)})`;
  return statements.get(statementOf<{ count: number }>(counted))?.count ?? 0;
};

type Tally = {
  readonly count: number;
  /** Whether counting ended before its time was over. */
  readonly isDone: boolean;
};

function* tally(tools: SurveyTools, drive: SessionDrive, upTo: number): Survey<Tally> {
  let count = 0;
  const rows = drive.isAlone ? ENTRIES_A_ROW * tools.sliceRows : tools.sliceRows;
  for (const slice of slicesOf(tools, drive, rows)) {
    if (tools.isOver()) return { count, isDone: false };
    count += countWithin(tools, drive, slice, upTo - count);
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
  const drive = driveOf(tools, visibility, filter);
  const { count, isDone } = yield* tally(tools, drive, upTo);
  return isDone ? count : null;
}

export function* sessionTotal(tools: SurveyTools, visibility: Visibility, filter: SessionFilter): Survey<SessionTotal> {
  if (isEverything(visibility, filter)) return { count: countAll(tools), isCapped: false };
  const drive = driveOf(tools, visibility, filter);
  // One more than is told, so that a total of exactly the limit is not taken for a capped one.
  const upTo = drive.isAlone ? Number.MAX_SAFE_INTEGER : REST_ROWS_MAX + 1;
  const { count, isDone } = yield* tally(tools, drive, upTo);
  if (drive.isAlone) return { count, isCapped: !isDone };
  return { count: Math.min(count, REST_ROWS_MAX), isCapped: !isDone || count > REST_ROWS_MAX };
}
