import { knownName, readConnectionFrom, readCount } from './log-entry.ts';
import { logTimePattern, readLogTime } from './log-time.ts';

/** What a log_line_prefix says of a line. */
export type PrefixFields = {
  readonly atMs: number | null;
  readonly pid: number | null;
  readonly sessionId: string | null;
  readonly sessionLine: number | null;
  readonly startedAtMs: number | null;
  readonly user: string | null;
  readonly database: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly application: string | null;
  readonly backendType: string | null;
  readonly sqlState: string | null;
};

/** A line that a prefix fits. */
export type PrefixedLine = { readonly fields: PrefixFields; readonly severity: string; readonly text: string };

/** Names of processes (miscinit.c); extensions have others. Those of several words must be known to be told from a user's. */
const backendTypes =
  '(?:dead-end )?client backend|standalone backend|not initialized|(?:autovacuum|logical replication) launcher|(?:autovacuum|parallel|background|slotsync|io) worker|logical replication(?: parallel apply| tablesync| apply)? worker|background writer';

/**
 * What each escape of log_line_prefix can be (PostgreSQL 18 documentation, section 19.8.3). Names have at most 63 bytes
 * (NAMEDATALEN), so a line is looked at only so far: no line can make the search long.
 */
const escapes: Readonly<Record<string, string>> = {
  a: '.{0,64}?',
  u: '.{0,64}?',
  d: '.{0,64}?',
  r: '[^\\s@]{0,255}?',
  h: '[^\\s@]{0,255}?',
  L: '[^\\s@]{0,255}?',
  b: `(?:${backendTypes}|.{0,96}?)`,
  p: '\\d{0,10}',
  P: '\\d{0,10}',
  t: logTimePattern,
  m: logTimePattern,
  s: logTimePattern,
  n: '\\d{1,12}\\.\\d{3}',
  i: '.{0,64}?',
  e: '[0-9A-Z]{5}',
  c: '[0-9a-f]{1,16}\\.[0-9a-f]{1,8}',
  l: '\\d{1,12}',
  v: '[\\d/-]{0,32}',
  x: '\\d{0,20}',
  Q: '-?\\d{1,20}',
};

const severities =
  'DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|QUERY|CONTEXT|STATEMENT|LOCATION|BACKTRACE';

/** Characters of a line in which its prefix and severity must lie. */
const PREFIX_CHARACTERS_MAX = 2048;

/** A log_line_prefix that lines are held against. */
export class LinePrefix {
  /** As in the server's configuration. */
  readonly text: string;
  readonly #pattern: RegExp;

  /** @throws RangeError naming what is wrong with the prefix */
  constructor(text: string) {
    if (text.length > PREFIX_LENGTH_MAX) throw new RangeError(`it has more than ${PREFIX_LENGTH_MAX} characters`);
    this.text = text;
    this.#pattern = new RegExp(`^${patternOf(text)}(?<severity>${severities}): {0,2}`, 's');
  }

  /** Whether the prefix has the time of a line. */
  get hasTime(): boolean {
    return /%-?\d*[tmn]/.test(this.text);
  }

  /** Characters that lines have in common: of two prefixes that fit, the one with more of them says more. */
  get literalLength(): number {
    return this.text.replace(/%-?\d*./gs, '').length;
  }

  /** Null when the line does not begin like this. */
  read(line: string): PrefixedLine | null {
    const match = this.#pattern.exec(line.length > PREFIX_CHARACTERS_MAX ? line.slice(0, PREFIX_CHARACTERS_MAX) : line);
    if (match === null) return null;
    const groups = match.groups ?? {};
    return { fields: fieldsOf(groups), severity: groups['severity'] ?? '', text: line.slice(match[0].length) };
  }
}

const PREFIX_LENGTH_MAX = 256;

const patternOf = (text: string): string => {
  const seen = new Set<string>();
  let pattern = '';
  let optional = 0;
  const pieces = [...text.matchAll(/%(-?\d{0,3})(.)|%$|[^%]+/gs)];
  for (const [at, [whole, padding = '', letter]] of pieces.entries()) {
    if (letter === undefined) {
      const next = pieces[at + 1];
      pattern += literal(whole, next === undefined || next[2] === 'q');
    } else if (letter === '%') {
      pattern += '%';
    } else if (letter === 'q') {
      pattern += '(?:';
      optional += 1;
    } else {
      pattern += padded(escapePattern(letter, seen), padding);
    }
  }
  return pattern + ')?'.repeat(optional);
};

const escapePattern = (letter: string, seen: Set<string>): string => {
  const source = escapes[letter];
  if (source === undefined) throw new RangeError(`%${letter} is no escape of log_line_prefix`);
  if (seen.has(letter)) return `(?:${source})`;
  seen.add(letter);
  return `(?<${letter}>${source})`;
};

/** `%-10u` is filled with spaces on the right, `%10u` on the left. */
const padded = (source: string, padding: string): string => {
  if (padding === '') return source;
  return padding.startsWith('-') ? `${source} {0,128}` : ` {0,128}${source}`;
};

/** Logs that went through other programs have one space where there were more, or none at the end. */
const literal = (text: string, isEnd: boolean): string => {
  const bare = isEnd ? text.replace(/ +$/, '') : text;
  const source = bare.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`).replace(/ +/g, ' +');
  return isEnd && bare !== text ? `${source} *` : source;
};

const fieldsOf = (groups: Readonly<Record<string, string | undefined>>): PrefixFields => {
  const time = groups['m'] ?? groups['t'];
  const { host, port } = readConnectionFrom(groups['r']?.trim() ?? null);
  return {
    atMs: time === undefined ? epochMs(groups['n']) : readLogTime(time),
    pid: readCount(groups['p']),
    sessionId: knownName(groups['c']),
    sessionLine: readCount(groups['l']),
    startedAtMs: groups['s'] === undefined ? null : readLogTime(groups['s']),
    user: knownName(groups['u']?.trim()),
    database: knownName(groups['d']?.trim()),
    host: host ?? knownName(groups['h']),
    port,
    application: knownName(groups['a']?.trim()),
    backendType: knownName(groups['b']?.trim()),
    sqlState: groups['e'] ?? null,
  };
};

const epochMs = (seconds: string | undefined): number | null =>
  seconds === undefined ? null : Math.round(Number(seconds) * 1000);
