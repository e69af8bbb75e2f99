import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/*
 * The least that a server with this WebSocket package can do: whatever is PUT for a name goes, as it is, as one text message
 * that was made once, to all WebSockets that named it in their first message.
 */

const watchers = new Map<string, WebSocket[]>();

const server = createServer((request, response) => {
  const name = (request.url ?? '').slice(1);
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.once('end', () => {
    const prepared = Buffer.concat(pieces);
    for (const socket of watchers.get(name) ?? []) socket.send(prepared, { binary: false });
    response.writeHead(200).end();
  });
});
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
  socket.once('message', (message) => {
    const name = String(message);
    const named = watchers.get(name) ?? [];
    named.push(socket);
    watchers.set(name, named);
    socket.once('close', () => named.splice(named.indexOf(socket), 1));
    socket.send('watching');
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once('SIGTERM', () => process.exit());
