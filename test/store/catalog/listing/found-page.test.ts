import type Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seesAll } from '../../../../src/model/access.ts';
import type { Page } from '../../../../src/model/page.ts';
import { everySession, newestFirst } from '../../../../src/model/session-filter.ts';
import { foundPage } from '../../../../src/store/catalog/listing/found-page.ts';
import { openForReading } from '../../../../src/store/catalog/open-database.ts';
import { sessionColumns } from '../../../../src/store/catalog/session-columns.ts';
import { Statements } from '../../../../src/store/catalog/statements.ts';
import { sharedHistory } from '../../../fixture/shared-history.ts';

let database: Database.Database;
beforeAll(async () => {
  database = openForReading({ path: await sharedHistory(10_000), nativeBinding: null });
});
afterAll(() => void database.close());

/** The newest of these states, as if a moment ago all of them had been ACTIVE. */
const newestOf = (...statuses: readonly string[]): readonly number[] =>
  statuses
    .map(
      (status) => database.prepare('SELECT max(position) FROM sessions WHERE status = ?').pluck().get(status) as number,
    )
    .toSorted((one, other) => other - one);

const page = { limit: 3, backward: false, after: null, before: null };
const shown = (items: readonly number[], found: Partial<Page<number>>, request: Partial<typeof page> = {}) =>
  foundPage(
    new Statements(database),
    {
      visibility: seesAll,
      filter: { ...everySession, statuses: ['ACTIVE', 'KILLING'] },
      order: newestFirst,
      page: { ...page, ...request },
      columns: sessionColumns(['status'], 'STARTED_AT'),
    },
    { items, hasNextPage: false, hasPreviousPage: false, stoppedAt: null, ...found },
  );

test('sessions that were found are shown in the order in which they were found', () => {
  const positions = newestOf('ACTIVE', 'KILLING');
  const { items, ...rest } = shown(positions, { hasNextPage: true });
  expect(items.map(({ position }) => position)).toEqual(positions);
  expect(rest).toEqual({ hasNextPage: true, hasPreviousPage: false, stoppedAt: null });
});

test('one that the filter has no more is left out, and the list goes on from where it was', () => {
  const positions = newestOf('ACTIVE', 'KILLING', 'ENDED');
  const last = positions.at(-1);
  expect(database.prepare('SELECT status FROM sessions WHERE position = ?').pluck().get(last)).toBe('ENDED');
  const forward = shown(positions, { hasNextPage: true });
  expect(forward.items.map(({ status }) => status).toSorted()).toEqual(['ACTIVE', 'KILLING']);
  expect(forward.stoppedAt).toEqual({ order: 'started', key: [last] });
  const backward = shown(positions, { hasPreviousPage: true }, { backward: true });
  expect(backward.stoppedAt).toEqual({ order: 'started', key: [positions[0]] });
  expect(shown(positions, {}).stoppedAt).toBeNull();
});

test('a page of which nothing is left says where the list goes on', () => {
  const positions = newestOf('ENDED', 'DENIED');
  expect(shown(positions, { hasNextPage: true })).toEqual({
    items: [],
    hasNextPage: true,
    hasPreviousPage: false,
    stoppedAt: { order: 'started', key: [positions.at(-1)] },
  });
  expect(shown([], {}).items).toEqual([]);
});
