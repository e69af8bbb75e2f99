import type { Visibility } from '../../../model/access.ts';
import { SESSIONS_LOOKED_AT_MAX } from '../../../model/limits.ts';
import type { Page, PageRequest } from '../../../model/page.ts';
import type { SessionFilter, SessionOrder } from '../../../model/session-filter.ts';
import type { SessionParts } from '../../../model/session-parts.ts';
import type { Session } from '../../../model/session.ts';
import { BRANCHES_MAX } from '../listing/position-walk.ts';
import type { PageQuery } from '../listing/page-reading.ts';
import { readSessionPage } from '../listing/session-page.ts';
import { ROWS_A_TEXT } from '../has-words.ts';
import { positionAlone, sessionColumns } from '../session-columns.ts';
import { sessionOf, type SessionRow } from '../session-row.ts';
import { overBudget, type Survey, type SurveyTools } from './survey.ts';

/**
 * A page for which more must be looked at than whoever answers others may, SESSIONS_LOOKED_AT_MAX at most. It is read in one go,
 * or in pieces where each session is asked for its words.
 */
export function* sessionPage(
  tools: SurveyTools,
  visibility: Visibility,
  filter: SessionFilter,
  order: SessionOrder,
  page: PageRequest,
  parts: SessionParts,
): Survey<Page<Session>> {
  const query = { visibility, filter, order, columns: sessionColumns(parts, order.field) };
  const found = yield* pageInPieces(tools, query, page);
  return { ...found, items: found.items.map((row) => sessionOf(row, tools.log)) };
}

/** The same of the sessions' positions alone. */
export function* sessionPositions(
  tools: SurveyTools,
  visibility: Visibility,
  filter: SessionFilter,
  order: SessionOrder,
  page: PageRequest,
): Survey<Page<number>> {
  const found = yield* pageInPieces(tools, { visibility, filter, order, columns: positionAlone }, page);
  return { ...found, items: found.items.map(({ position }) => position) };
}

function* pageInPieces(
  tools: SurveyTools,
  asked: Pick<PageQuery, 'visibility' | 'filter' | 'order' | 'columns'>,
  page: PageRequest,
): Survey<Page<SessionRow>> {
  yield;
  if (tools.isOver()) throw overBudget(tools, 'waiting for this page', 'ask for fewer at once, or narrow the filter');
  const lookedAtMax =
    asked.filter.text === null
      ? SESSIONS_LOOKED_AT_MAX
      : Math.ceil(Math.min(SESSIONS_LOOKED_AT_MAX, tools.sliceRows) / ROWS_A_TEXT);
  const query = { ...asked, lookedAtMax, stretchesMax: BRANCHES_MAX };
  const read = (part: PageRequest): Page<SessionRow> => readSessionPage(tools.statements, { ...query, page: part });
  let whole = read(page);
  for (let lookedAt = lookedAtMax; lookedAt < SESSIONS_LOOKED_AT_MAX; lookedAt += lookedAtMax) {
    const limit = page.limit - whole.items.length;
    if (whole.stoppedAt === null || limit === 0 || tools.isOver()) break;
    yield;
    const from = whole.stoppedAt;
    whole = page.backward
      ? before(whole, read({ ...page, limit, before: from }))
      : after(whole, read({ ...page, limit, after: from }));
  }
  return whole;
}

const after = <Item>(part: Page<Item>, next: Page<Item>): Page<Item> => ({
  ...next,
  items: [...part.items, ...next.items],
  hasPreviousPage: part.hasPreviousPage,
});

const before = <Item>(part: Page<Item>, next: Page<Item>): Page<Item> => ({
  ...next,
  items: [...next.items, ...part.items],
  hasNextPage: part.hasNextPage,
});
