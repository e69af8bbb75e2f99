/**
 * One message of a PostgreSQL server's log, with what belongs to it, whichever of the three log formats it was written in
 * (PostgreSQL 18 documentation, section 19.8). Null: not in the log.
 */
export type LogEntry = {
  /** The line of the file where it begins, from 1. */
  readonly line: number;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** The time as a syslog wrote it, without a year and a zone, where there is no other; null where there is. */
  readonly yearlessTime: string | null;
  readonly pid: number | null;
  /** `%c`: unique for a backend among all that the server ever had. */
  readonly sessionId: string | null;
  /** `%l`: number of the message within its backend, from 1. */
  readonly sessionLine: number | null;
  /** When the backend began. Milliseconds since the epoch; whole seconds in all formats. */
  readonly startedAtMs: number | null;
  readonly user: string | null;
  readonly database: string | null;
  /** An address or a host name; `[local]` for a Unix-domain socket. */
  readonly host: string | null;
  readonly port: number | null;
  readonly application: string | null;
  readonly backendType: string | null;
  /** LOG, ERROR, FATAL … */
  readonly severity: string;
  readonly sqlState: string | null;
  readonly message: string;
  readonly detail: string | null;
  /** The statement that the client had sent when the message was made. */
  readonly statement: string | null;
};

/** What a reader of log lines finds: a message, or lines that are none. */
export type LogItem =
  | { readonly kind: 'entry'; readonly entry: LogEntry }
  | { readonly kind: 'skip'; readonly line: number; readonly reason: string };

/** Who a backend serves is not known yet, or never is: these are no names. */
export const knownName = (text: string | null | undefined): string | null =>
  text === undefined || text === null || text === '' || text === '[unknown]' ? null : text;

/** `127.0.0.1:5000`, `[local]`, `::1:5000` of csvlog; `127.0.0.1(5000)` of a line prefix. */
export const readConnectionFrom = (
  text: string | null | undefined,
): { readonly host: string | null; readonly port: number | null } => {
  const known = knownName(text);
  if (known === null) return { host: null, port: null };
  const match = /^(.*?)(?::(\d{1,5})|\((\d{1,5})\))$/s.exec(known);
  const port = match?.[2] ?? match?.[3];
  return match === null || port === undefined
    ? { host: known, port: null }
    : { host: match[1] ?? known, port: readPort(port) };
};

/** Null for what is no port. */
export const readPort = (text: string | null | undefined): number | null => {
  const port = Number(text);
  return text === '' || text === null || !Number.isInteger(port) || port < 1 || port > 65_535 ? null : port;
};

/** A whole number that is not negative; null for anything else. */
export const readCount = (text: unknown): number | null => {
  const count = typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : text;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null;
};
