import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { wordsOf } from '../../../src/model/filter-text.ts';
import { provideHasWords, wordColumns } from '../../../src/store/catalog/has-words.ts';
import { matchExpression } from '../../../src/store/catalog/listing/match-expression.ts';
import { RecentTexts } from '../../../src/store/catalog/recent-texts.ts';

const database = new Database(':memory:');
provideHasWords(database);
database.exec(`CREATE VIRTUAL TABLE words USING fts5 (${wordColumns}, tokenize = 'unicode61 remove_diacritics 2')`);
afterAll(() => void database.close());

const places = wordColumns.replaceAll(/\w+/g, '?');
const add = database.prepare(`INSERT INTO words VALUES (${places})`);
const find = database.prepare('SELECT count(*) FROM words WHERE words MATCH ?').pluck();
const ask = database.prepare(`SELECT has_words(?, ${places})`).pluck();

/** Few letters, of which words meet often; of other scripts, between marks, and half of a pair. */
const signs = [
  'a',
  'A',
  'b',
  '1',
  'é',
  'e\u0301',
  'ß',
  '東',
  '١',
  '\u{1E900}',
  'İ',
  '.',
  '@',
  '_',
  '"',
  '\u0000',
  '\ud800',
  '\u0001',
];
const arbitraryText = fc.array(fc.constantFrom(...signs), { maxLength: 6 }).map((all) => all.join(''));
const arbitraryAsked = fc
  .array(arbitraryText, { minLength: 1, maxLength: 4 })
  .map((words) => words.join(' '))
  .filter((text) => wordsOf(text).length > 0);
const columns = wordColumns.split(',').length;

test('a session has the words that FTS5 finds in it, whatever they and its texts are', () => {
  let found = 0;
  const arbitraryTexts = fc.array(fc.option(arbitraryText), { minLength: columns, maxLength: columns });
  fc.assert(
    fc.property(arbitraryTexts, fc.array(arbitraryAsked, { minLength: 8, maxLength: 8 }), (texts, asked) => {
      database.exec('DELETE FROM words');
      add.run(...texts);
      for (const text of asked) {
        const wanted = find.get(matchExpression(text));
        expect([text, ask.get(text, ...texts)]).toEqual([text, wanted]);
        found += Number(wanted);
      }
    }),
    { numRuns: 300 },
  );
  expect(found).toBeGreaterThan(100);
});

test('terms that FTS5 cuts off are found as it finds them', () => {
  const texts = [`b ${'a'.repeat(40_000)} c`, ...Array.from({ length: columns - 1 }, () => null)];
  database.exec('DELETE FROM words');
  add.run(...texts);
  for (const text of ['a'.repeat(40_000), 'a'.repeat(33_000), 'a'.repeat(100), 'c b']) {
    expect(ask.get(text, ...texts)).toBe(find.get(matchExpression(text)));
  }
});

test('texts are kept in bounded memory, the latest of them', () => {
  const recent = new RecentTexts<number>(10_000);
  for (let at = 0; at < 1000; at += 1) recent.keep(`text ${at}`, at, 5);
  const kept = Array.from({ length: 1000 }, (_, at) => recent.get(`text ${at}`)).filter((at) => at !== undefined);
  expect(kept.length).toBeLessThan(50);
  expect(kept.at(-1)).toBe(999);
  recent.keep('x'.repeat(10_000), 1, 0);
  expect(recent.get('x'.repeat(10_000))).toBeUndefined();
});
