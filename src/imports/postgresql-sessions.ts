import type { LogEntry } from '../format/postgresql-log/log-entry.ts';
import { readLogMessage } from '../format/postgresql-log/log-message.ts';
import type { ImportDefaults } from './import-defaults.ts';
import type { ImportStep } from './import-step.ts';
import { PostgresqlBackend } from './postgresql-backend.ts';
import { refusalOf } from './postgresql-refusal.ts';

/** Processes of a server that serve a client. */
const serving = /^(?:client backend|walsender|not initialized|standalone backend|dead-end client backend)$/;

/** The backends of a server's log: what each of them did, as sessions. */
export class PostgresqlSessions {
  readonly #defaults: ImportDefaults;
  readonly #openMax: number;
  /** By `%c`, else by process id; the one that was heard of longest ago is first. */
  readonly #backends = new Map<string, PostgresqlBackend>();

  /** @param openMax backends that are followed at once: beyond it the one that is idle longest ends */
  constructor(defaults: ImportDefaults, openMax: number) {
    this.#defaults = defaults;
    this.#openMax = openMax;
  }

  /** What the message means; messages come in the order of the log. */
  *take(entry: LogEntry): Generator<ImportStep, void, void> {
    if (entry.backendType !== null && !serving.test(entry.backendType)) {
      yield {
        kind: 'skip',
        line: entry.line,
        reason: `of the server's own process: ${entry.backendType.slice(0, 64)}`,
      };
      return;
    }
    const name = nameOf(entry);
    let backend = this.#backends.get(name);
    if (backend !== undefined && entry.sessionId === null && backend.isOther(entry, beginsConnection(entry))) {
      this.#backends.delete(name);
      yield* backend.end(null, 'its process id was used again');
      backend = undefined;
    }
    if (backend === undefined && !isClients(entry)) {
      yield { kind: 'skip', line: entry.line, reason: 'of no session: the server itself, or one of its processes' };
      return;
    }
    backend ??= new PostgresqlBackend(entry, this.#defaults);
    const { isEnded } = yield* backend.take(entry);
    this.#backends.delete(name);
    if (!isEnded) this.#backends.set(name, backend);
    if (this.#backends.size > this.#openMax) yield* this.#endOldest();
  }

  /** The log is at its end. */
  *end(): Generator<ImportStep, void, void> {
    for (const backend of this.#backends.values()) yield* backend.end(null, 'end of the log');
    this.#backends.clear();
  }

  *#endOldest(): Generator<ImportStep, void, void> {
    const [oldest] = this.#backends;
    if (oldest === undefined) return;
    this.#backends.delete(oldest[0]);
    yield* oldest[1].end(null, `nothing more of it in the log while ${this.#openMax} others were there`);
  }
}

/** Where neither is logged, a session is one user of one database at one address. */
const nameOf = ({ sessionId, pid, user, database, host }: LogEntry): string => {
  if (sessionId !== null) return `c ${sessionId}`;
  return pid === null ? `u ${user} ${database} ${host}` : `p ${pid}`;
};

const beginsConnection = (entry: LogEntry): boolean =>
  entry.severity === 'LOG' && entry.message.startsWith('connection received: ');

/** Whether the message is one that only a client's process writes. */
const isClients = (entry: LogEntry): boolean => {
  if (entry.user !== null || entry.statement !== null || entry.backendType !== null) return true;
  if (refusalOf(entry, false) !== null) return true;
  return readLogMessage(entry.message).kind !== 'other';
};
