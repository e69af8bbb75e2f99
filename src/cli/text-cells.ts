import { eastAsianWidth } from 'get-east-asian-width';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const emoji = /^\p{Emoji_Presentation}|\ufe0f/u;
const nothing = /^[\p{Mark}\p{Cf}\u200b]/u;

/** Cells that one character takes in a terminal, with all that is joined to it. */
const cellsOfGrapheme = (grapheme: string): number => {
  if (emoji.test(grapheme)) return 2;
  return nothing.test(grapheme) ? 0 : eastAsianWidth(grapheme.codePointAt(0) ?? 0);
};

/** Cells that a text without control characters takes in a terminal. */
export const cellsOf = (text: string): number => {
  let cells = 0;
  for (const { segment } of graphemes.segment(text)) cells += cellsOfGrapheme(segment);
  return cells;
};

/** The text in exactly so many cells: cut with … where it is longer, with spaces behind it where it is shorter. */
export const fitted = (text: string, width: number): string => {
  const cells = cellsOf(text);
  if (cells <= width) return text + ' '.repeat(width - cells);
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const more = cellsOfGrapheme(segment);
    if (used + more > width - 1) break;
    kept += segment;
    used += more;
  }
  return `${kept}…${' '.repeat(Math.max(width - 1 - used, 0))}`;
};
