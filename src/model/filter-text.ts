import { InvalidInput } from './errors.ts';
import { FILTER_TEXT_LENGTH_MAX, FILTER_TEXT_WORDS_MAX } from './limits.ts';

/** What people type to find sessions, as the words in it. Control characters part words too. */
export const wordsOf = (text: string): readonly string[] => text.split(/[\s\p{Cc}]+/u).filter((word) => word !== '');

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
  const { length } = wordsOf(text);
  if (length > FILTER_TEXT_WORDS_MAX) {
    throw new InvalidInput(argument, `${argument} must have at most ${FILTER_TEXT_WORDS_MAX} words, got ${length}`);
  }
  return length === 0 ? null : text;
};
