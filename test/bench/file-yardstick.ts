import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/* The plainest server there is: the file named on the command line, to everybody. */

const [, , file = ''] = process.argv;
const server = createServer((_request, response) => {
  pipeline(createReadStream(file), response).catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
