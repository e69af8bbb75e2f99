import { visibilityOf } from '../../model/access.ts';
import { InvalidInput, NotFound } from '../../model/errors.ts';
import { parseSocketId } from '../../model/parse-id.ts';
import { REST_PAGE_SIZE_DEFAULT, REST_PAGE_SIZE_MAX, REST_ROWS_MAX } from '../../model/limits.ts';
import { everySession, type SessionFilter } from '../../model/session-filter.ts';
import { sessionStatuses } from '../../model/session.ts';
import { sendJson } from '../answer.ts';
import type { Exchange } from '../exchange.ts';
import { oneOf, textList, wholeNumber } from './query.ts';
import { parameter, type PathParameters, type Route } from './route.ts';
import { sessionElements } from './session-element.ts';

const filterOf = (query: URLSearchParams): SessionFilter => {
  const result = oneOf(query, 'auth_result', ['success', 'denied']);
  return {
    ...everySession,
    socketNames: textList(query, 'socket_names'),
    userEmails: textList(query, 'user_emails'),
    statuses:
      result === null ? null : sessionStatuses.filter((status) => (status === 'DENIED') === (result === 'denied')),
  };
};

const answerList = async ({ parts, response, query, viewer }: Exchange, filter: SessionFilter): Promise<void> => {
  const size = wholeNumber(query, 'page_size', { from: 1, to: REST_PAGE_SIZE_MAX, absent: REST_PAGE_SIZE_DEFAULT });
  const page = wholeNumber(query, 'page', { from: 1, to: Number.MAX_SAFE_INTEGER, absent: 1 });
  const offset = (page - 1) * size;
  if (offset >= REST_ROWS_MAX) {
    throw new InvalidInput(
      'page',
      `page times page_size reaches the first ${REST_ROWS_MAX} sessions; narrow the filters`,
    );
  }
  const visibility = visibilityOf(viewer);
  const { catalog } = parts;
  // One more than is told, so that a total of exactly the limit is not taken for a capped one.
  const counted = await catalog.countSessions(visibility, filter, REST_ROWS_MAX + 1);
  const total = Math.min(counted, REST_ROWS_MAX);
  const pages = Math.ceil(total / size);
  const limit = Math.min(size, REST_ROWS_MAX - offset);
  const sessions = offset < total ? await catalog.sessionsAt(visibility, filter, offset, limit) : [];
  const elements = await sessionElements(catalog, visibility, sessions);
  sendJson(response, 200, {
    pagination: {
      current_page: page,
      next_page: page < pages ? page + 1 : null,
      total_records: total,
      total_pages: pages,
      records_per_page: size,
      actual_page_size: elements.length,
      ...(counted > REST_ROWS_MAX ? { total_records_capped: true } : {}),
    },
    session_logs: elements,
  });
};

/** @throws NotFound when no visible session went to the socket */
const filterOfSocket = async ({ parts, viewer }: Exchange, parameters: PathParameters): Promise<SessionFilter> => {
  const socketId = parseSocketId(parameter(parameters, 'socket_id'), 'socket_id');
  if ((await parts.catalog.socket(visibilityOf(viewer), socketId)) === null) throw new NotFound('no such socket');
  return { ...everySession, socketIds: [socketId] };
};

const answerAllOfSocket = async (exchange: Exchange, parameters: PathParameters): Promise<void> => {
  const { catalog } = exchange.parts;
  const visibility = visibilityOf(exchange.viewer);
  const filter = await filterOfSocket(exchange, parameters);
  const sessions = await catalog.sessionsAt(visibility, filter, 0, REST_PAGE_SIZE_MAX);
  sendJson(exchange.response, 200, await sessionElements(catalog, visibility, sessions));
};

/** Lists of sessions, newest first, by page number. The list of a socket without pages ends at REST_PAGE_SIZE_MAX. */
export const sessionListRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: '/api/v1/sessions',
    action: 'read-metadata',
    handle: (exchange) => answerList(exchange, filterOf(exchange.query)),
  },
  {
    method: 'GET',
    pattern: '/api/v1/socket/:socket_id/sessions',
    action: 'read-metadata',
    handle: async (exchange, parameters) => answerList(exchange, await filterOfSocket(exchange, parameters)),
  },
  { method: 'GET', pattern: '/api/v1/session/:socket_id', action: 'read-metadata', handle: answerAllOfSocket },
];
