import type Database from 'better-sqlite3';
import type { Compilable } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { seesAll } from '../../../../src/model/access.ts';
import { wordsOf } from '../../../../src/model/filter-text.ts';
import { firstPage, type Keyset, type Page, type PageRequest } from '../../../../src/model/page.ts';
import { everySession, newestFirst, type SessionFilter } from '../../../../src/model/session-filter.ts';
import { openForReading } from '../../../../src/store/catalog/open-database.ts';
import { Statements } from '../../../../src/store/catalog/statements.ts';
import { countSessions } from '../../../../src/store/catalog/surveys/count-sessions.ts';
import { driveOf } from '../../../../src/store/catalog/surveys/session-drive.ts';
import { sessionPage, sessionPositions } from '../../../../src/store/catalog/surveys/session-page.ts';
import { sessionStats } from '../../../../src/store/catalog/surveys/session-stats.ts';
import { type Survey, surveyConnection, type SurveyTools } from '../../../../src/store/catalog/surveys/survey.ts';
import { sharedHistory } from '../../../fixture/shared-history.ts';

/** Keeps what the index of words is asked, and of lists of row numbers with which bounds. */
class HeardStatements extends Statements {
  readonly matches: string[] = [];
  readonly columns: (readonly unknown[])[] = [];

  override all<Row>(query: Compilable<Row>): Row[] {
    this.#hear(query);
    return super.all(query);
  }

  override get<Row>(query: Compilable<Row>): Row | undefined {
    this.#hear(query);
    return super.get(query);
  }

  override column<Value>(query: Compilable<unknown>): Value[] {
    this.#hear(query);
    if (query.compile().sql.includes('MATCH')) this.columns.push(query.compile().parameters);
    return super.column(query);
  }

  #hear(query: Compilable<unknown>): void {
    const { sql, parameters } = query.compile();
    const asked = sql.split('?').flatMap((before, at) => (before.endsWith('MATCH ') ? [String(parameters[at])] : []));
    this.matches.push(...asked);
  }
}

const SLICE_ROWS = 100;

let database: Database.Database;
let statements: HeardStatements;
let tools: SurveyTools;
beforeAll(async () => {
  database = openForReading({ path: await sharedHistory(10_000), nativeBinding: null });
});
beforeEach(() => {
  statements = new HeardStatements(database);
  tools = {
    ...surveyConnection(database),
    statements,
    budgetMs: 1000,
    isOver: () => false,
    sliceRows: SLICE_ROWS,
    valuesMax: 1000,
  };
});
afterAll(() => void database.close());

const filterOf = (filter: Partial<SessionFilter>): SessionFilter => ({ ...everySession, ...filter });

const countOf = (expression: string): number =>
  database.prepare('SELECT count(*) FROM session_words WHERE session_words MATCH ?').pluck().get(expression) as number;

/** In how many pieces it is done, and with what result. */
const done = <Result>(survey: Survey<Result>): { readonly pieces: number; readonly result: Result } => {
  for (let pieces = 1; ; pieces += 1) {
    const { done: isDone, value } = survey.next();
    if (isDone === true) return { pieces, result: value };
  }
};

/** Which of them FTS5 is asked together. */
const severalTerms = (): readonly string[] => statements.matches.filter((match) => wordsOf(match).length > 1);

describe('words that many sessions have, and none both of', () => {
  const text = 'org com';
  test('are found not to meet in pieces, each of a bounded part of the index', () => {
    const { pieces, result } = done(countSessions(tools, seesAll, filterOf({ text }), 10));
    expect(result).toBe(0);
    expect(pieces).toBeGreaterThan(countOf('com') / (10 * SLICE_ROWS));
    expect(new Set(statements.matches)).toEqual(new Set(['"org"', '"com"']));
  });

  test('leave a page where looking stopped, when its time is over', () => {
    let looks = 0;
    const soonOver = { ...tools, isOver: () => (looks += 1) > 6 };
    const { pieces, result } = done(
      sessionPage(soonOver, seesAll, filterOf({ text }), newestFirst, firstPage(10), null),
    );
    expect(pieces).toBeGreaterThan(4);
    expect(pieces).toBeLessThan(10);
    expect(result).toMatchObject({ items: [], hasNextPage: true, stoppedAt: { key: [expect.any(Number)] } });
    expect(severalTerms()).toEqual([]);
  });

  test('give statistics of nothing', () => {
    const request = { groupBy: 'USER', limit: 5, timeZone: 'UTC' } as const;
    expect(done(sessionStats(tools, seesAll, filterOf({ text }), request)).result).toEqual([]);
    expect(severalTerms()).toEqual([]);
  });
});

test('a word of several terms that many have is one only where they follow each other', () => {
  for (const text of ['example.com', 'com.example', 'person example.org']) {
    const wanted = countOf(
      wordsOf(text)
        .map((word) => `"${word}"`)
        .join(' '),
    );
    const { result } = done(countSessions({ ...tools, sliceRows: 1000 }, seesAll, filterOf({ text }), 100_000));
    expect([text, result]).toEqual([text, wanted]);
  }
  expect(severalTerms()).toEqual([]);
});

const positionsOf = (expression: string): readonly number[] =>
  database
    .prepare('SELECT -rowid FROM session_words WHERE session_words MATCH ? ORDER BY rowid DESC')
    .pluck()
    .all(expression) as number[];

test.each(['zurich openssh_9', 'person3 org boston', 'example.com docker', 'com person'])(
  'pages of %s are all that has the words, and FTS5 is asked for all of them only up to one that has them',
  (text) => {
    const match = wordsOf(text)
      .map((word) => `"${word}"`)
      .join(' ');
    const wanted = positionsOf(match);
    for (const backward of [false, true]) {
      const found: number[] = [];
      let end: Keyset | null = null;
      for (;;) {
        const page: PageRequest = { limit: 20, backward, after: backward ? null : end, before: backward ? end : null };
        const { result }: { result: Page<number> } = done(
          sessionPositions(tools, seesAll, filterOf({ text }), newestFirst, page),
        );
        found.splice(backward ? 0 : found.length, 0, ...result.items);
        const last = backward ? result.items[0] : result.items.at(-1);
        end = result.stoppedAt ?? (last === undefined ? null : { order: 'started', key: [last] });
        if (end === null || !(backward ? result.hasPreviousPage : result.hasNextPage)) break;
      }
      expect(found).toEqual(wanted.toReversed());
      const ofAll = statements.columns.splice(0).filter(([expression]) => expression === match);
      expect(ofAll.length).toBeGreaterThan(0);
      for (const [, from, to, limit] of ofAll) {
        expect(wanted).toContain(-Number(backward ? from : to));
        expect(limit).toBeLessThanOrEqual(SLICE_ROWS);
      }
    }
  },
);

test('FTS5 is asked for several terms at once only where one of them has few sessions', () => {
  const text = 'zurich person3';
  const fewest = Math.min(countOf('zurich'), countOf('person3'));
  const asking = { ...tools, sliceRows: fewest };
  expect(done(countSessions(asking, seesAll, filterOf({ text }), 10_000)).result).toBe(countOf(text));
  expect(severalTerms()).toEqual(['"zurich" "person3"']);
  const tooMany = { ...tools, sliceRows: fewest - 1 };
  statements.matches.length = 0;
  expect(done(countSessions(tooMany, seesAll, filterOf({ text }), 10_000)).result).toBe(countOf(text));
  expect(severalTerms()).toEqual([]);
});

test.each([
  ['all that is asked has many', { text: 'example', statuses: ['ENDED'] }, 'session_words'],
  ['another is few', { text: 'example', userIdentities: ['person3@example.org', 'nobody'] }, 'sessions INDEXED BY'],
] satisfies readonly (readonly [string, Partial<SessionFilter>, string])[])(
  'where %s the walk is the smaller one',
  (_what, filter, from) => {
    const drive = driveOf({ ...tools, sliceRows: 1000 }, seesAll, filterOf(filter));
    expect(drive.walk.branches[0]?.from).toContain(from);
  },
);

test('sessions that are each asked for their words are so in slices of fewer', () => {
  const filter = filterOf({ text: 'example.com', protocols: ['SSH'] });
  const asking = { ...tools, sliceRows: 1000 };
  const many = done(countSessions(asking, seesAll, filter, 100_000));
  const without = done(countSessions(asking, seesAll, { ...filter, text: null }, 100_000));
  expect(many.pieces).toBeGreaterThan(without.pieces);
});
