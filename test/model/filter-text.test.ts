import { expect, test } from 'vitest';
import { InvalidInput } from '../../src/model/errors.ts';
import { checkFilterText } from '../../src/model/filter-text.ts';

const check = (text: string): string | null => checkFilterText(text, 'text');

test.each([
  ['twenty words', 'word '.repeat(20)],
  ['one word of twenty runs', Array(20).fill('com').join('.')],
  ['accents that are written apart', 'a\u0301b '.repeat(20)],
])('%s may be asked for', (_what, text) => {
  expect(check(text)).toBe(text);
});

test.each([
  ['words', 'word '.repeat(21)],
  ['runs of one word', Array(21).fill('com').join('.')],
  ['runs of several words', 'alice@example.com '.repeat(7)],
  ['runs between marks', 'क\u093e'.repeat(21)],
  ['words of no letter', '- '.repeat(21)],
])('more than twenty %s are refused', (_what, text) => {
  expect(() => check(text)).toThrow(InvalidInput);
  expect(() => check(text)).toThrow('at most 20 words, got 21');
});

test('blank text asks for nothing', () => {
  expect(check(' \u0000\n ')).toBeNull();
});
