import type { ImportDefaults } from './import-defaults.ts';
import type { ImportedSession } from './import-step.ts';
import { importedSession } from './imported-session.ts';

/** What is known of a backend so far. Null: nothing yet. */
export type BackendFacts = {
  pid: number | null;
  /** `%c` */
  sessionId: string | null;
  user: string | null;
  database: string | null;
  /** An address or a host name; `[local]` for a Unix-domain socket. */
  host: string | null;
  port: number | null;
  application: string | null;
  /** Who the client proved to be, which need not be the database's user … */
  identity: string | null;
  /** … and how, with the line of pg_hba.conf. */
  method: string | null;
  encryption: string | null;
};

export const nothingKnown: BackendFacts = {
  pid: null,
  sessionId: null,
  user: null,
  database: null,
  host: null,
  port: null,
  application: null,
  identity: null,
  method: null,
  encryption: null,
};

export type Opening = {
  /** Null: it was let in. */
  readonly denyReason: string | null;
  /** What the server says of how it was authenticated, where it was refused. */
  readonly detail: string | null;
  /** Whether it ran anything. */
  readonly hasRecording: boolean;
};

/** A backend as the session that it serves. All databases of a server are one socket, `postgresql`, unless the caller names it. */
export const sessionOfBackend = (
  facts: BackendFacts,
  { denyReason, detail, hasRecording, startedAtMs }: Opening & { readonly startedAtMs: number },
  defaults: ImportDefaults,
): ImportedSession => {
  const isLocal = facts.host === '[local]';
  const found = {
    protocol: 'DATABASE' as const,
    upstream: 'postgresql',
    user: { identity: facts.user },
    socket: 'postgresql',
    client: { ip: isLocal ? '127.0.0.1' : facts.host, port: facts.port, software: facts.application },
    server: { name: null, port: null },
    sshUser: null,
    authInfo: detail ?? authInfoOf(facts),
    labels: {
      database: facts.database,
      ...(isLocal ? { clientAddress: 'Unix-domain socket' } : {}),
      pid: facts.pid,
      backend: facts.sessionId,
    },
    startedAtMs,
    denyReason,
    recording: hasRecording ? { kind: 'DATABASE' as const, columns: null, rows: null } : null,
  };
  return importedSession(found, defaults);
};

const authInfoOf = ({ method, identity, encryption }: BackendFacts): string | null => {
  const parts = [method, identity === null ? null : `identity "${identity}"`, encryption];
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? null : known.join(', ');
};
