import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seesAll, type Visibility } from '../../../src/model/access.ts';
import type { Keyset, Page, PageRequest } from '../../../src/model/page.ts';
import { everySession, type SessionFilter, type SessionOrder } from '../../../src/model/session-filter.ts';
import { sessionKey, sessionOrderName } from '../../../src/model/session-order.ts';
import type { Session } from '../../../src/model/session.ts';
import type { CatalogReader, CatalogWriter } from '../../../src/store/catalog/catalog.ts';
import {
  addSessions,
  arbitraryFilter,
  arbitraryOrder,
  arbitrarySpec,
  byOrder,
  idsOf,
  live,
  matches,
  readOneByOne,
} from '../many-sessions.ts';
import { openFolder, type OpenedFolder, testStartMs } from '../opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../temporary-folder.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
let reader: CatalogReader;
let writer: CatalogWriter;
beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path, { closes: false });
  reader = opened.catalog;
  writer = opened.writer;
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Each example has its sessions under a producer's name of its own, in one catalog. */
const aProducer = (): Visibility & { readonly producer: string } => ({ scope: 'producer', producer: randomUUID() });

type List = { readonly visibility: Visibility; readonly filter: SessionFilter; readonly order: SessionOrder };

const cursorOf = (session: Session | undefined, order: SessionOrder): Keyset | null =>
  session === undefined ? null : { order: sessionOrderName(order), key: sessionKey(session, order) };

/** Pages through the whole list, each page asked for with the cursor that the one before ended with. */
async function* pages(
  { visibility, filter, order }: List,
  limit: number,
  backward: boolean,
): AsyncGenerator<Page<Session>, void, void> {
  let cursor: Keyset | null = null;
  for (;;) {
    const request: PageRequest = { limit, backward, after: backward ? null : cursor, before: backward ? cursor : null };
    const page: Page<Session> = await reader.sessions(visibility, filter, order, request);
    yield page;
    cursor = cursorOf(backward ? page.items[0] : page.items.at(-1), order);
    if (!(backward ? page.hasPreviousPage : page.hasNextPage)) return;
  }
}

describe('pages one after the other', () => {
  test('are the whole list, in both directions, under every filter and order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitrarySpec, { maxLength: 25 }),
        fc.array(fc.tuple(arbitraryFilter, arbitraryOrder, fc.integer({ min: 1, max: 9 })), {
          minLength: 8,
          maxLength: 8,
        }),
        async (specs, lists) => {
          const visibility = aProducer();
          const all = await readOneByOne(reader, await addSessions(writer, visibility.producer, specs));
          for (const [filter, order, limit] of [
            [everySession, { field: 'STARTED_AT', direction: 'ASC' }, 3] as const,
            ...lists,
          ]) {
            const wanted = all.filter((session) => matches(session, filter)).toSorted(byOrder(order));
            for (const backward of [false, true]) {
              const items: Session[] = [];
              for await (const page of pages({ visibility, filter, order }, limit, backward)) {
                expect(page.items.length).toBeLessThanOrEqual(limit);
                expect(backward ? page.hasNextPage : page.hasPreviousPage).toBe(items.length > 0);
                items.splice(backward ? 0 : items.length, 0, ...page.items);
                expect(backward ? page.hasPreviousPage : page.hasNextPage).toBe(items.length < wanted.length);
              }
              expect(items).toEqual(wanted);
            }
            for (const upTo of [1, 5, 1000]) {
              expect(await reader.countSessions(visibility, filter, upTo)).toBe(Math.min(upTo, wanted.length));
            }
            const newest = wanted.toSorted(byOrder({ field: 'STARTED_AT', direction: 'DESC' }));
            expect(await reader.sessionsAt(visibility, filter, 2, limit)).toEqual(newest.slice(2, 2 + limit));
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  test('between two cursors are what lies between them', async () => {
    const { producer, ...visibility } = aProducer();
    const all = await readOneByOne(reader, await addSessions(writer, producer, fc.sample(arbitrarySpec, 20)));
    await fc.assert(
      fc.asyncProperty(
        arbitraryOrder,
        fc.nat(19),
        fc.nat(19),
        fc.integer({ min: 1, max: 25 }),
        async (order, from, to, limit) => {
          const sorted = all.toSorted(byOrder(order));
          const [after, before] = [cursorOf(sorted[from], order), cursorOf(sorted[to], order)];
          const between = sorted.slice(from + 1, to);
          const list = [{ ...visibility, producer }, everySession, order] as const;
          const forward = await reader.sessions(...list, { limit, backward: false, after, before });
          expect(forward.items).toEqual(between.slice(0, limit));
          const back = await reader.sessions(...list, { limit, backward: true, after, before });
          expect(back.items).toEqual(between.slice(-limit));
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('while sessions come and change between pages', () => {
  test('in start order those that were there are neither skipped nor repeated', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitrarySpec, { minLength: 1, maxLength: 15 }),
        fc.array(arbitrarySpec, { maxLength: 8 }),
        fc.constantFrom('ASC', 'DESC'),
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        async (specs, later, direction, backward, limit) => {
          const visibility = aProducer();
          const order: SessionOrder = { field: 'STARTED_AT', direction };
          const before = await readOneByOne(reader, await addSessions(writer, visibility.producer, specs));
          const items: Session[] = [];
          let at = 0;
          for await (const page of pages({ visibility, filter: everySession, order }, limit, backward)) {
            items.splice(backward ? 0 : items.length, 0, ...page.items);
            await addSessions(writer, visibility.producer, later.slice(at, at + 2));
            at += 2;
          }
          const ids = idsOf(items);
          expect(new Set(ids).size).toBe(ids.length);
          const wasThere = new Set(idsOf(before));
          expect(ids.filter((id) => wasThere.has(id))).toEqual(idsOf(before.toSorted(byOrder(order))));
        },
      ),
      { numRuns: 25 },
    );
  });

  test.each(['LAST_SEEN_AT', 'DURATION'] as const)(
    'by %s those that did not change are neither skipped nor repeated',
    async (field) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(arbitrarySpec, { minLength: 1, maxLength: 15 }),
          fc.infiniteStream(fc.tuple(fc.nat(14), fc.constantFrom(1000, 5000, 6000, 90_000))),
          fc.constantFrom('ASC', 'DESC'),
          fc.boolean(),
          fc.integer({ min: 1, max: 4 }),
          async (specs, moves, direction, backward, limit) => {
            const visibility = aProducer();
            const order: SessionOrder = { field, direction };
            const added = await addSessions(writer, visibility.producer, specs);
            const before = await readOneByOne(reader, added);
            const seen: Session[] = [];
            let pagesLeft = 60;
            for await (const page of pages({ visibility, filter: everySession, order }, limit, backward)) {
              seen.splice(backward ? 0 : seen.length, 0, ...page.items);
              const [which, afterMs] = moves.next().value;
              const moved = added[which];
              if (moved !== undefined) await live(writer, visibility.producer, moved, afterMs);
              pagesLeft -= 1;
              if (pagesLeft === 0) break;
            }
            const now = new Map((await readOneByOne(reader, added)).map((session) => [session.sessionId, session]));
            const same = before.filter(
              ({ sessionId, lastSeenAtMs }) => now.get(sessionId)?.lastSeenAtMs === lastSeenAtMs,
            );
            const unchanged = new Set(idsOf(same));
            expect(idsOf(seen).filter((id) => unchanged.has(id))).toEqual(idsOf(same.toSorted(byOrder(order))));
          },
        ),
        { numRuns: 25 },
      );
    },
  );
});

test('more than 1,024 sessions of one millisecond have each a place, and keep their start time', async () => {
  const startMs = testStartMs - 1_000_000;
  const visibility = aProducer();
  const [spec] = fc.sample(arbitrarySpec, 1);
  if (spec === undefined) throw new Error('a sample has one');
  const added = await addSessions(
    writer,
    visibility.producer,
    Array.from({ length: 2100 }, () => ({ ...spec, startMs, fate: 'ENDED' as const })),
  );
  const [next] = await addSessions(writer, visibility.producer, [{ ...spec, startMs: startMs + 1 }]);
  const all = await readOneByOne(reader, added);
  expect(new Set(all.map(({ position }) => position)).size).toBe(2100);
  expect(new Set(all.map(({ startedAtMs }) => startedAtMs))).toEqual(new Set([startMs]));
  for (const [from, before, count] of [
    [startMs, startMs + 1, 2100],
    [startMs, startMs + 2, 2101],
    [startMs + 1, startMs + 2, 1],
    [startMs + 1, null, 1],
    [null, startMs, 0],
  ] as const) {
    const filter = { ...everySession, startedFromMs: from, startedBeforeMs: before };
    expect(await reader.countSessions(visibility, filter, 10_000)).toBe(count);
  }
  for (const [direction, backward] of [
    ['ASC', false],
    ['DESC', true],
  ] as const) {
    const items: Session[] = [];
    const list: List = { visibility, filter: everySession, order: { field: 'STARTED_AT', direction } };
    for await (const page of pages(list, 100, backward)) items.splice(backward ? 0 : items.length, 0, ...page.items);
    expect(new Set(idsOf(items))).toEqual(new Set([...idsOf(all), next?.sessionId]));
    expect(items).toEqual(items.toSorted(byOrder(list.order)));
  }
});

test('the list by row number goes no further than it may', async () => {
  expect(await reader.sessionsAt(seesAll, everySession, 1_000_000_000, 10)).toEqual([]);
});
