import { NotARecording } from '../format/asciicast/not-a-recording.ts';
import { readJsonDocuments } from '../format/lines/json-documents.ts';
import { readLogLines } from '../format/lines/log-lines.ts';
import { CsvlogRecords, looksLikeCsvlog } from '../format/postgresql-log/csvlog.ts';
import { looksLikeJsonlog } from '../format/postgresql-log/jsonlog.ts';
import type { LogItem } from '../format/postgresql-log/log-entry.ts';
import { LinePrefix } from '../format/postgresql-log/line-prefix.ts';
import { looksLikeTextLog, otherLogIn, readTextLog } from '../format/postgresql-log/read-text-log.ts';
import { readJsonLog } from '../format/postgresql-log/read-json-log.ts';
import { IMPORT_LINE_BYTES_MAX, IMPORT_SESSIONS_OPEN_MAX } from '../model/limits.ts';
import type { ImportFormat, ImportGiven } from './import-format.ts';
import type { ImportSource } from './import-source.ts';
import type { ImportStep } from './import-step.ts';
import { PostgresqlSessions } from './postgresql-sessions.ts';
import { readHead } from './source-head.ts';

/** Backends that are followed at once; one more is opened before the oldest is closed. */
const BACKENDS_MAX = IMPORT_SESSIONS_OPEN_MAX - 1;

/** log_destination = csvlog, of PostgreSQL 9.0 to 18. */
export const postgresqlCsvFormat: ImportFormat = {
  name: 'postgresql-csv',
  title: 'PostgreSQL log (csvlog)',
  recognises: ({ bytes }) => looksLikeCsvlog(textOf(bytes)),
  read: (source, given) => steps(csvItems(source, given), given),
};

/** log_destination = jsonlog, and the JSON in which CloudNativePG and Cloud SQL hand logs out. */
export const postgresqlJsonFormat: ImportFormat = {
  name: 'postgresql-json',
  title: 'PostgreSQL log (jsonlog, CloudNativePG, Cloud SQL)',
  recognises: ({ bytes }) => looksLikeJsonlog(textOf(bytes)),
  read: (source, given) => steps(jsonItems(source, given), given),
};

/** log_destination = stderr or syslog. */
export const postgresqlTextFormat: ImportFormat = {
  name: 'postgresql',
  title: 'PostgreSQL log (stderr or syslog, with its log_line_prefix)',
  recognises: ({ bytes }) => looksLikeTextLog(textOf(bytes)) || otherLogIn(textOf(bytes)) !== null,
  read: (source, given) => steps(textItems(source, given), given),
};

/** @throws NotARecording when there is no session in the log */
async function* steps(
  items: AsyncIterable<LogItem>,
  { defaults, signal }: ImportGiven,
): AsyncGenerator<ImportStep, void, void> {
  const sessions = new PostgresqlSessions(defaults, BACKENDS_MAX);
  const counts = { sessions: 0, messages: 0 };
  for await (const item of items) {
    signal.throwIfAborted();
    if (item.kind === 'skip') {
      yield item;
      continue;
    }
    counts.messages += 1;
    for (const step of sessions.take(item.entry)) {
      if (step.kind === 'open') counts.sessions += 1;
      yield step;
    }
  }
  for (const step of sessions.end()) {
    if (step.kind === 'open') counts.sessions += 1;
    yield step;
  }
  if (counts.sessions > 0) return;
  const what =
    counts.messages === 0
      ? 'there is no message in it'
      : `its ${counts.messages} messages are all of the server itself`;
  throw new NotARecording(`there is no session in the log: ${what}`, null);
}

async function* csvItems(source: ImportSource, _given: ImportGiven): AsyncGenerator<LogItem, void, void> {
  const records = new CsvlogRecords(IMPORT_LINE_BYTES_MAX);
  for await (const lines of readLogLines(source.open())) {
    for (const line of lines) yield* records.push(line);
  }
  yield* records.end();
}

async function* jsonItems(source: ImportSource, given: ImportGiven): AsyncGenerator<LogItem, void, void> {
  yield* readJsonLog(readJsonDocuments(source.open()), IMPORT_LINE_BYTES_MAX, prefixOf(given));
}

async function* textItems(source: ImportSource, given: ImportGiven): AsyncGenerator<LogItem, void, void> {
  const head = textOf(await readHead(source));
  const other = otherLogIn(head);
  if (other !== null) throw new NotARecording(other, null);
  yield* readTextLog(head, readLogLines(source.open()), {
    charactersMax: IMPORT_LINE_BYTES_MAX,
    prefix: prefixOf(given),
    notAfterMs: source.modifiedAtMs,
    timeZone: given.timeZone,
  });
}

/** What the caller says that lines begin with. */
const prefixOf = ({ logLinePrefix }: ImportGiven): LinePrefix | null => {
  if (logLinePrefix === undefined) return null;
  try {
    return new LinePrefix(logLinePrefix);
  } catch (error) {
    if (error instanceof RangeError) throw new NotARecording(`the log_line_prefix is wrong: ${error.message}`, null);
    throw error;
  }
};

const decoder = new TextDecoder();

const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);
