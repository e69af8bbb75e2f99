/** A word of an access log's line: bare, in quotes, or in brackets. The text is what stands between those, as it is written. */
export type LogWord = { readonly kind: 'bare' | 'quoted' | 'bracketed'; readonly text: string };

const word = /\s*(?:"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+))/gs;

/** Words of a line that are looked at. */
const WORDS_MAX = 64;

/** The line's words, the first WORDS_MAX of them. A quote that nothing closes is a bare word's first character. */
export const logWords = (line: string): readonly LogWord[] => {
  const words: LogWord[] = [];
  for (const [, quoted, bracketed, bare] of line.matchAll(word)) {
    if (quoted !== undefined) words.push({ kind: 'quoted', text: quoted });
    else if (bracketed !== undefined) words.push({ kind: 'bracketed', text: bracketed });
    else if (bare !== undefined) words.push({ kind: 'bare', text: bare });
    if (words.length >= WORDS_MAX) break;
  }
  return words;
};
