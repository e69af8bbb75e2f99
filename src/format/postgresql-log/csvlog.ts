import { LINE_TOO_LONG, type LogLine } from '../lines/log-lines.ts';
import { readCsvFields } from './csv-fields.ts';
import { knownName, type LogItem, readConnectionFrom, readCount } from './log-entry.ts';
import { logTimePattern, readLogTime } from './log-time.ts';

/** PostgreSQL 8.4 has 22 columns, 9.0 has 23 (application_name), 13 has 24 (backend_type), 14 to 18 have 26. */
const COLUMNS_MIN = 22;
const COLUMNS_MAX = 40;

const beginsLikeARecord = new RegExp(`^"?${logTimePattern}"?,`);

const quotedOrNone = '(?:"[^"]*(?:""[^"]*)*")?';
/**
 * The beginning of a record up to its message, which the server always quotes. Within a quoted field every quote is doubled, so
 * no statement can hold a line that has the odd number of quotes before the message: nobody forges a record by sending one.
 */
const strictBeginning = new RegExp(
  `^"?${logTimePattern}"?,${quotedOrNone},${quotedOrNone},\\d*,${quotedOrNone},[^",]*,\\d*,${quotedOrNone},[^,]*,[\\d/-]*,\\d*,[A-Z]+\\d?,\\w{5},"(?:"")*(?!")`,
);

/** Whether these first lines of a file are csvlog's. */
export const looksLikeCsvlog = (head: string): boolean =>
  head.split('\n', HEAD_LINES_MAX).some((line) => strictBeginning.test(line));

/** A file may begin within a record. */
const HEAD_LINES_MAX = 200;

/** Puts csvlog's records together from lines: a quoted field may go over several. It holds one record at most. */
export class CsvlogRecords {
  readonly #charactersMax: number;
  #held: string[] = [];
  #heldCharacters = 0;
  #heldFrom = 0;
  #hasOpenQuote = false;
  /** Nobody knows whether the next line lies within quotes: only what cannot be within them begins a record. */
  #isLost = false;

  /** @param charactersMax of one record, above which it is passed over */
  constructor(charactersMax: number) {
    this.#charactersMax = charactersMax;
  }

  *push({ text, number }: LogLine): Generator<LogItem, void, void> {
    if (this.#held.length > 0 && (text === null || strictBeginning.test(text))) {
      yield this.#drop('the record is cut short: a quoted field of it has no end');
    }
    if (text === null || this.#heldCharacters + text.length > this.#charactersMax) {
      this.#isLost = true;
      yield this.#dropFrom(
        number,
        text === null ? LINE_TOO_LONG : `the record has more than ${this.#charactersMax} characters`,
      );
    } else if (this.#held.length > 0) {
      yield* this.#add(text);
    } else if (text === '') {
      return;
    } else if ((this.#isLost ? strictBeginning : beginsLikeARecord).test(text)) {
      this.#isLost = false;
      this.#heldFrom = number;
      yield* this.#add(text);
    } else {
      this.#isLost = true;
      yield { kind: 'skip', line: number, reason: 'no record of a csvlog begins like this' };
    }
  }

  /** What is left. */
  *end(): Generator<LogItem, void, void> {
    if (this.#held.length > 0) yield this.#drop('the record is cut short: the file ends within it');
  }

  *#add(text: string): Generator<LogItem, void, void> {
    this.#held.push(text);
    this.#heldCharacters += text.length + 1;
    if (hasOddQuotes(text)) this.#hasOpenQuote = !this.#hasOpenQuote;
    if (this.#hasOpenQuote) return;
    const record = this.#held.join('\n');
    const line = this.#heldFrom;
    this.#forget();
    yield itemOfRecord(record, line);
  }

  #drop(reason: string): LogItem {
    return this.#dropFrom(this.#heldFrom, reason);
  }

  #dropFrom(number: number, reason: string): LogItem {
    const line = this.#held.length > 0 ? this.#heldFrom : number;
    this.#forget();
    return { kind: 'skip', line, reason };
  }

  #forget(): void {
    this.#held = [];
    this.#heldCharacters = 0;
    this.#hasOpenQuote = false;
  }
}

const hasOddQuotes = (text: string): boolean => {
  let isOdd = false;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) isOdd = !isOdd;
  return isOdd;
};

/** Columns by their number, as the documentation's table has them (section 19.8.4). */
const itemOfRecord = (record: string, line: number): LogItem => {
  const fields = readCsvFields(record);
  if (fields === null) return { kind: 'skip', line, reason: 'the record is no CSV' };
  if (fields.length < COLUMNS_MIN || fields.length > COLUMNS_MAX) {
    return {
      kind: 'skip',
      line,
      reason: `a record of a csvlog has ${COLUMNS_MIN} columns or more, not ${fields.length}`,
    };
  }
  const field = (column: number): string | null => knownName(fields[column]);
  const atMs = readLogTime(fields[0] ?? '');
  if (atMs === null)
    return { kind: 'skip', line, reason: `the time cannot be read: ${(fields[0] ?? '').slice(0, 40)}` };
  return {
    kind: 'entry',
    entry: {
      line,
      atMs,
      yearlessTime: null,
      user: field(1),
      database: field(2),
      pid: readCount(field(3)),
      ...readConnectionFrom(field(4)),
      sessionId: field(5),
      sessionLine: readCount(field(6)),
      startedAtMs: readLogTime(field(8) ?? ''),
      severity: field(11) ?? '',
      sqlState: field(12),
      message: fields[13] ?? '',
      detail: field(14),
      statement: fields[19] === '' ? null : (fields[19] ?? null),
      application: field(22),
      backendType: field(23),
    },
  };
};
