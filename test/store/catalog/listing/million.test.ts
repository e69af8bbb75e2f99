import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seesAll } from '../../../../src/model/access.ts';
import { STRETCHES_ON_MAIN_MAX } from '../../../../src/model/limits.ts';
import type { Keyset } from '../../../../src/model/page.ts';
import { everySession, newestFirst, type SessionFilter } from '../../../../src/model/session-filter.ts';
import { sessionKey, sessionOrderName } from '../../../../src/model/session-order.ts';
import type { Catalog } from '../../../../src/store/catalog/catalog.ts';
import { sessionColumns } from '../../../../src/store/catalog/session-columns.ts';
import { readSessionPage } from '../../../../src/store/catalog/listing/session-page.ts';
import { Statements } from '../../../../src/store/catalog/statements.ts';
import { openSqliteCatalogToRead } from '../../../../src/store/catalog/sqlite-catalog.ts';
import { GAP_MS, NEWEST_STARTED_MS } from '../../../fixture/session-history.ts';
import { sharedHistory } from '../../../fixture/shared-history.ts';

/* The history of a million sessions is made once on a machine, and only read here. */

const COUNT = 1_000_000;
const PAGE = 20;

let catalog: Catalog;
let database: Database.Database;
beforeAll(async () => {
  const path = await sharedHistory(COUNT);
  catalog = openSqliteCatalogToRead({ path, nativeBinding: null });
  database = new Database(path, { readonly: true });
}, 600_000);
afterAll(async () => {
  database.close();
  await catalog[Symbol.asyncDispose]();
});

/** A filter, and the same by hand. */
const lists: Readonly<Record<string, readonly [Partial<SessionFilter>, string]>> = {
  all: [{}, 'true'],
  'a user': [{ userEmails: ['Person42@example.ORG'] }, `user_email = 'person42@example.org'`],
  "a user's killed ones": [
    { userIdentities: ['person7@example.com'], killed: true },
    `user_identity = 'person7@example.com' AND kill_requested_ms IS NOT NULL`,
  ],
  'refused at a socket': [
    { socketNames: ['docker-25'], statuses: ['DENIED'] },
    `socket_name = 'docker-25' AND status = 'DENIED'`,
  ],
  'lost ones': [{ statuses: ['LOST'] }, `status = 'LOST'`],
  'a protocol in a country': [
    { protocols: ['HTTP'], countryCodes: ['ch'] },
    `protocol = 'HTTP' AND client_location ->> 'countryCode' = 'CH'`,
  ],
  'damaged ones': [{ recordingStates: ['CORRUPT'] }, `recording_state = 'CORRUPT'`],
  'a block of addresses': [{ clientIps: ['198.18.4.0/24'] }, `client_ip LIKE '198.18.4.%'`],
  'half a block of addresses': [
    { clientIps: ['198.18.4.128/25'] },
    `client_ip LIKE '198.18.4.%' AND CAST(substr(client_ip, 10) AS INTEGER) >= 128`,
  ],
  'many blocks of addresses': [
    { clientIps: ['198.18.0.0/15', '2001:db8::/32', '192.0.2.7'] },
    `client_ip LIKE '198.%' OR client_ip LIKE '2001:db8:%'`,
  ],
  'words that few have': [
    { text: 'person42 zurich' },
    `user_name = 'Person 42' AND client_location ->> 'city' = 'Zürich'`,
  ],
};

/** Pages from a place on, until so many are found or the list ends. */
const found = async (filter: SessionFilter, from: Keyset | null, count: number): Promise<readonly string[]> => {
  const ids: string[] = [];
  let after = from;
  for (;;) {
    const page = await catalog.reader.sessions(seesAll, filter, newestFirst, {
      limit: PAGE,
      backward: false,
      after,
      before: null,
    });
    ids.push(...page.items.map(({ sessionId }) => sessionId));
    const last = page.items.at(-1);
    if (ids.length >= count || !page.hasNextPage) return ids.slice(0, count);
    after = page.stoppedAt ?? {
      order: sessionOrderName(newestFirst),
      key: last === undefined ? [] : sessionKey(last, newestFirst),
    };
  }
};

test.for(Object.entries(lists))(
  'of a million: %s, from the newest and from half depth',
  async ([, [filter, byHand]]) => {
    const half = (NEWEST_STARTED_MS - (COUNT / 2) * GAP_MS) * 1024;
    const expected = database
      .prepare<[number], string>(
        `SELECT session_id FROM sessions WHERE (${byHand}) AND position < ? ORDER BY position DESC LIMIT ${2 * PAGE}`,
      )
      .pluck();
    for (const from of [null, { order: sessionOrderName(newestFirst), key: [half] }]) {
      const ids = await found({ ...everySession, ...filter }, from, 2 * PAGE);
      expect(ids.length).toBeGreaterThan(0);
      expect(ids).toEqual(expected.all(from === null ? Number.MAX_SAFE_INTEGER : half));
    }
  },
);

test.each<Partial<SessionFilter>>([
  { clientIps: ['198.18.4.0/24'] },
  { clientIps: ['198.18.4.16/28'] },
  { clientIps: ['198.18.0.0/16'] },
  { clientIps: ['198.19.6.0/23', '2001:db8:4::/48', '198.18.4.7'] },
  { clientIps: ['2001:db8::/32'] },
  { protocols: ['HTTP'], countryCodes: ['ch'] },
  { protocols: ['HTTP', 'DATABASE'], countryCodes: ['IS', 'CH'] },
])('of a million, a page of %j is read from as many rows as it has', (asked) => {
  const statements = new Statements(database);
  for (const backward of [false, true]) {
    const page = readSessionPage(statements, {
      visibility: seesAll,
      filter: { ...everySession, ...asked },
      order: newestFirst,
      page: { limit: PAGE, backward, after: null, before: null },
      columns: sessionColumns(null, newestFirst.field),
      // Of a walk that leaves a condition to be looked at: no row.
      lookedAtMax: 1,
      stretchesMax: STRETCHES_ON_MAIN_MAX,
    });
    expect(page.items).toHaveLength(PAGE);
    expect(page.stoppedAt).toBeNull();
  }
});
