/** Characters of a statement's parameters that are kept, together. */
export const PARAMETERS_CHARACTERS_MAX = 128 * 1024;

/**
 * The parameters of a statement as PostgreSQL writes them in a message's detail: `Parameters: $1 = 'it''s', $2 = NULL` (in
 * lower case before version 16). Values are texts as the server shows them, cut by it with `...`; NULL is null.
 * @returns in order; a value that is cut here has its length in characters behind it; null when the detail says none
 */
export const readParameters = (detail: string | null): readonly (string | null)[] | null => {
  const begin = /^parameters: (?=\$1 = )/i.exec(detail ?? '');
  if (detail === null || begin === null) return null;
  const parameters: (string | null)[] = [];
  let left = PARAMETERS_CHARACTERS_MAX;
  let at = begin[0].length;
  const next = /\$\d+ = (?:NULL|(?='))/y;
  for (;;) {
    next.lastIndex = at;
    const match = next.exec(detail);
    if (match === null) break;
    at = next.lastIndex;
    if (match[0].endsWith('NULL')) {
      parameters.push(null);
    } else {
      const end = endOfText(detail, at + 1);
      const value = detail.slice(at + 1, end).replaceAll("''", "'");
      parameters.push(value.length <= left ? value : `${value.slice(0, left)}… [${value.length} characters]`);
      left = Math.max(0, left - value.length);
      at = end + 1;
    }
    left = Math.max(0, left - PARAMETER_CHARACTERS_MIN);
    if (left === 0 || !detail.startsWith(', ', at)) break;
    at += 2;
  }
  return parameters;
};

/** What a parameter counts at least, so that many empty ones are limited too. */
const PARAMETER_CHARACTERS_MIN = 2;

/** Where the closing apostrophe is, or the end when the detail was cut. */
const endOfText = (text: string, from: number): number => {
  let at = text.indexOf("'", from);
  while (at !== -1 && text[at + 1] === "'") at = text.indexOf("'", at + 2);
  return at === -1 ? text.length : at;
};
