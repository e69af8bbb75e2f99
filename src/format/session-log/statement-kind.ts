/** Statements that answer with rows; all others change some. */
const reading = new Set('select values table show with explain describe desc fetch pragma call execute'.split(' '));

/** Whether the rows that a statement counts are ones that it read, by its first word. Null: there is no word in it. */
export const isReading = (statement: string): boolean | null => {
  const word = firstWord(statement);
  return word === '' ? null : reading.has(word);
};

/** The first word in lower case, behind comments and brackets. */
const firstWord = (statement: string): string => {
  let at = 0;
  for (;;) {
    const rest = statement.slice(at, at + 2);
    if (rest === '--') at = behind(statement, '\n', at);
    else if (rest === '/*') at = behind(statement, '*/', at + 2);
    else if (rest !== '' && /^[\s(;]/.test(rest)) at += 1;
    else return /^[a-z]+/i.exec(statement.slice(at, at + 32))?.[0].toLowerCase() ?? '';
  }
};

const behind = (text: string, end: string, from: number): number => {
  const at = text.indexOf(end, from);
  return at === -1 ? text.length : at + end.length;
};
