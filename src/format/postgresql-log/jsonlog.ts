import { isJsonObject, type JsonObject } from '../lines/json-fields.ts';
import { knownName, type LogItem, readConnectionFrom, readCount, readPort } from './log-entry.ts';
import { readLogTime } from './log-time.ts';

/** An object of JSON as a log's message; or as a line of a stderr log, with the time of whoever wrapped it. */
export type JsonLogLine =
  | LogItem
  | { readonly kind: 'text'; readonly line: number; readonly text: string; readonly atMs: number };

/**
 * Reads one object of a log in JSON: jsonlog itself (PostgreSQL 15 and later, section 19.8.5), CloudNativePG's records of csvlog
 * with names, or Cloud SQL's log entries, whose textPayload is a line of a stderr log.
 */
export const readJsonLogLine = (fields: unknown, line: number): JsonLogLine => {
  if (!isJsonObject(fields)) return { kind: 'skip', line, reason: 'it is no JSON object' };
  const record = fields['record'];
  if (isJsonObject(record)) return cnpgEntry(record, line);
  const payload = fields['textPayload'];
  if (typeof payload === 'string') {
    const atMs = readLogTime(textOf(fields['timestamp']) ?? '');
    return atMs === null
      ? { kind: 'skip', line, reason: 'the entry has no time' }
      : { kind: 'text', line, text: payload, atMs };
  }
  return jsonlogEntry(fields, line);
};

/** Whether the beginning of a file is such a log. */
export const looksLikeJsonlog = (head: string): boolean => {
  if (!/^\ufeff?\s*[[{]/.test(head)) return false;
  if (/"textPayload"/.test(head)) return /"logName"\s*:\s*"[^"]{0,512}postgres/.test(head);
  return /"error_severity"/.test(head) && /"(?:pid|process_id)"/.test(head);
};

const jsonlogEntry = (fields: JsonObject, line: number): LogItem => {
  const text = (name: string): string | null => knownName(textOf(fields[name]));
  return entryOf(line, text('timestamp'), {
    pid: readCount(fields['pid']),
    sessionId: text('session_id'),
    sessionLine: readCount(fields['line_num']),
    startedAtMs: readLogTime(text('session_start') ?? ''),
    user: text('user'),
    database: text('dbname'),
    host: text('remote_host'),
    port: readPort(textOf(fields['remote_port'])),
    application: text('application_name'),
    backendType: text('backend_type'),
    severity: text('error_severity') ?? '',
    sqlState: text('state_code'),
    message: textOf(fields['message']) ?? '',
    detail: text('detail'),
    statement: textOf(fields['statement']),
  });
};

const cnpgEntry = (fields: JsonObject, line: number): LogItem => {
  const text = (name: string): string | null => knownName(textOf(fields[name]));
  return entryOf(line, text('log_time'), {
    pid: readCount(fields['process_id']),
    sessionId: text('session_id'),
    sessionLine: readCount(fields['session_line_num']),
    startedAtMs: readLogTime(text('session_start_time') ?? ''),
    user: text('user_name'),
    database: text('database_name'),
    ...readConnectionFrom(text('connection_from')),
    application: text('application_name'),
    backendType: text('backend_type'),
    severity: text('error_severity') ?? '',
    sqlState: text('sql_state_code'),
    message: textOf(fields['message']) ?? '',
    detail: text('detail'),
    statement: textOf(fields['query']),
  });
};

const entryOf = (
  line: number,
  time: string | null,
  entry: Omit<Extract<LogItem, { kind: 'entry' }>['entry'], 'line' | 'atMs' | 'yearlessTime'>,
): LogItem => {
  const atMs = readLogTime(time ?? '');
  if (time === null || entry.severity === '') {
    return { kind: 'skip', line, reason: "the line is no message of the server's" };
  }
  if (atMs === null) return { kind: 'skip', line, reason: `the time cannot be read: ${time.slice(0, 40)}` };
  return { kind: 'entry', entry: { line, atMs, yearlessTime: null, ...entry } };
};

/** A text, or a number as one. */
const textOf = (value: unknown): string | null =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;
