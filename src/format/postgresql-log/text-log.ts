import type { LogEntry, LogItem } from './log-entry.ts';
import type { LinePrefix, PrefixedLine } from './line-prefix.ts';

/** A line of a stderr log, without what another program put before it. */
export type TextLine = {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** Of the program that wrapped the line: syslog, Cloud SQL. Null: none did. */
  readonly outer: {
    readonly atMs: number;
    /** The time as it is written, where it has neither year nor zone. */
    readonly yearlessTime: string | null;
    readonly pid: number | null;
    /** It goes on where the line before it of this process ended: syslog's lines are short. */
    readonly isRest: boolean;
  } | null;
};

/** Parts of a message that are logged as lines of their own. */
const partSeverities: ReadonlySet<string> = new Set([
  'DETAIL',
  'HINT',
  'QUERY',
  'CONTEXT',
  'STATEMENT',
  'LOCATION',
  'BACKTRACE',
]);

type HeldEntry = {
  readonly key: string;
  readonly entry: LogEntry;
  /** Texts by severity; the message itself is under ''. */
  readonly parts: Map<string, string>;
  partNow: string;
};

/** Messages whose next lines may still come, one a backend. */
const HELD_ENTRIES_MAX = 1_000;
/** Characters of all of them together. */
const HELD_CHARACTERS_MAX = 64 * 1024 * 1024;

/**
 * Puts the messages of a stderr log together: a message's further lines (they begin with a tab), and the lines DETAIL, HINT,
 * STATEMENT … of the same backend. Lines of several backends may lie between one another.
 */
export class TextLogEntries {
  readonly #prefixes: readonly LinePrefix[];
  readonly #charactersMax: number;
  readonly #held = new Map<string, HeldEntry>();
  #heldCharacters = 0;
  #last: HeldEntry | null = null;

  /** @param charactersMax of one message; what is beyond is left out */
  constructor(prefixes: readonly LinePrefix[], charactersMax: number) {
    this.#prefixes = prefixes;
    this.#charactersMax = charactersMax;
  }

  *push(line: TextLine): Generator<LogItem, void, void> {
    const { text, number, outer } = line;
    const open = outer?.pid === null || outer === null ? this.#last : this.#held.get(String(outer.pid));
    if (text.startsWith('\t') || text.startsWith('#011')) {
      if (open === undefined || open === null)
        yield skipped(number, 'the message that it belongs to is not in the log');
      else this.#append(open, `\n${text.slice(text.startsWith('\t') ? 1 : 4)}`);
      return;
    }
    const prefixed = this.#read(text);
    // NOTE A statement may bring a long line that is cut where it looks like a message: a rest begins no message.
    if (outer?.isRest === true && open !== undefined && open !== null && !isPart(prefixed)) {
      this.#append(open, text);
      return;
    }
    if (prefixed === null) {
      // Whoever copies logs turns tabs into spaces.
      if (text.startsWith(' ') && open !== undefined && open !== null) this.#append(open, `\n${text}`);
      else if (text.trim() !== '') yield skipped(number, 'no message begins like this with this log_line_prefix');
      return;
    }
    yield* this.#begin(prefixed, line);
    while (this.#held.size > HELD_ENTRIES_MAX || (this.#heldCharacters > HELD_CHARACTERS_MAX && this.#held.size > 1)) {
      const [oldest] = this.#held.values();
      if (oldest !== undefined) yield this.#release(oldest);
    }
  }

  /** What is left. */
  *end(): Generator<LogItem, void, void> {
    for (const held of this.#held.values()) yield this.#release(held);
  }

  #read(text: string): PrefixedLine | null {
    for (const prefix of this.#prefixes) {
      const read = prefix.read(text);
      if (read !== null) return read;
    }
    return null;
  }

  *#begin(prefixed: PrefixedLine, { number, outer }: TextLine): Generator<LogItem, void, void> {
    const { fields, severity, text } = prefixed;
    const pid = fields.pid ?? outer?.pid ?? null;
    const key = pid === null ? (fields.sessionId ?? '') : String(pid);
    const held = this.#held.get(key);
    if (partSeverities.has(severity)) {
      if (held === undefined) {
        yield skipped(number, `the message that this ${severity} belongs to is not in the log`);
      } else {
        held.partNow = severity;
        held.parts.set(severity, '');
        this.#last = held;
        this.#append(held, text);
      }
      return;
    }
    if (held !== undefined) yield this.#release(held);
    const atMs = fields.atMs ?? outer?.atMs ?? null;
    if (atMs === null) {
      this.#last = null;
      yield skipped(number, 'the time cannot be read, or its zone is not known');
      return;
    }
    const { sqlState, message } = verbose(text, fields.sqlState);
    const entry = {
      ...fields,
      line: number,
      atMs,
      yearlessTime: fields.atMs === null ? (outer?.yearlessTime ?? null) : null,
      pid,
      severity,
      sqlState,
      message: '',
      detail: null,
      statement: null,
    };
    const begun: HeldEntry = { key, entry, parts: new Map([['', '']]), partNow: '' };
    this.#held.set(key, begun);
    this.#last = begun;
    this.#append(begun, message);
  }

  #append(held: HeldEntry, text: string): void {
    const before = held.parts.get(held.partNow) ?? '';
    const more = text.slice(0, Math.max(0, this.#charactersMax - before.length));
    held.parts.set(held.partNow, before + more);
    this.#heldCharacters += more.length;
  }

  #release(held: HeldEntry): LogItem {
    this.#held.delete(held.key);
    if (this.#last === held) this.#last = null;
    for (const text of held.parts.values()) this.#heldCharacters -= text.length;
    const part = (name: string): string | null => held.parts.get(name) ?? null;
    const message = withoutPosition(part('') ?? '', held.entry.severity);
    const entry = { ...held.entry, message, detail: part('DETAIL'), statement: part('STATEMENT') };
    return { kind: 'entry', entry };
  }
}

/** A position in the statement, which the other formats have beside the message. */
const withoutPosition = (message: string, severity: string): string =>
  severity === 'LOG' ? message : message.replace(/ at character \d{1,10}$/, '');

const isPart = (prefixed: PrefixedLine | null): boolean => prefixed !== null && partSeverities.has(prefixed.severity);

const skipped = (line: number, reason: string): LogItem => ({ kind: 'skip', line, reason });

/** With log_error_verbosity = verbose the SQLSTATE stands before the message. */
const verbose = (text: string, sqlState: string | null): { sqlState: string | null; message: string } => {
  const match = /^(?=[A-Z]*\d)([0-9A-Z]{5}): /.exec(text);
  return match === null
    ? { sqlState, message: text }
    : { sqlState: match[1] ?? null, message: text.slice(match[0].length) };
};
