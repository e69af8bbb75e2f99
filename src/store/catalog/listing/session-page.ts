import type { Page } from '../../../model/page.ts';
import { pageOf } from '../row-queries.ts';
import type { SessionRow } from '../session-row.ts';
import type { Statements } from '../statements.ts';
import { pageByKey } from './keyed-page.ts';
import { keyedOrders } from './keyed-walk.ts';
import type { PageQuery, PageReading } from './page-reading.ts';
import { sessionConditions } from './session-conditions.ts';
import { pageByStart } from './start-page.ts';
import { wordsWalks } from './words-walk.ts';

/**
 * One page of rows, without looking at more than `lookedAtMax` of them.
 *
 * A page is a walk along an index that has its sessions in the order of the list, and a look at each for what else is asked.
 * Which index is not left to SQLite's planner, which goes by what it counted at some time, and sorts where that seems cheap:
 * it is the one, of those that meet a condition, whose next entries reach furthest. Where an index is in another order, and
 * has no more than may be looked at, that is sorted.
 */
export const readSessionPage = (statements: Statements, query: PageQuery): Page<SessionRow> => {
  const conditions = sessionConditions(query.visibility, query.filter);
  if (conditions.some(({ oneOf }) => oneOf?.values.length === 0)) return pageOf([], query.page);
  const words = wordsWalks(statements, query.filter.text);
  if (words?.terms.length === 0) return pageOf([], query.page);
  const direction = (query.order.direction === 'ASC') === query.page.backward ? 'DESC' : 'ASC';
  const reading: PageReading = { ...query, statements, conditions, words, direction };
  const { field } = query.order;
  if (field === 'STARTED_AT') return pageByStart(reading);
  return statements.ofOneMoment(() => pageByKey(reading, keyedOrders[field]));
};
