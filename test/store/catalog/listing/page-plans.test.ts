import path from 'node:path';
import Database from 'better-sqlite3';
import type { Compilable } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seesAll, type Visibility } from '../../../../src/model/access.ts';
import type { SocketId } from '../../../../src/model/ids.ts';
import { SESSIONS_LOOKED_AT_ON_MAIN, STRETCHES_ON_MAIN_MAX } from '../../../../src/model/limits.ts';
import { firstPage } from '../../../../src/model/page.ts';
import {
  everySession,
  newestFirst,
  type SessionFilter,
  type SessionOrder,
} from '../../../../src/model/session-filter.ts';
import { provideHasWords } from '../../../../src/store/catalog/has-words.ts';
import { sessionColumns } from '../../../../src/store/catalog/session-columns.ts';
import { readSessionPage } from '../../../../src/store/catalog/listing/session-page.ts';
import { changedSince, seenWithin } from '../../../../src/store/catalog/session-query.ts';
import { Statements } from '../../../../src/store/catalog/statements.ts';
import { NEWEST_STARTED_MS } from '../../../fixture/session-history.ts';
import { copyHistory } from '../../../fixture/shared-history.ts';
import { temporaryFolder, type TemporaryFolder } from '../../temporary-folder.ts';

/** Runs what it is given, and has SQLite explain it. */
class ExplainedStatements extends Statements {
  readonly #database: Database.Database;
  readonly #columns: string;
  readonly told: string[] = [];

  constructor(database: Database.Database, columns: string) {
    super(database);
    this.#database = database;
    this.#columns = columns;
  }

  override all<Row>(query: Compilable<Row>): Row[] {
    const { sql, parameters } = query.compile();
    const steps = this.#database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
    this.told.push(
      sql.replaceAll(this.#columns, 'sessions.*').replaceAll(/\s+/g, ' ').trim(),
      ...steps.map(({ detail }) => `    ${detail}`),
    );
    return super.all(query);
  }
}

const HISTORY_COUNT = 10_000;
const person = 'person3@example.org';
const place = { position: (NEWEST_STARTED_MS - 90_000_000) * 1024, seenMs: NEWEST_STARTED_MS - 89_000_000, ms: 60_000 };

let folder: TemporaryFolder;
let database: Database.Database;
let socket: SocketId;
beforeAll(async () => {
  folder = await temporaryFolder();
  const copy = path.join(folder.path, 'catalog.db');
  await copyHistory(HISTORY_COUNT, copy);
  database = new Database(copy);
  provideHasWords(database);
  database.pragma('journal_mode = MEMORY');
  socket = database.prepare('SELECT socket_id FROM sessions ORDER BY position LIMIT 1').pluck().get() as SocketId;
});
afterAll(async () => {
  database.close();
  await folder[Symbol.asyncDispose]();
});

const gateway: Visibility = { scope: 'producer', producer: 'gateway-b' };

type List = {
  readonly filter: Partial<SessionFilter>;
  readonly order?: SessionOrder;
  readonly visibility?: Visibility;
};

const lists = (): Readonly<Record<string, List>> => ({
  'no filter': { filter: {} },
  'a user': { filter: { userIdentities: [person] } },
  'several users': { filter: { userIdentities: [person, 'person7@example.com', 'person9@example.org'] } },
  'an email': { filter: { userEmails: [person] } },
  'a socket': { filter: { socketIds: [socket] } },
  'a socket name': { filter: { socketNames: ['ssh-0'] } },
  'a protocol': { filter: { protocols: ['DATABASE'] } },
  'an upstream': { filter: { upstreams: ['MySQL'] } },
  'a status': { filter: { statuses: ['KILLED'] } },
  'a recording state': { filter: { recordingStates: ['PARTIAL'] } },
  'a country': { filter: { countryCodes: ['is'] } },
  'an address': { filter: { clientIps: ['198.18.0.1'] } },
  'a whole block of addresses': { filter: { clientIps: ['198.18.4.0/24'] } },
  'part of a block': { filter: { clientIps: ['2001:db8:4::/124'] } },
  'a large part of a block': { filter: { clientIps: ['198.18.4.0/25'] } },
  'several blocks and an address': { filter: { clientIps: ['2001:db8:2::/47', '198.18.4.0/23', '192.0.2.7'] } },
  'a block where nobody is': { filter: { clientIps: ['192.0.0.0/16'] } },
  'blocks of addresses': { filter: { clientIps: ['198.18.0.0/25', '2001:db8:4::/48'] } },
  'many addresses': { filter: { clientIps: ['198.18.0.0/15'] } },
  killed: { filter: { killed: true } },
  'not killed': { filter: { killed: false } },
  'a time': { filter: { startedFromMs: NEWEST_STARTED_MS - 200_000_000, startedBeforeMs: NEWEST_STARTED_MS } },
  'a rare duration': { filter: { minDurationMs: 8_000_000 } },
  'a common duration': { filter: { minDurationMs: 1_000 } },
  text: { filter: { text: 'zurich person3' } },
  'user and killed': { filter: { userIdentities: [person], killed: true } },
  'user and status': { filter: { userIdentities: [person], statuses: ['ACTIVE', 'DENIED'] } },
  'user and ended': { filter: { userIdentities: [person], statuses: ['ENDED'] } },
  'socket and status': { filter: { socketIds: [socket], statuses: ['DENIED'] } },
  'email and socket': { filter: { userEmails: [person], socketIds: [socket] } },
  'protocol from a time on': { filter: { protocols: ['SSH'], startedFromMs: NEWEST_STARTED_MS - 200_000_000 } },
  'country and protocol': { filter: { countryCodes: ['CH'], protocols: ['HTTP'] } },
  'several countries and protocols': { filter: { countryCodes: ['CH', 'IS'], protocols: ['HTTP', 'SSH'] } },
  'protocol within a block of addresses': { filter: { protocols: ['DATABASE'], clientIps: ['198.18.4.0/24'] } },
  'user within blocks of addresses': { filter: { userIdentities: [person], clientIps: ['198.18.0.0/15'] } },
  'text and status': { filter: { text: 'postgresql', statuses: ['ENDED'] } },
  'text and user': { filter: { text: 'postgresql', userIdentities: [person] } },
  'all that a producer sees': { filter: {}, visibility: gateway },
  "a producer's protocol": { filter: { protocols: ['HTTP'] }, visibility: gateway },
  "a producer's user": { filter: { userIdentities: [person] }, visibility: gateway },
});

const keyed = (): Readonly<Record<string, List>> =>
  Object.fromEntries(
    (['LAST_SEEN_AT', 'DURATION'] as const).flatMap((field) => [
      ...(['ASC', 'DESC'] as const).map((direction) => [
        `all by ${field} ${direction}`,
        { filter: {}, order: { field, direction } },
      ]),
      [`a user by ${field}`, { filter: { userIdentities: [person] }, order: { field, direction: 'DESC' } }],
      [`a protocol by ${field}`, { filter: { protocols: ['SSH'] }, order: { field, direction: 'DESC' } }],
      [`blocks by ${field}`, { filter: { clientIps: ['198.18.0.0/26'] }, order: { field, direction: 'DESC' } }],
      [`a producer's by ${field}`, { filter: {}, visibility: gateway, order: { field, direction: 'DESC' } }],
    ]),
  );

/** What SQLite does for the first page, a later one, and one that is read backward; the direction is left out. */
const plansOf = ({ filter, order = newestFirst, visibility = seesAll }: List): string => {
  const keys = {
    STARTED_AT: [place.position],
    LAST_SEEN_AT: [place.seenMs, place.position],
    DURATION: [place.ms, place.position],
  };
  const cursor = { order: '', key: keys[order.field] };
  const pages = {
    first: firstPage(50),
    later: { ...firstPage(50), after: cursor },
    backward: { ...firstPage(50), backward: true, before: cursor },
  };
  const plans = new Map<string, string[]>();
  const columns = sessionColumns(null, order.field);
  for (const [name, page] of Object.entries(pages)) {
    const statements = new ExplainedStatements(database, columns);
    const lookedAtMax = SESSIONS_LOOKED_AT_ON_MAIN;
    const whole = { ...everySession, ...filter };
    const limits = { lookedAtMax, stretchesMax: STRETCHES_ON_MAIN_MAX };
    readSessionPage(statements, { visibility, filter: whole, order, page, columns, ...limits });
    const plan = statements.told.map((line) => `    ${line}\n`).join('');
    const eitherWay = plan.replaceAll(/ (?:ASC|DESC)\b/g, '');
    plans.set(eitherWay, [...(plans.get(eitherWay) ?? []), name]);
  }
  return [...plans].map(([plan, names]) => `  ${names.join(', ')}:\n${plan}`).join('');
};

const goldenOf = (all: Readonly<Record<string, List>>): string =>
  Object.entries(all)
    .map(([name, list]) => `${name}\n${plansOf(list)}`)
    .join('\n');

/** As if SQLite had counted a catalog in which every index has one value for all, and as if each had one for each. */
const skews = ['1000000 1000000 1', '1000000 1 1'] as const;

describe('pages of sessions', () => {
  test('in start order walk along an index, whatever is asked', async () => {
    await expect(goldenOf(lists())).toMatchFileSnapshot('../golden/pages-in-start-order.txt');
  });

  test('in another order walk along that of those that run not, merged with those that do', async () => {
    await expect(goldenOf(keyed())).toMatchFileSnapshot('../golden/pages-in-other-orders.txt');
  });

  test('sort nothing but what an index in another order has, and that only where it can all be looked at', () => {
    const sorting = Object.entries({ ...lists(), ...keyed() })
      .filter(([, list]) => plansOf(list).includes('TEMP B-TREE'))
      .map(([name]) => name);
    expect(sorting.filter((name) => !/block|user by|rare duration/.test(name))).toEqual([]);
  });

  test('are read the same way whatever SQLite has counted', () => {
    const before = goldenOf({ ...lists(), ...keyed() });
    database.exec('ANALYZE');
    for (const skew of skews) {
      database.prepare('UPDATE sqlite_stat1 SET stat = ? WHERE idx IS NOT NULL').run(skew);
      database.exec('DELETE FROM sqlite_stat4; ANALYZE sqlite_schema');
      expect(goldenOf({ ...lists(), ...keyed() })).toBe(before);
    }
  });
});

test.each([seesAll, gateway])('what changed, and who was seen, is read by an index and not sorted', (visibility) => {
  const filter = { ...everySession, userIdentities: [person], text: 'postgresql' };
  const statements = new ExplainedStatements(database, sessionColumns(null, 'STARTED_AT'));
  statements.all(changedSince(visibility, filter, 9_900, 100));
  const seenFrom = { seenMs: NEWEST_STARTED_MS - 10_000, position: 0 };
  statements.all(seenWithin(visibility, filter, seenFrom, NEWEST_STARTED_MS, 100));
  expect(statements.told.filter((line) => line.includes('session_words'))).toEqual([]);
  const steps = statements.told.filter((line) => line.startsWith('    ') && !/PRIMARY KEY|SUBQUERY/.test(line));
  expect(steps.map((line) => line.trim())).toEqual([
    'SEARCH sessions USING INDEX sqlite_autoindex_sessions_2 (revision>?)',
    'SEARCH sessions USING INDEX sessions_running_by_last_seen (last_seen_ms>? AND last_seen_ms<?)',
  ]);
});
