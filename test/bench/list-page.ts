import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';

/** What servers that are held against this one have in common: the same SQL, and the token looked up as the product does it. */
export type ListPage = {
  /** Whether the catalog knows this token. */
  readonly isKnown: (token: string) => boolean;
  /** The newest 50 sessions, as the query of the bench has them. */
  readonly nodes: () => readonly unknown[];
};

type Row = Readonly<Record<string, string | number | null>> & {
  readonly started_ms: number;
  readonly duration_ms: number;
};

const nodeOf = (row: Row): unknown => ({
  sessionId: row['session_id'],
  protocol: row['protocol'],
  upstream: row['upstream'],
  status: row['status'],
  user: { email: row['user_email'], name: row['user_name'] },
  socket: { name: row['socket_name'] },
  client: { ip: row['client_ip'] },
  sshUser: row['ssh_user'],
  startedAt: new Date(row.started_ms).toISOString(),
  duration: row.duration_ms / 1000,
  recordingState: row['recording_state'],
});

/** @param catalog a copy of the catalog, which is only read */
export const openListPage = (catalog: string): ListPage => {
  const database = new Database(catalog, { readonly: true });
  database.pragma('cache_size = -65536');
  const page = database.prepare<[], Row>('SELECT * FROM sessions ORDER BY position DESC LIMIT 51');
  const known = database.prepare<[Buffer]>('SELECT 1 FROM tokens WHERE sha256 = ?');
  return {
    isKnown: (token) => known.get(createHash('sha256').update(token).digest()) !== undefined,
    nodes: () => page.all().slice(0, 50).map(nodeOf),
  };
};
