import type { LogEntry } from '../format/postgresql-log/log-entry.ts';

/** Who was refused, where the message says it. */
export type PostgresqlRefusal = {
  readonly user: string | null;
  readonly database: string | null;
  readonly host: string | null;
};

/**
 * Messages with which a server refuses a client before its session begins (src/backend/libpq/auth.c, hba.c,
 * utils/init/postinit.c, tcop/backend_startup.c).
 */
const refusals: readonly RegExp[] = [
  /^(?:[\w-]+|RADIUS|certificate) authentication failed for user "(?<user>.{0,64}?)"/is,
  /^authentication failed for user "(?<user>.{0,64}?)"/s,
  /^no pg_hba\.conf entry for (?:replication connection from )?host "(?<host>.{0,255}?)", user "(?<user>.{0,64}?)"(?:, database "(?<database>.{0,64}?)")?/s,
  /^pg_hba\.conf rejects (?:replication )?connection (?:from|for) host "(?<host>.{0,255}?)", user "(?<user>.{0,64}?)"(?:, database "(?<database>.{0,64}?)")?/s,
  /^role "(?<user>.{0,64}?)" (?:does not exist|is not permitted to log in)/s,
  /^(?:cannot connect to invalid )?database "(?<database>.{0,64}?)"(?:$| (?:does not exist|is not currently accepting connections))/s,
  /^permission denied for database "?(?<database>.{0,64}?)"?$/s,
  /^too many connections for (?:role|database) "/,
  /^sorry, too many clients already/,
  /^remaining connection slots are reserved/,
  /^the database system is (?:starting up|shutting down|in recovery mode|not yet accepting connections|not accepting connections)/,
  /^(?:canceling authentication due to timeout|connection requires a valid client certificate)/,
  /^(?:unsupported frontend protocol|no PostgreSQL user name specified in startup packet)/,
  /^must be (?:superuser|replication role) to (?:connect|start walsender)/,
];

/** Invalid authorization, no such database, too many connections, cannot connect now (appendix A of the documentation). */
const refusingStates = /^(?:28|3D000|53300|57P03)/;

/**
 * Whether a FATAL message refuses the client a session.
 * @param isWaiting it has connected and nothing yet let it in
 */
export const refusalOf = ({ severity, sqlState, message }: LogEntry, isWaiting: boolean): PostgresqlRefusal | null => {
  if (severity !== 'FATAL') return null;
  for (const pattern of refusals) {
    const match = pattern.exec(message);
    if (match === null) continue;
    const { user = null, database = null, host = null } = match.groups ?? {};
    return { user, database, host };
  }
  const isRefusal = isWaiting || (sqlState !== null && refusingStates.test(sqlState));
  return isRefusal ? { user: null, database: null, host: null } : null;
};
