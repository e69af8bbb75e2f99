import type { LogEntry } from '../format/postgresql-log/log-entry.ts';
import type { LogMessage } from '../format/postgresql-log/log-message.ts';
import { readParameters } from '../format/postgresql-log/parameters.ts';
import type { AuditRecord } from '../format/postgresql-log/pgaudit.ts';

/** What happened to a backend's statements, with times on the log's clock. */
export type QueryEvent = { readonly atMs: number; readonly code: 'sql' | 'sqlr'; readonly payload: readonly unknown[] };

type Logged = Extract<LogMessage, { kind: 'statement' }>;

type OpenQuery = {
  readonly id: string;
  /** Tells its statement from others without holding it. */
  readonly print: string;
  /** It was announced (bound, or planned), and the message that says it ran may still come. */
  isAnnounced: boolean;
  rowCount: number | null;
  /** Its result, where nothing better comes. */
  lastly: { readonly atMs: number; readonly durationMs: number } | null;
};

/** Characters of an error's message that are kept. */
const ERROR_CHARACTERS_MAX = 64 * 1024;

/**
 * The statements of one backend as queries. One query is what the log has in up to five messages: pgaudit's, bind, the
 * statement, its duration, its error. It runs one at a time, so a message is about the query before it when the statement is
 * the same or when it has none.
 */
export class PostgresqlQueries {
  #open: OpenQuery | null = null;
  #count = 0;

  /** A statement, with or without its duration. */
  logged({ phase, statement, durationMs }: Logged, entry: LogEntry): readonly QueryEvent[] {
    // A statement that was parsed has not run: who runs it binds it, and executes it.
    if (phase === 'parse') return [];
    const print = printOf(statement);
    const beganAtMs = entry.atMs - (durationMs ?? 0);
    const isAnnouncement = phase === 'bind' || phase === 'plan';
    const open = this.#open?.print === print && (phase !== 'bind' || !this.#open.isAnnounced) ? this.#open : null;
    if (open === null) {
      const events = [
        ...this.end(),
        this.#begin(statement, readParameters(entry.detail), null, beganAtMs, entry, print),
      ];
      if (this.#open !== null) this.#open.isAnnounced = isAnnouncement;
      if (isAnnouncement) return this.#announced(events, phase, durationMs, entry.atMs);
      return durationMs === null ? events : [...events, ...this.#result(entry.atMs, durationMs)];
    }
    if (isAnnouncement) return this.#announced([], phase, durationMs, entry.atMs);
    open.isAnnounced = false;
    open.lastly = null;
    return durationMs === null ? [] : this.#result(entry.atMs, durationMs);
  }

  /** The duration of the statement before. Null: no statement waits for it. */
  took(durationMs: number, { atMs }: LogEntry): readonly QueryEvent[] | null {
    return this.#open === null || this.#open.isAnnounced ? null : this.#result(atMs, durationMs);
  }

  /** What pgaudit says. Null: nothing that was not known. */
  audited(audit: AuditRecord, entry: LogEntry): readonly QueryEvent[] | null {
    const { statement } = audit;
    if (statement === null) return this.#counted(audit);
    const print = printOf(statement);
    if (this.#open?.print === print) return this.#counted(audit);
    const parameters = audit.parameters === null ? null : [audit.parameters.slice(0, ERROR_CHARACTERS_MAX)];
    // A statement within another is a query of its own, and the outer one goes on.
    const outer = audit.substatementId > 1 ? this.#open : null;
    const before = outer === null ? this.end() : [];
    const events = [...before, this.#begin(statement, parameters, auditDetails(audit), entry.atMs, entry, print)];
    if (this.#open !== null) this.#open.rowCount = audit.rowCount;
    if (outer !== null) this.#open = outer;
    return events;
  }

  /** An error. Null: of no statement that is known. */
  failed(entry: LogEntry): readonly QueryEvent[] | null {
    const { statement, message, sqlState, atMs } = entry;
    const before: QueryEvent[] = [];
    if (statement !== null && this.#open?.print !== printOf(statement)) {
      before.push(...this.end(), this.#begin(statement, null, null, atMs, entry, printOf(statement)));
    }
    if (this.#open === null) return null;
    const { id } = this.#open;
    this.#open = null;
    const error = message.slice(0, ERROR_CHARACTERS_MAX);
    const failure = { rowCount: null, durationMs: null, errorCode: sqlState, error };
    return [...before, { atMs, code: 'sqlr', payload: [id, failure] }];
  }

  /** Nothing more comes for the query before. */
  end(): readonly QueryEvent[] {
    const open = this.#open;
    if (open === null) return [];
    if (open.lastly !== null) return this.#result(open.lastly.atMs, open.lastly.durationMs);
    this.#open = null;
    return [];
  }

  #begin(
    statement: string,
    parameters: readonly (string | null)[] | null,
    audit: Readonly<Record<string, unknown>> | null,
    atMs: number,
    { database }: LogEntry,
    print: string,
  ): QueryEvent {
    this.#count += 1;
    const id = String(this.#count);
    this.#open = { id, print, isAnnounced: false, rowCount: null, lastly: null };
    const fields = { parameters, database, ...(audit === null ? {} : { audit }) };
    return { atMs, code: 'sql', payload: [id, statement, fields] };
  }

  #result(atMs: number, durationMs: number): readonly QueryEvent[] {
    const open = this.#open;
    this.#open = null;
    if (open === null) return [];
    const fields = { rowCount: open.rowCount, durationMs, errorCode: null, error: null };
    return [{ atMs, code: 'sqlr', payload: [open.id, fields] }];
  }

  #announced(
    events: readonly QueryEvent[],
    phase: Logged['phase'],
    durationMs: number | null,
    atMs: number,
  ): readonly QueryEvent[] {
    if (phase === 'plan' && durationMs !== null && this.#open !== null) this.#open.lastly = { atMs, durationMs };
    return events;
  }

  #counted({ rowCount }: AuditRecord): null {
    if (this.#open !== null && rowCount !== null) this.#open.rowCount = rowCount;
    return null;
  }
}

const auditDetails = (audit: AuditRecord): Readonly<Record<string, unknown>> => ({
  class: audit.class,
  command: audit.command,
  objectType: audit.objectType,
  objectName: audit.objectName,
});

/** Characters of a statement that tell it from another. */
const PRINT_CHARACTERS_MAX = 4096;

/** Its length, and FNV-1a of its first characters. Trailing white space differs between a statement and its error. */
const printOf = (statement: string): string => {
  const text = statement.trimEnd();
  let hash = 0x811c9dc5;
  for (let at = 0; at < Math.min(text.length, PRINT_CHARACTERS_MAX); at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return `${text.length}:${hash >>> 0}`;
};
