import { NotARecording } from '../asciicast/not-a-recording.ts';
import { LINE_TOO_LONG, type LogLine } from '../lines/log-lines.ts';
import { instantIn } from '../lines/log-time.ts';
import { fittingPrefixes, knownInnerPrefixes, knownPrefixes } from './known-prefixes.ts';
import type { LinePrefix } from './line-prefix.ts';
import type { LogItem } from './log-entry.ts';
import { readSyslogLine, type SyslogClock } from './syslog-line.ts';
import { TextLogEntries } from './text-log.ts';

/** Lines of a file's head that are looked at to know it. */
const HEAD_LINES_MAX = 100;

/** Words that only a PostgreSQL server's log has. */
const serversWords =
  /(?:LOG|DETAIL|FATAL|STATEMENT|AUDIT): {1,2}(?:duration: |statement: |execute |connection (?:received|authorized)|disconnection: |database system |listening on |starting PostgreSQL|automatic |checkpoint |parameters: |SESSION,|password authentication failed|no pg_hba)|STATEMENT: {2}/;

/** Whether these first lines of a file are a log of stderr or syslog, with a prefix that is known. */
export const looksLikeTextLog = (head: string): boolean => {
  const lines = headLines(head);
  if (lines.some(isSyslog)) return fittingPrefixes(lines.map(textIn), knownInnerPrefixes).length > 0;
  const [best] = fittingPrefixes(lines, knownPrefixes);
  if (best === undefined) return false;
  // Other programs write a time and a severity too.
  return /%[pc]/.test(best.text) || serversWords.test(head);
};

/** Why a log that looks like a server's is none; null when it may be one. */
export const otherLogIn = (head: string): string | null => {
  const lines = headLines(head);
  if (lines.some((line) => /\[\d+\] (?:LOG|WARNING|ERROR) [CS]-0x[0-9a-f]+: /.test(line))) {
    return 'it is a log of PgBouncer, which has no statements: take in the log of the PostgreSQL server behind it';
  }
  if (/^(?:LOG|NOTICE|WARNING|INFO): {2}AUDIT: (?:SESSION|OBJECT),/.test(head)) {
    return 'its messages have neither time nor process: they are what a client was told, and not the log of the server';
  }
  return null;
};

/**
 * The messages of a log of stderr or syslog.
 * @param head the first lines, to find out what lines begin with
 * @throws NotARecording when nobody says what lines begin with, and it cannot be found out
 */
export async function* readTextLog(
  head: string,
  groups: AsyncIterable<readonly LogLine[]>,
  given: {
    /** Of one message. */
    readonly charactersMax: number;
    /** What the lines begin with; null: one of those that are known. */
    readonly prefix: LinePrefix | null;
    /** When the file was last written, in milliseconds since the epoch: syslog's times have no year … */
    readonly notAfterMs: number;
    /** … and no zone. IANA name. */
    readonly timeZone: string;
  },
): AsyncGenerator<LogItem, void, void> {
  const { charactersMax, notAfterMs, timeZone } = given;
  const clock = { notAfterMs, instantOf: (asUtcMs: number) => instantIn(timeZone, { asUtcMs }) };
  const first = headLines(head);
  const wrapped = first.some(isSyslog);
  const texts = wrapped ? first.map(textIn) : first;
  const known = wrapped ? knownInnerPrefixes : knownPrefixes;
  const prefixes = given.prefix === null ? fittingPrefixes(texts, known) : [given.prefix];
  if (prefixes.length === 0) {
    throw new NotARecording('its first lines begin with no log_line_prefix that is known: say which one it is', 1);
  }
  const entries = new TextLogEntries(prefixes, charactersMax);
  for await (const lines of groups) {
    for (const line of lines) yield* itemsOf(line, wrapped ? clock : null, entries);
  }
  yield* entries.end();
}

/** @param clock of the syslog that wrapped the lines; null: none did */
function* itemsOf(
  { text, number }: LogLine,
  clock: SyslogClock | null,
  entries: TextLogEntries,
): Generator<LogItem, void, void> {
  if (text === null) {
    yield { kind: 'skip', line: number, reason: LINE_TOO_LONG };
    return;
  }
  const line = clock === null ? { text, number, outer: null } : readSyslogLine(text, number, clock);
  if (line === null) yield { kind: 'skip', line: number, reason: 'the line is no line of syslog' };
  else if (line === 'other') yield { kind: 'skip', line: number, reason: 'the line is of another program' };
  else yield* entries.push(line);
}

/** The last line may not be whole. */
const headLines = (head: string): readonly string[] => {
  const lines = head.split('\n', HEAD_LINES_MAX + 1);
  return (lines.length > 1 ? lines.slice(0, -1) : lines).map((line) => line.replace(/\r$/, ''));
};

/** For what lines say beside their times. */
const anyClock: SyslogClock = { notAfterMs: Date.UTC(2000, 1), instantOf: (asUtcMs) => asUtcMs };

const isSyslog = (line: string): boolean => {
  const read = readSyslogLine(line, 1, anyClock);
  return read !== null && read !== 'other';
};

const textIn = (line: string): string => {
  const read = readSyslogLine(line, 1, anyClock);
  return read === null || read === 'other' ? '' : read.text;
};
