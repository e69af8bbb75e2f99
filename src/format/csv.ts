/**
 * Comma-separated values (RFC 4180), which people open in spreadsheets. A text that a spreadsheet would take for a formula
 * gets a ' before it: it begins with = + - @, of either width, after any spaces, or with tabulator, line feed or carriage
 * return. Numbers stay numbers.
 */

export type CsvCell = string | number | boolean | null;

const formulaStart = /^(?:\s*[=+\-@＝＋－＠]|[\t\r\n])/;
const needsQuotes = /[",\r\n]|^\s|\s$/;

const cellText = (cell: CsvCell): string => {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const harmless = formulaStart.test(cell) ? `'${cell}` : cell;
  return needsQuotes.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
};

/** One record with its line end. Null is an empty cell. */
export const csvLine = (cells: readonly CsvCell[]): string => `${cells.map(cellText).join(',')}\r\n`;
