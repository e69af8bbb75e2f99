import { GAP_MS, NEWEST_STARTED_MS } from '../fixture/session-history.ts';
import { writeCursor } from '../../src/model/page.ts';
import { newestFirst } from '../../src/model/session-filter.ts';
import { sessionOrderName } from '../../src/model/session-order.ts';
import { POSITIONS_PER_MS } from '../../src/store/catalog/session-position.ts';
import type { BenchOptions } from './bench-room.ts';
import { askMany, type ListServer } from './list-server.ts';
import { type Contestant, race, standingsTable } from './race.ts';

const REQUESTS = 400;
const WARM_REQUESTS = 5_000;

const query = `query Places($filter: SessionFilter, $after: String, $orderBy: SessionOrder) {
  sessions(first: 50, after: $after, filter: $filter, orderBy: $orderBy) { nodes {
    sessionId protocol upstream status user { email name } socket { name } client { ip } sshUser startedAt duration recordingState
  } } }`;

/** Where in the list, and of which sessions: what people ask for. */
const places = (count: number): Readonly<Record<string, object>> => {
  const key = [(NEWEST_STARTED_MS - (count / 2) * GAP_MS) * POSITIONS_PER_MS];
  const after = writeCursor({ order: sessionOrderName(newestFirst), key });
  const orderBy = (field: string): object => ({ field, direction: 'DESC' });
  return {
    'first page': {},
    'half depth': { after },
    'by last sign of life': { orderBy: orderBy('LAST_SEEN_AT') },
    'by duration': { orderBy: orderBy('DURATION') },
    user: { filter: { userEmails: ['person42@example.org'] } },
    'user, half depth': { filter: { userEmails: ['person42@example.org'] }, after },
    'user and killed': { filter: { userIdentities: ['person7@example.com'], killed: true } },
    'five users': { filter: { userEmails: [3, 6, 9, 12, 15].map((person) => `person${person}@example.org`) } },
    'socket and DENIED': { filter: { socketNames: ['docker-25'], statuses: ['DENIED'] } },
    LOST: { filter: { statuses: ['LOST'] } },
    'protocol and country': { filter: { protocols: ['HTTP'], countryCodes: ['CH'] } },
    'upstream of a month': {
      filter: { upstreams: ['docker'], startedFrom: '2026-09-01T00:00:00Z', startedBefore: '2026-10-01T00:00:00Z' },
    },
    'address block': { filter: { clientIps: ['198.18.4.0/24'] } },
    'damaged recordings': { filter: { recordingStates: ['CORRUPT', 'PARTIAL'] } },
    'at least half an hour': { filter: { minDuration: 1800 } },
    'text: one person': { filter: { text: 'person42' } },
    'text: city and software': { filter: { text: 'zurich openssh_9' } },
  };
};

/** A page that is refused or empty would be a fast one. @throws when it is */
async function refuseEmpty(name: string, { caller }: ListServer, variables: object): Promise<void> {
  const { sessions } = await caller.ask<{ readonly sessions: { readonly nodes: readonly unknown[] } }>(query, {
    ...variables,
  });
  if (sessions.nodes.length === 0) throw new Error(`${name}: the page is empty`);
}

/** Pages of a large history, each beside the first page of a small one. */
export async function benchPlaces(
  small: ListServer,
  large: ListServer,
  { rounds, tell }: BenchOptions,
): Promise<string> {
  const asking = (name: string, of: ListServer, variables: object): Contestant => ({
    name,
    run: () => of.server.measure(() => askMany(of.caller, query, variables, REQUESTS)),
  });
  for (const [name, variables] of Object.entries(places(large.count))) await refuseEmpty(name, large, variables);
  // As hot as the other becomes, which is asked for so many more.
  for (const { caller } of [small, large]) await askMany(caller, query, {}, WARM_REQUESTS);
  const yardstick = `first page of ${small.count}`;
  const series = {
    title: `list: 50 of ${large.count} sessions × 12 fields`,
    unit: 'requests/s',
    yardstick,
    contestants: [
      asking(yardstick, small, {}),
      ...Object.entries(places(large.count)).map(([name, variables]) => asking(name, large, variables)),
    ],
  };
  return standingsTable(series, await race(series, rounds, tell));
}
