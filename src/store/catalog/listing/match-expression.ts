import { wordsOf } from '../../../model/filter-text.ts';

/**
 * A filter's text for FTS5: each word as a phrase, all of which must occur. What is quoted is no syntax, whatever it is; a
 * word such as alice@example.com is a phrase of three. A word without letters and digits asks for nothing, and a text of
 * only such matches no session.
 */
export const matchExpression = (text: string): string =>
  wordsOf(text)
    .map((word) => `"${word.replaceAll('"', '""')}"`)
    .join(' ');
