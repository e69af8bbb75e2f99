import { visibilityOf } from '../../model/access.ts';
import { REST_STATS_ITEMS_MAX } from '../../model/limits.ts';
import type { Frequent, FrequentThing } from '../../model/session-stats.ts';
import { sendJson } from '../answer.ts';
import { askerOf } from '../asker.ts';
import type { Exchange } from '../exchange.ts';
import type { Route } from './route.ts';
import { locationElement, sessionTypes } from './session-element.ts';

/** As the newest session has it of those that share an address, a socket, a user. */
const elements: Readonly<Record<FrequentThing, (frequent: Frequent) => Readonly<Record<string, unknown>>>> = {
  locations: ({ count, newest }) => ({ count, client_ip: newest.client.ip, ...locationElement(newest) }),
  sockets: ({ count, newest }) => ({
    count,
    socket_name: newest.socket.name,
    socket_type: sessionTypes[newest.protocol],
  }),
  users: ({ count, newest: { user } }) => ({
    count,
    user_email: user.email ?? user.identity,
    picture: user.picture ?? '',
  }),
};

/** The most frequent first, over all visible sessions. */
const answerStats = async (exchange: Exchange, thing: FrequentThing): Promise<void> => {
  const { catalog } = exchange.parts;
  const visibility = visibilityOf(exchange.viewer);
  const found = await catalog.mostFrequent(visibility, thing, REST_STATS_ITEMS_MAX, askerOf(exchange));
  sendJson(exchange.response, 200, { [thing]: found.map(elements[thing]) });
};

const statsRoute = (thing: FrequentThing): Route => ({
  method: 'GET',
  pattern: `/api/v1/sessions/stats/${thing}`,
  action: 'read-metadata',
  handle: (exchange) => answerStats(exchange, thing),
});

export const sessionStatsRoutes: readonly Route[] = [
  statsRoute('locations'),
  statsRoute('sockets'),
  statsRoute('users'),
];
