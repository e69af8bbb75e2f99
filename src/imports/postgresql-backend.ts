import type { LogEntry } from '../format/postgresql-log/log-entry.ts';
import { readLogMessage } from '../format/postgresql-log/log-message.ts';
import { TEXT_LENGTH_MAX } from '../model/limits.ts';
import type { ImportDefaults } from './import-defaults.ts';
import type { ImportStep } from './import-step.ts';
import { PostgresqlQueries, type QueryEvent } from './postgresql-query.ts';
import { refusalOf } from './postgresql-refusal.ts';
import { type BackendFacts, nothingKnown, type Opening, sessionOfBackend } from './postgresql-session.ts';

const ended = { isEnded: true } as const;

/**
 * One server process that serves one client, from its first message in the log to its last: the steps of one session. The
 * session is opened late, at its first query or at its end: only then it is known whether it was refused, and whether it has
 * a recording.
 */
export class PostgresqlBackend {
  readonly #defaults: ImportDefaults;
  readonly #key: string;
  readonly #queries = new PostgresqlQueries();
  readonly #facts: BackendFacts;
  readonly #firstLine: number;
  #startedAtMs: number;
  #lastAtMs: number;
  #lastEventMs = 0;
  #isOpen = false;
  #isReceived = false;
  #isAuthorized = false;
  #reason: string | null = null;

  constructor(first: LogEntry, defaults: ImportDefaults) {
    this.#defaults = defaults;
    this.#facts = { ...nothingKnown, pid: first.pid, sessionId: own(first.sessionId) };
    this.#firstLine = first.line;
    this.#startedAtMs = Math.min(first.startedAtMs ?? startOf(first.sessionId) ?? first.atMs, first.atMs);
    this.#lastAtMs = first.atMs;
    // NOTE A log may be cut into files: what one of them has of a backend is a session of its own, named by where it begins.
    const { sessionId, pid, sessionLine, user, database, host, message } = first;
    // A time that is found out by the file's last write is another one where the file was copied.
    const at = first.yearlessTime ?? first.atMs;
    this.#key = own(JSON.stringify([sessionId, pid, at, sessionLine, user, database, host, message.slice(0, 64)]));
  }

  /** Whether this message says that another backend has the process id now. */
  isOther({ user, database }: LogEntry, isConnection: boolean): boolean {
    const differs = (known: string | null, said: string | null): boolean =>
      known !== null && said !== null && known !== said;
    return isConnection || differs(this.#facts.user, user) || differs(this.#facts.database, database);
  }

  /** @returns whether nothing more comes of it */
  *take(entry: LogEntry): Generator<ImportStep, { readonly isEnded: boolean }, void> {
    this.#learn(entry);
    this.#lastAtMs = Math.max(this.#lastAtMs, entry.atMs);
    if (/^(?:ERROR|FATAL|PANIC)$/.test(entry.severity)) return yield* this.#fail(entry);
    const message = readLogMessage(entry.message);
    switch (message.kind) {
      case 'received':
        this.#isReceived = true;
        this.#facts.host = own(message.host);
        this.#facts.port = message.port;
        break;
      case 'authenticated':
        this.#facts.identity = own(message.identity);
        this.#facts.method = own(message.method);
        break;
      case 'authorized':
        this.#isAuthorized = true;
        this.#learn({ ...entry, ...message });
        this.#facts.encryption = own(message.encryption);
        break;
      case 'disconnection':
        this.#isAuthorized = true;
        this.#beganBy(entry.atMs - message.sessionMs);
        this.#learn({ ...entry, host: entry.host ?? message.host, port: entry.port ?? message.port });
        this.#reason ??= 'disconnection';
        yield* this.end(entry.atMs, null);
        return ended;
      case 'statement':
        yield* this.#feed(this.#queries.logged(message, entry));
        break;
      case 'duration':
        yield* this.#feedOrSkip(
          this.#queries.took(message.durationMs, entry),
          entry,
          'a duration without its statement',
        );
        break;
      case 'audit':
        yield* this.#feedOrSkip(
          this.#queries.audited(message.audit, entry),
          entry,
          'pgaudit says it of a known statement',
        );
        break;
      case 'other':
        yield* this.#other(entry);
    }
    return { isEnded: false };
  }

  /** Nothing more comes. @param reason why, where the log did not say it */
  *end(endedAtMs: number | null, reason: string | null): Generator<ImportStep, void, void> {
    if (!this.#isOpen && !this.#isAuthorized && this.#facts.user === null) {
      yield { kind: 'skip', line: this.#firstLine, reason: 'a connection that never said who it was' };
      return;
    }
    yield* this.#feed(this.#queries.end());
    if (!this.#isOpen) yield this.#open({ denyReason: null, detail: null, hasRecording: false });
    yield { kind: 'close', key: this.#key, endedAtMs: endedAtMs ?? this.#lastAtMs, reason: this.#reason ?? reason };
  }

  *#fail(entry: LogEntry): Generator<ImportStep, { readonly isEnded: boolean }, void> {
    const refusal = this.#isOpen ? null : refusalOf(entry, this.#isReceived && !this.#isAuthorized);
    if (refusal !== null) {
      this.#facts.user ??= own(refusal.user);
      this.#facts.database ??= own(refusal.database);
      this.#facts.host ??= own(refusal.host);
      this.#startedAtMs = entry.atMs;
      yield this.#open({ denyReason: own(entry.message), detail: own(entry.detail), hasRecording: false });
      return ended;
    }
    const events = this.#queries.failed(entry);
    if (entry.severity !== 'ERROR') {
      this.#reason = own(entry.message);
      this.#isAuthorized = true;
    }
    if (events !== null) yield* this.#feed(events);
    else if (entry.severity === 'ERROR')
      yield { kind: 'skip', line: entry.line, reason: 'an error without its statement' };
    return { isEnded: false };
  }

  /** What a statement that runs brought about: a wait for a lock, a temporary file, a warning. */
  *#other(entry: LogEntry): Generator<ImportStep, void, void> {
    const { statement, line, severity } = entry;
    if (statement === null) {
      yield { kind: 'skip', line, reason: `about no connection and no statement: ${severity.slice(0, 16)}` };
      return;
    }
    const ofItself = { ...entry, detail: null };
    yield* this.#feed(
      this.#queries.logged({ kind: 'statement', phase: 'plan', statement, durationMs: null }, ofItself),
    );
  }

  *#feed(events: readonly QueryEvent[]): Generator<ImportStep, void, void> {
    const [first] = events;
    if (first === undefined) return;
    if (!this.#isOpen) {
      this.#beganBy(first.atMs);
      yield this.#open({ denyReason: null, detail: null, hasRecording: true });
    }
    const timed = events.map(({ atMs, code, payload }) => ({ timeMs: this.#timeOf(atMs, code), code, payload }));
    yield { kind: 'events', key: this.#key, events: timed };
  }

  *#feedOrSkip(
    events: readonly QueryEvent[] | null,
    { line }: LogEntry,
    reason: string,
  ): Generator<ImportStep, void, void> {
    if (events === null) yield { kind: 'skip', line, reason };
    else yield* this.#feed(events);
  }

  /** Whole milliseconds; an open session's start stays. */
  #beganBy(atMs: number): void {
    if (!this.#isOpen) this.#startedAtMs = Math.max(0, Math.min(this.#startedAtMs, Math.floor(atMs)));
  }

  /** A statement's begin is its end less its duration: where the log's clock is coarser than that, it is the end before. */
  #timeOf(atMs: number, code: string): number {
    const timeMs = Math.max(0, Math.floor(atMs - this.#startedAtMs));
    const time = code === 'sql' ? Math.max(timeMs, this.#lastEventMs) : timeMs;
    this.#lastEventMs = Math.max(time, this.#lastEventMs);
    return time;
  }

  #open(opening: Opening): ImportStep {
    this.#isOpen = true;
    const session = sessionOfBackend(this.#facts, { ...opening, startedAtMs: this.#startedAtMs }, this.#defaults);
    return { kind: 'open', key: this.#key, session };
  }

  #learn({ user, database, host, port, application }: LogEntry): void {
    const facts = this.#facts;
    facts.user ??= own(user);
    facts.database ??= own(database);
    facts.host ??= own(host);
    facts.port ??= port;
    facts.application ??= own(application);
  }
}

/** `%c` begins with the backend's start in hexadecimal seconds since the epoch. */
const startOf = (sessionId: string | null): number | null => {
  const seconds = /^([0-9a-f]{8})\./.exec(sessionId ?? '')?.[1];
  return seconds === undefined ? null : Number.parseInt(seconds, 16) * 1000;
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** A copy: a piece of a line would keep the whole of a long line in memory. */
const own = <Text extends string | null>(text: Text): Text =>
  text === null ? text : (decoder.decode(encoder.encode(text.slice(0, TEXT_LENGTH_MAX))) as Text);
