import { visibilityOf } from '../../model/access.ts';
import { NotFound } from '../../model/errors.ts';
import { parseSocketId } from '../../model/parse-id.ts';
import { REST_PAGE_SIZE_MAX } from '../../model/limits.ts';
import type { SessionFilter } from '../../model/session-filter.ts';
import { sendJson } from '../answer.ts';
import { askerOf } from '../asker.ts';
import type { Exchange } from '../exchange.ts';
import { parameter, type PathParameters, type Route } from './route.ts';
import { sessionElements } from './session-element.ts';
import { sessionFilterOf } from './session-filter.ts';
import { answerPage } from './session-pages.ts';

/** @throws NotFound when no visible session went to the socket */
const filterOfSocket = async (
  { parts, query, viewer }: Exchange,
  parameters: PathParameters,
): Promise<SessionFilter> => {
  const socketId = parseSocketId(parameter(parameters, 'socket_id'), 'socket_id');
  if ((await parts.catalog.socket(visibilityOf(viewer), socketId)) === null) throw new NotFound('no such socket');
  return { ...sessionFilterOf(query), socketIds: [socketId] };
};

const answerAllOfSocket = async (exchange: Exchange, parameters: PathParameters): Promise<void> => {
  const { catalog } = exchange.parts;
  const visibility = visibilityOf(exchange.viewer);
  const filter = await filterOfSocket(exchange, parameters);
  const sessions = await catalog.sessionsAt(visibility, filter, 0, REST_PAGE_SIZE_MAX, askerOf(exchange));
  sendJson(exchange.response, 200, await sessionElements(catalog, visibility, sessions));
};

/** Lists of sessions, newest first, by page number. The list of a socket without pages ends at REST_PAGE_SIZE_MAX. */
export const sessionListRoutes: readonly Route[] = [
  {
    method: 'GET',
    pattern: '/api/v1/sessions',
    action: 'read-metadata',
    handle: (exchange) => answerPage(exchange, sessionFilterOf(exchange.query)),
  },
  {
    method: 'GET',
    pattern: '/api/v1/socket/:socket_id/sessions',
    action: 'read-metadata',
    handle: async (exchange, parameters) => answerPage(exchange, await filterOfSocket(exchange, parameters)),
  },
  { method: 'GET', pattern: '/api/v1/session/:socket_id', action: 'read-metadata', handle: answerAllOfSocket },
];
