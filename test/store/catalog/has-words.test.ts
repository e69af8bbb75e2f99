import { randomUUID } from 'node:crypto';
import type Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seesAll, type Visibility } from '../../../src/model/access.ts';
import { checkFilterText } from '../../../src/model/filter-text.ts';
import { firstPage } from '../../../src/model/page.ts';
import { everySession, newestFirst } from '../../../src/model/session-filter.ts';
import { matchExpression } from '../../../src/store/catalog/listing/match-expression.ts';
import { openForReading } from '../../../src/store/catalog/open-database.ts';
import { idsOf } from '../many-sessions.ts';
import { catalogPathOf, openFolder, type OpenedFolder, testStartMs } from '../opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../temporary-folder.ts';
import { auditEntry, openSessionWrite } from '../writes.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
let database: Database.Database;
beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path, { closes: false });
  database = openForReading({ path: catalogPathOf(folder.path), nativeBinding: null });
});
afterAll(async () => {
  database.close();
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const openNamed = async (producer: string, name: string, email: string | null, at = 0) => {
  const base = openSessionWrite({ producer, recording: null });
  const { sessionId } = base.session;
  const user = { ...base.session.user, name, email };
  await opened.writer.openSession({ ...base, session: { ...base.session, startedAtMs: testStartMs + at, user } });
  return sessionId;
};

/** Few letters, of which words meet often: with accents written in two ways, of other scripts, and between marks. */
const letters = ['a', 'A', 'b', 'é', 'E\u0301', 'ß', 'ي', '東', 'क\u093e', '١', '𝒜', '\u{1E900}', '\u0345', 'ﬁ', 'İ'];
const parts = ['.', '@', '-', '"', "'", '*', '(', ' ', '\u00ad', '\u200d', '\u0000'];
const textOf = (some: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...some), { minLength: 1, maxLength: 7 }).map((all) => all.join(''));
const arbitraryText = fc.oneof(
  textOf([...letters, ...letters, ...parts]),
  textOf(['a', 'B', 'b', '1', '_', '\u007f', ...parts.slice(0, 8)]),
);

const asksForWords = (text: string): boolean => checkFilterText(text, 'text') !== null;

test('a feed has the sessions that the list has, whatever their words and the words asked for', async () => {
  const index = database.prepare('SELECT -rowid FROM session_words WHERE session_words MATCH ? ORDER BY rowid').pluck();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(arbitraryText, fc.option(arbitraryText)), { minLength: 1, maxLength: 12 }),
      fc.array(arbitraryText.filter(asksForWords), { minLength: 6, maxLength: 6 }),
      async (named, texts) => {
        const producer = randomUUID();
        const own: Visibility = { scope: 'producer', producer };
        const before = await opened.catalog.revision();
        await Promise.all(named.map(([name, email]) => openNamed(producer, name, email)));
        for (const text of [
          ...texts,
          ...named
            .map(([name]) => name)
            .filter(asksForWords)
            .slice(0, 1),
        ]) {
          const filter = { ...everySession, text };
          const changed = await opened.catalog.changedSessions(own, filter, before, 100);
          const told = changed.filter(({ matches }) => matches).map(({ session }) => session);
          const newest = told.toSorted((one, other) => other.position - one.position);
          const found = new Set(index.all(matchExpression(text)));
          const all = changed.map(({ session }) => session).filter(({ position }) => found.has(position));
          expect(new Set(idsOf(told))).toEqual(new Set(idsOf(all)));
          const list = await opened.catalog.sessions(own, filter, newestFirst, firstPage(100));
          expect(idsOf(list.items)).toEqual(idsOf(newest));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('who was seen is told however many were that have not the words', async () => {
  const producer = randomUUID();
  for (let at = 0; at < 9; at += 1) await openNamed(producer, at === 7 ? 'Wanted One' : 'Other', null, at);
  const seen = await opened.catalog.seenSessions(
    { scope: 'producer', producer },
    { ...everySession, text: 'wanted' },
    testStartMs - 1,
    testStartMs + 1_000_000,
    2,
  );
  expect(seen.map(({ user }) => user.name)).toEqual(['Wanted One']);
});

test('what is asked of a session for its words is kept nowhere', async () => {
  await openNamed('tests', 'Kept Nowhere', null);
  const filter = { ...everySession, text: 'nowhere' };
  const ask = () => opened.catalog.changedSessions(seesAll, filter, { log: before.log, position: 0 }, 1000);
  const before = await opened.catalog.revision();
  const [first, second] = [await ask(), await ask()];
  expect(second).toEqual(first);
  expect(first.filter(({ matches }) => matches)).toHaveLength(1);
});

test('what runs is killed by its words', async () => {
  const producer = randomUUID();
  for (const name of ['Zoë Müller', 'Zoë', 'Müller']) await openNamed(producer, name, null);
  const count = await opened.writer.requestKills({
    visibility: { scope: 'producer', producer },
    filter: { ...everySession, text: 'muller ZOE' },
    isDryRun: true,
    requestedBy: 'auditor',
    reason: 'incident',
    atMs: testStartMs + 1000,
    audit: auditEntry(),
  });
  expect(count).toBe(1);
});
