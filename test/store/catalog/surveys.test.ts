import { randomUUID } from 'node:crypto';
import type Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seesAll, type Visibility } from '../../../src/model/access.ts';
import { BudgetExceeded, InvalidInput, Unavailable } from '../../../src/model/errors.ts';
import { firstPage, type Page, type PageRequest } from '../../../src/model/page.ts';
import { everySession, newestFirst, type SessionFilter } from '../../../src/model/session-filter.ts';
import {
  frequentThings,
  isTimeUnit,
  type SessionStatsGroup,
  sessionStatsGroups,
} from '../../../src/model/session-stats.ts';
import type { Session } from '../../../src/model/session.ts';
import { TimeGroups } from '../../../src/model/time-groups.ts';
import { openForReading } from '../../../src/store/catalog/open-database.ts';
import { SqliteReader } from '../../../src/store/catalog/sqlite-reader.ts';
import type { Placed } from '../../../src/store/catalog/survey-reader.ts';
import { SurveysHere } from '../../../src/store/catalog/surveys/surveys-here.ts';
import { addSessions, arbitraryFilter, arbitrarySpec, matches, readOneByOne } from '../many-sessions.ts';
import { catalogPathOf, openFolder, type OpenedFolder, testStartMs } from '../opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../temporary-folder.ts';
import { openSessionWrite } from '../writes.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
let database: Database.Database;
/** Looks at three rows at a time, so that few sessions are many slices. */
let reader: SqliteReader;

beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path, { closes: false });
  database = openForReading({ path: catalogPathOf(folder.path), nativeBinding: null });
  reader = readerWithin(60_000);
});
afterAll(async () => {
  database.close();
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const readerWithin = (budgetMs: number, valuesMax = 10_000): SqliteReader =>
  new SqliteReader(
    database,
    new SurveysHere(database, { readMs: budgetMs, statsMs: budgetMs, sliceRows: 3, valuesMax }),
  );

const aProducer = (): Visibility & { readonly scope: 'producer' } => ({ scope: 'producer', producer: randomUUID() });

const newest = (sessions: readonly Session[]): readonly Session[] =>
  sessions.toSorted((one, other) => other.position - one.position);

const timeZone = 'Asia/Kathmandu';

const keyOf = (session: Session, groupBy: SessionStatsGroup): string => {
  if (isTimeUnit(groupBy)) {
    const times = new TimeGroups(groupBy, timeZone);
    return times.keyOf(times.startOf(session.startedAtMs));
  }
  return {
    PROTOCOL: session.protocol,
    UPSTREAM: session.upstream.toLowerCase(),
    STATUS: session.status,
    USER: session.user.identity.toLowerCase(),
    SOCKET: session.socket.socketId,
    COUNTRY: '',
  }[groupBy];
};

const durationOf = (sessions: readonly Session[]): number =>
  sessions.reduce((sum, session) => sum + session.durationMs, 0);

/** What sessionStats says, in plain JavaScript, without labels. */
const statsOf = (sessions: readonly Session[], groupBy: SessionStatsGroup, limit: number) => {
  const groups = [...Map.groupBy(sessions, (session) => keyOf(session, groupBy))].map(([key, group]) => ({
    key,
    count: group.length,
    killedCount: group.filter(({ kill }) => kill !== null).length,
    deniedCount: group.filter(({ status }) => status === 'DENIED').length,
    totalDurationMs: durationOf(group),
  }));
  const byKey = groups.toSorted((one, other) => (one.key < other.key ? -1 : 1));
  return isTimeUnit(groupBy) ? byKey : byKey.toSorted((one, other) => other.count - one.count).slice(0, limit);
};

test('what is counted, grouped and found by row number in slices is what lies in the whole, whatever the filter', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(arbitrarySpec, { maxLength: 25 }),
      fc.array(fc.tuple(arbitraryFilter, fc.constantFrom(...sessionStatsGroups), fc.integer({ min: 1, max: 9 })), {
        minLength: 8,
        maxLength: 8,
      }),
      async (specs, asked) => {
        const visibility = aProducer();
        const all = await readOneByOne(reader, await addSessions(opened.writer, visibility.producer, specs));
        for (const [filter, groupBy, limit] of asked) {
          const wanted = newest(all.filter((session) => matches(session, filter)));
          expect(await reader.countSessions(visibility, filter, 1000)).toBe(wanted.length);
          expect(await reader.countSessions(visibility, filter, limit)).toBe(Math.min(wanted.length, limit));
          expect(await reader.sessionTotal(visibility, filter)).toEqual({ count: wanted.length, isCapped: false });
          expect(await reader.sessionsAt(visibility, filter, limit, 4)).toEqual(wanted.slice(limit, limit + 4));
          expect((await reader.sessions(visibility, filter, newestFirst, firstPage(limit))).items).toEqual(
            wanted.slice(0, limit),
          );
          const stats = await reader.sessionStats(visibility, filter, { groupBy, limit, timeZone });
          expect(stats.map(({ label: _label, ...counts }) => counts)).toEqual(statsOf(wanted, groupBy, limit));
        }
      },
    ),
    { numRuns: 12 },
  );
});

test('the most frequent of all sessions are those of each one, however many of them a slice can take', async () => {
  const { producer } = aProducer();
  const clients = ['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::1', '2001:DB8:0::1', 'unix socket'];
  await Promise.all(
    Array.from({ length: 60 }, (_each, at) => {
      const base = openSessionWrite({ producer, recording: null, identity: at % 4 === 0 ? 'rare' : 'frequent' });
      const client = { ...base.session.client, ip: clients[at % 7] ?? '192.0.2.7' };
      const user = { ...base.session.user, identity: null, email: null, name: `Number ${at}` };
      return opened.writer.openSession({
        ...base,
        session: { ...base.session, startedAtMs: testStartMs + at, client, user },
      });
    }),
  );
  for (const thing of frequentThings) {
    const all = await reader.mostFrequent(seesAll, thing, 1000);
    const total = await reader.sessionTotal(seesAll, everySession);
    expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(total.count);
    expect(all).toEqual(all.toSorted((one, other) => other.count - one.count));
    const own = await reader.mostFrequent({ scope: 'producer', producer }, thing, 1000);
    expect(own.reduce((sum, { count }) => sum + count, 0)).toBe(60);
  }
  const locations = await reader.mostFrequent({ scope: 'producer', producer }, 'locations', 1000);
  // However an address is written, it is one.
  expect(locations.map(({ count }) => count)).toEqual([34, 18, 8]);
  const users = await reader.mostFrequent(seesAll, 'users', 1000);
  expect(users.filter(({ newest: { user } }) => ['rare', 'frequent'].includes(user.identity))).toMatchObject([
    { count: 45, newest: { user: { name: 'Number 59' } } },
    { count: 15, newest: { user: { name: 'Number 56' } } },
  ]);
});

test('more values than may be kept in memory are refused, of all sessions and of a producer alike', async () => {
  const { producer } = aProducer();
  for (const identity of ['one', 'two', 'three', 'four']) {
    await opened.writer.openSession(openSessionWrite({ producer, recording: null, identity: `${identity} of many` }));
  }
  for (const visibility of [seesAll, { scope: 'producer', producer } as const]) {
    const narrow = readerWithin(60_000, 3).mostFrequent(visibility, 'users', 2);
    await expect(narrow).rejects.toThrow(BudgetExceeded);
    await expect(narrow).rejects.toThrow('more than 3 values are not told apart');
  }
});

const keyset = (placed: Placed<unknown> | undefined) =>
  placed === undefined ? null : { order: 'user', key: placed.key };

type Ask<Item> = (page: PageRequest) => Promise<Page<Placed<Item>>>;

/** The whole list, page by page, and what was said of where each lies. */
const allPages = async <Item>(ask: Ask<Item>, limit: number, backward: boolean): Promise<readonly Item[]> => {
  const items: Placed<Item>[] = [];
  for (;;) {
    const from = keyset(backward ? items[0] : items.at(-1));
    const page = await ask({ limit, backward, after: backward ? null : from, before: backward ? from : null });
    items.splice(backward ? 0 : items.length, 0, ...page.items);
    if (!(backward ? page.hasPreviousPage : page.hasNextPage)) return items.map(({ item }) => item);
  }
};

describe('users and sockets', () => {
  const openAs = (producer: string, identity: string, name: string, startedAtMs: number) => {
    const base = openSessionWrite({ producer, identity });
    const user = { ...base.session.user, email: null, name };
    return opened.writer.openSession({ ...base, session: { ...base.session, startedAtMs, user } });
  };

  test.each([
    ['of all sessions', false],
    ['of its own sessions to a producer', true],
  ])('%s are listed most recent first, each once, in pages in both directions', async (_of, isOwn) => {
    const own = aProducer();
    const { producer } = own;
    const visibility: Visibility = isOwn ? own : seesAll;
    const mark = randomUUID();
    const wanted = Array.from({ length: 11 }, (_each, at) => `${at}-${mark}`);
    // Each twice, the oldest first: the last of them is the most recent.
    for (const round of [0, 1]) {
      for (const [at, identity] of wanted.entries()) {
        await openAs(producer, identity, `Name ${round}`, testStartMs + round * 1000 + Math.floor(at / 3));
      }
    }
    const ask: Ask<{ readonly identity: string; readonly name: string | null }> = (page) =>
      reader.users(visibility, mark.toUpperCase(), page);
    const forward = await allPages(ask, 4, false);
    expect(new Set(forward.map(({ identity }) => identity))).toEqual(new Set(wanted));
    expect(forward).toHaveLength(wanted.length);
    expect(forward.every(({ name }) => name === 'Name 1')).toBe(true);
    const times = forward.map(({ identity }) => Math.floor(wanted.indexOf(identity) / 3));
    expect(times).toEqual(times.toSorted((one, other) => other - one));
    expect(await allPages(ask, 4, true)).toEqual(forward);
    expect(await reader.countUsers(visibility, mark, 1000)).toBe(11);
    expect(await reader.countUsers(visibility, mark, 5)).toBe(5);
  });

  test('are found by any part of their names, and a part is never a pattern', async () => {
    const mark = randomUUID();
    await openAs('tests', `a%b_${mark}`, 'Zoë', testStartMs);
    const found = async (text: string): Promise<number> =>
      (await reader.users(seesAll, text, firstPage(10))).items.filter(({ item }) => item.identity.endsWith(mark))
        .length;
    expect(await found(`%B_${mark.slice(0, 8)}`)).toBe(1);
    expect(await found(`a_b_${mark}`)).toBe(0);
    expect(await found('zOË')).toBe(1);
  });

  test('of a producer are known to it by its own sessions alone', async () => {
    const [ours, theirs] = [aProducer(), aProducer()];
    const identity = randomUUID();
    await openAs(ours.producer, identity, 'Ours', testStartMs);
    await openAs(theirs.producer, identity, 'Theirs', testStartMs + 1);
    const namesTo = async (visibility: Visibility, text: string | null): Promise<readonly (string | null)[]> =>
      (await reader.users(visibility, text, firstPage(10))).items.map(({ item }) => item.name);
    expect(await namesTo(ours, identity)).toEqual(['Ours']);
    expect(await namesTo(ours, 'theirs')).toEqual([]);
    expect(await namesTo(seesAll, identity)).toEqual(['Theirs']);
    expect((await reader.sockets(ours, null, firstPage(10))).items).toHaveLength(1);
    expect((await reader.sockets(aProducer(), null, firstPage(10))).items).toEqual([]);
  });
});

describe('beyond its time', () => {
  const asked: SessionFilter = { ...everySession, minDurationMs: 0 };
  const within = { ...asked, startedFromMs: testStartMs };
  test('a count is null, a total is what was counted, a page and statistics are refused', async () => {
    const late = readerWithin(0);
    expect(await late.countSessions(seesAll, asked, 10)).toBeNull();
    expect(await late.countUsers(seesAll, 'a', 10)).toBeNull();
    expect(await late.countSockets(aProducer(), null, 10)).toBe(0);
    expect(await late.sessionTotal(seesAll, asked)).toEqual({ count: 0, isCapped: true });
    await expect(late.sessionsAt(seesAll, asked, 0, 10)).rejects.toThrow(BudgetExceeded);
    const many = { ...everySession, userIdentities: Array.from({ length: 17 }, (_each, at) => `person${at}`) };
    await expect(late.sessions(seesAll, many, newestFirst, firstPage(10))).rejects.toThrow('ask for fewer at once');
    await expect(late.users(seesAll, 'a', firstPage(10))).rejects.toThrow(BudgetExceeded);
    const request = { groupBy: 'USER', limit: 10, timeZone: 'UTC' } as const;
    await expect(late.sessionStats(seesAll, within, request)).rejects.toThrow('takes longer than 0 s: narrow');
    await expect(late.mostFrequent(seesAll, 'users', 10)).rejects.toThrow(BudgetExceeded);
  });

  test('more groups by time than the limit are refused before all is read', async () => {
    const { producer } = aProducer();
    const hours = 2_001;
    const base = openSessionWrite({ producer });
    await Promise.all(
      Array.from({ length: hours }, (_each, at) =>
        opened.writer.openSession({
          ...openSessionWrite({ producer, recording: null }),
          session: {
            ...base.session,
            sessionId: openSessionWrite().session.sessionId,
            startedAtMs: testStartMs - at * 3_600_000,
          },
        }),
      ),
    );
    const count = (filter: SessionFilter) =>
      reader.sessionStats({ scope: 'producer', producer }, filter, { groupBy: 'HOUR', limit: 1, timeZone: 'UTC' });
    await expect(count(everySession)).rejects.toThrow(InvalidInput);
    const startedFromMs = testStartMs - (hours - 2) * 3_600_000;
    expect(await count({ ...everySession, startedFromMs })).toHaveLength(2_000);
  });
});

test('who has gone is not read for any more', async () => {
  const leaving = new AbortController();
  leaving.abort();
  const asker = { account: 'tests', gone: leaving.signal };
  await expect(reader.countSessions(seesAll, everySession, 10, asker)).rejects.toThrow(Unavailable);
});
