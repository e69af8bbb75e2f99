import { visibilityOf } from '../../model/access.ts';
import { REST_PAGE_SIZE_DEFAULT, REST_PAGE_SIZE_MAX, REST_ROWS_MAX } from '../../model/limits.ts';
import { writeCursor } from '../../model/page.ts';
import { newestFirst, type SessionFilter } from '../../model/session-filter.ts';
import { sessionKey, sessionOrderName } from '../../model/session-order.ts';
import { sendJson } from '../answer.ts';
import { askerOf } from '../asker.ts';
import type { Exchange } from '../exchange.ts';
import { HttpError } from '../http-error.ts';
import { wholeNumber } from './query.ts';
import { sessionElements } from './session-element.ts';

/**
 * One page by its number, newest first, with how many there are on all pages together: exact where an index alone can count
 * them, else as far as REST_ROWS_MAX or the time allows, and `total_records_capped` then.
 */
export const answerPage = async (exchange: Exchange, filter: SessionFilter): Promise<void> => {
  const { parts, response, query, viewer } = exchange;
  const size = wholeNumber(query, 'page_size', { from: 1, to: REST_PAGE_SIZE_MAX, absent: REST_PAGE_SIZE_DEFAULT });
  const page = wholeNumber(query, 'page', { from: 1, to: Number.MAX_SAFE_INTEGER, absent: 1 });
  const offset = (page - 1) * size;
  if (offset >= REST_ROWS_MAX) throw await beyondPages(exchange, filter);
  const visibility = visibilityOf(viewer);
  const { catalog } = parts;
  const asker = askerOf(exchange);
  const limit = Math.min(size, REST_ROWS_MAX - offset);
  const [total, sessions] = await Promise.all([
    catalog.sessionTotal(visibility, filter, asker),
    catalog.sessionsAt(visibility, filter, offset, limit, asker),
  ]);
  // What was found is there, also where counting ended before it.
  const count = Math.max(total.count, sessions.length === 0 ? 0 : offset + sessions.length);
  const pages = Math.ceil(count / size);
  // Where counting ended before this page did, a full one may have more after it.
  const mayHaveMore = total.isCapped && sessions.length === size && offset + size < REST_ROWS_MAX;
  const elements = await sessionElements(catalog, visibility, sessions);
  sendJson(response, 200, {
    pagination: {
      current_page: page,
      next_page: page < pages || mayHaveMore ? page + 1 : null,
      total_records: count,
      total_pages: pages,
      records_per_page: size,
      actual_page_size: elements.length,
      ...(total.isCapped ? { total_records_capped: true } : {}),
    },
    session_logs: elements,
  });
};

/** Where to go on instead: after the last session that pages reach. */
const beyondPages = async (exchange: Exchange, filter: SessionFilter): Promise<HttpError> => {
  const { catalog } = exchange.parts;
  const visibility = visibilityOf(exchange.viewer);
  const [last] = await catalog.sessionsAt(visibility, filter, REST_ROWS_MAX - 1, 1, askerOf(exchange));
  const cursor =
    last === undefined
      ? null
      : writeCursor({ order: sessionOrderName(newestFirst), key: sessionKey(last, newestFirst) });
  const message = `page times page_size reaches the first ${REST_ROWS_MAX} sessions: narrow the filters, or go on from next_cursor`;
  return new HttpError(400, 'BAD_USER_INPUT', message, {}, { field: 'page', next_cursor: cursor });
};
