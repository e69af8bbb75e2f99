import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Database from 'better-sqlite3';

/*
 * What somebody would write by hand for one page of sessions: the same SQL, the token looked up as the product does it,
 * and JSON.stringify. It is given a copy of the catalog.
 */

type Row = Readonly<Record<string, string | number | null>> & {
  readonly started_ms: number;
  readonly duration_ms: number;
};

const [, , catalog = ''] = process.argv;
const database = new Database(catalog, { readonly: true });
database.pragma('cache_size = -65536');
const page = database.prepare<[], Row>('SELECT * FROM sessions ORDER BY position DESC LIMIT 51');
const token = database.prepare<[Buffer]>('SELECT 1 FROM tokens WHERE sha256 = ?');

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

const server = createServer((request, response) => {
  request.resume().once('end', () => {
    const shown = request.headers['x-access-token'];
    if (token.get(createHash('sha256').update(String(shown)).digest()) === undefined) {
      response.writeHead(401).end();
      return;
    }
    const rows = page.all();
    const body = JSON.stringify({ data: { sessions: { nodes: rows.slice(0, 50).map(nodeOf) } } });
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
