import type Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seesAll, type Visibility } from '../../../../src/model/access.ts';
import type { Keyset } from '../../../../src/model/page.ts';
import { everySession, type SessionFilter, type SessionOrder } from '../../../../src/model/session-filter.ts';
import { sessionKey, sessionOrderName } from '../../../../src/model/session-order.ts';
import type { Session } from '../../../../src/model/session.ts';
import { sessionColumns } from '../../../../src/store/catalog/session-columns.ts';
import { addressWalks } from '../../../../src/store/catalog/listing/address-walk.ts';
import { readSessionPage } from '../../../../src/store/catalog/listing/session-page.ts';
import { openForReading } from '../../../../src/store/catalog/open-database.ts';
import { sessionOf } from '../../../../src/store/catalog/session-row.ts';
import { Statements } from '../../../../src/store/catalog/statements.ts';
import {
  addSessions,
  arbitraryBlocks,
  arbitraryFilter,
  arbitraryOrder,
  arbitrarySpec,
  byOrder,
  idsOf,
  matches,
  readOneByOne,
} from '../../many-sessions.ts';
import { catalogPathOf, openFolder, type OpenedFolder } from '../../opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../../temporary-folder.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
let database: Database.Database;
let statements: Statements;
let all: readonly Session[];
let ours: readonly Session[];
beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path, { closes: false });
  const added = [];
  for (const [seed, producer] of [
    [1, 'ours'],
    [2, 'theirs'],
  ] as const) {
    added.push(...(await addSessions(opened.writer, producer, fc.sample(arbitrarySpec, { numRuns: 60, seed }))));
  }
  all = await readOneByOne(opened.catalog, added);
  ours = all.filter(({ producer }) => producer === 'ours');
  database = openForReading({ path: catalogPathOf(folder.path), nativeBinding: null });
  statements = new Statements(database);
});
afterAll(async () => {
  database.close();
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

type Walk = {
  readonly visibility: Visibility;
  readonly filter: SessionFilter;
  readonly order: SessionOrder;
  readonly limit: number;
  readonly backward: boolean;
  readonly lookedAtMax: number;
  readonly stretchesMax: number;
};

/** All pages of a list, each begun where the one before says that it goes on. */
const listed = ({ limit, backward, ...list }: Walk): { readonly items: Session[]; readonly stops: number } => {
  const items: Session[] = [];
  const columns = sessionColumns(null, list.order.field);
  let cursor: Keyset | null = null;
  let stops = 0;
  for (;;) {
    const page = { limit, backward, after: backward ? null : cursor, before: backward ? cursor : null };
    const read = readSessionPage(statements, { ...list, page, columns });
    const found = read.items.map((row) => sessionOf(row, ''));
    expect(found.length).toBeLessThanOrEqual(limit);
    items.splice(backward ? 0 : items.length, 0, ...found);
    if (read.stoppedAt !== null) stops += 1;
    const end = backward ? found[0] : found.at(-1);
    const endKeyset =
      end === undefined ? null : { order: sessionOrderName(list.order), key: sessionKey(end, list.order) };
    cursor = read.stoppedAt ?? endKeyset;
    if (!(backward ? read.hasPreviousPage : read.hasNextPage)) return { items, stops };
    expect(cursor).not.toBeNull();
  }
};

const arbitraryWalk: fc.Arbitrary<Walk> = fc.record({
  visibility: fc.constantFrom<Visibility>(seesAll, { scope: 'producer', producer: 'ours' }),
  filter: arbitraryFilter,
  order: arbitraryOrder,
  limit: fc.integer({ min: 1, max: 12 }),
  backward: fc.boolean(),
  lookedAtMax: fc.constantFrom(1, 2, 7, 30, 1000),
  stretchesMax: fc.constantFrom(1, 2, 5, 128),
});

test('whatever a page may look at, going on from where it stopped tells every match once and in order', () => {
  let stops = 0;
  fc.assert(
    fc.property(arbitraryWalk, (walk) => {
      const visible = walk.visibility.scope === 'all' ? all : ours;
      const wanted = visible.filter((session) => matches(session, walk.filter)).toSorted(byOrder(walk.order));
      const found = listed(walk);
      expect(idsOf(found.items)).toEqual(idsOf(wanted));
      stops += found.stops;
    }),
    { numRuns: 100 },
  );
  expect(stops).toBeGreaterThan(10);
});

test('blocks of addresses, whole and in part, of all widths and over each other, tell every session once', () => {
  const ways = { none: 0, around: 0, exact: 0 };
  const asking = fc.tuple(arbitraryWalk, arbitraryBlocks, fc.constantFrom(1, 2, 5, 16));
  fc.assert(
    fc.property(asking, ([walk, clientIps, stretchesMax]) => {
      const filter = { ...everySession, protocols: walk.filter.protocols, killed: walk.filter.killed, clientIps };
      const [way] = addressWalks(statements, clientIps, stretchesMax);
      ways[way === undefined ? 'none' : way.covers.length > 0 ? 'exact' : 'around'] += 1;
      const visible = walk.visibility.scope === 'all' ? all : ours;
      const wanted = visible.filter((session) => matches(session, filter)).toSorted(byOrder(walk.order));
      expect(idsOf(listed({ ...walk, filter, stretchesMax }).items)).toEqual(idsOf(wanted));
    }),
    { numRuns: 120 },
  );
  for (const count of Object.values(ways)) expect(count).toBeGreaterThan(5);
});

test('a page that stopped before anything matched is empty, and says that the list goes on', () => {
  const filter = { ...everySession, killed: false, minDurationMs: 70_000 };
  const page = { limit: 5, backward: false, after: null, before: null };
  const order = { field: 'STARTED_AT', direction: 'ASC' } as const;
  const columns = sessionColumns(null, order.field);
  const limits = { lookedAtMax: 1, stretchesMax: 1 };
  const found = readSessionPage(statements, { visibility: seesAll, filter, order, page, columns, ...limits });
  const first = all.toSorted(byOrder(order))[0];
  expect(found).toEqual({
    items: [],
    hasNextPage: true,
    hasPreviousPage: false,
    stoppedAt: { order: 'started', key: [first?.position] },
  });
});

test('words are found however they are written, and what looks like syntax is only words', () => {
  const found = (text: string): ReadonlySet<string> => {
    const order = { field: 'STARTED_AT', direction: 'DESC' } as const;
    const filter = { ...everySession, text };
    const list = {
      visibility: seesAll,
      filter,
      order,
      limit: 12,
      backward: false,
      lookedAtMax: 1000,
      stretchesMax: 16,
    };
    return new Set(listed(list).items.map(({ user }) => user.name ?? ''));
  };
  for (const text of ['zoe muller', 'MÜLLER', 'Müller zoë bastion', 'MÜLLER\u0000Zoë', '"Müller" zoë)', '* ^muller']) {
    expect([text, [...found(text)]]).toEqual([text, ['Zoë Müller']]);
  }
  expect([...found('night')]).toEqual(['Ann (night shift)']);
  for (const text of [
    '"',
    '*',
    'zo*',
    'zoe OR night',
    'name:zoe',
    'NOT zoe',
    'zoe NEAR muller',
    '{',
    "'",
    '" OR 1',
    '\\',
  ]) {
    expect([text, [...found(text)]]).toEqual([text, []]);
  }
});
