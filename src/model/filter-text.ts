import { InvalidInput } from './errors.ts';
import { FILTER_TEXT_LENGTH_MAX, FILTER_TEXT_WORDS_MAX } from './limits.ts';

/** What people type to find sessions, as the words in it. Control characters part words too. */
export const wordsOf = (text: string): readonly string[] => text.split(/[\s\p{Cc}]+/u).filter((word) => word !== '');

/** The runs of letters and digits in a word, each of which the index looks up: marks in the range that it drops part none. */
export const runsOf = (word: string): readonly string[] => word.match(/[\p{L}\p{N}\p{Co}\u0300-\u0331]+/gu) ?? [];

/** What a word costs: alice@example.com is looked up as three. */
const lookedUp = (word: string): number => Math.max(1, runsOf(word).length);

/**
 * The text as a filter has it; null when there is no word in it, which asks for nothing.
 * @throws InvalidInput naming `argument` and the limit
 */
export const checkFilterText = (text: string, argument: string): string | null => {
  if (text.length > FILTER_TEXT_LENGTH_MAX) {
    throw new InvalidInput(
      argument,
      `${argument} must have at most ${FILTER_TEXT_LENGTH_MAX} characters, got ${text.length}`,
    );
  }
  const count = wordsOf(text).reduce((sum, word) => sum + lookedUp(word), 0);
  if (count > FILTER_TEXT_WORDS_MAX) {
    const message = `${argument} must have at most ${FILTER_TEXT_WORDS_MAX} words, got ${count}: every run of letters and digits is one`;
    throw new InvalidInput(argument, message);
  }
  return count === 0 ? null : text;
};
