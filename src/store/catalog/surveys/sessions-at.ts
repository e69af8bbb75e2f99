import { sql } from 'kysely';
import type { Visibility } from '../../../model/access.ts';
import { REST_ROWS_MAX } from '../../../model/limits.ts';
import type { SessionFilter } from '../../../model/session-filter.ts';
import type { Session } from '../../../model/session.ts';
import { sessionOf } from '../session-row.ts';
import { padded } from '../listing/padded.ts';
import { build } from '../statements.ts';
import { countWithin } from './count-sessions.ts';
import { driveOf, positionsIn, slicesOf, statementOf } from './session-drive.ts';
import { overBudget, type Survey, type SurveyTools } from './survey.ts';

/** The page at a row number, newest first. @throws BudgetExceeded */
export function* sessionsAt(
  tools: SurveyTools,
  visibility: Visibility,
  filter: SessionFilter,
  offset: number,
  limit: number,
): Survey<readonly Session[]> {
  const drive = driveOf(tools, visibility, filter);
  let toSkip = Math.min(offset, REST_ROWS_MAX);
  const positions: number[] = [];
  for (const slice of slicesOf(tools, drive, tools.sliceRows)) {
    if (tools.isOver()) throw overBudget(tools, 'reaching this page', 'narrow the filters');
    const skipped = toSkip === 0 ? 0 : countWithin(tools, drive, slice);
    if (skipped <= toSkip && toSkip > 0) toSkip -= skipped;
    else {
      const tail = sql`ORDER BY position DESC LIMIT ${limit - positions.length} OFFSET ${toSkip}`;
      const page = statementOf<{ position: number }>(positionsIn(drive, slice, tail));
      positions.push(...tools.statements.all(page).map(({ position }) => position));
      toSkip = 0;
    }
    if (positions.length >= limit) break;
    yield;
  }
  return [...sessionsByPosition(tools, positions).values()].toSorted((one, other) => other.position - one.position);
}

/** Of no session. */
const noPosition = -1;

/** Sessions by their positions; those that went meanwhile are left out. */
export const sessionsByPosition = (
  { statements, log }: SurveyTools,
  positions: readonly number[],
): ReadonlyMap<number, Session> => {
  if (positions.length === 0) return new Map();
  const rows = statements.all(
    build.selectFrom('sessions').selectAll().where('position', 'in', padded(positions, noPosition)),
  );
  return new Map(rows.map((row) => [row.position, sessionOf(row, log)]));
};
