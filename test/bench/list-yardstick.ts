import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openListPage } from './list-page.ts';

/* What somebody would write by hand for one page of sessions: SQL, and JSON.stringify. It is given a copy of the catalog. */

const [, , catalog = ''] = process.argv;
const page = openListPage(catalog);

const server = createServer((request, response) => {
  request.resume().once('end', () => {
    if (!page.isKnown(String(request.headers['x-access-token']))) {
      response.writeHead(401).end();
      return;
    }
    const body = JSON.stringify({ data: { sessions: { nodes: page.nodes() } } });
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
