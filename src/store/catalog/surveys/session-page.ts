import type { Visibility } from '../../../model/access.ts';
import { SESSIONS_LOOKED_AT_MAX } from '../../../model/limits.ts';
import type { Page, PageRequest } from '../../../model/page.ts';
import type { SessionFilter, SessionOrder } from '../../../model/session-filter.ts';
import type { Session } from '../../../model/session.ts';
import { readSessionPage } from '../listing/session-page.ts';
import { sessionOf } from '../session-row.ts';
import type { Survey, SurveyTools } from './survey.ts';

/** A page for which more must be looked at than whoever answers others may. It is bounded, and read in one go. */
export function* sessionPage(
  { statements, log }: SurveyTools,
  visibility: Visibility,
  filter: SessionFilter,
  order: SessionOrder,
  page: PageRequest,
): Survey<Page<Session>> {
  yield;
  const query = { visibility, filter, order, page, lookedAtMax: SESSIONS_LOOKED_AT_MAX };
  const read = readSessionPage(statements, query);
  return { ...read, items: read.items.map((row) => sessionOf(row, log)) };
}
