import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/*
 * What somebody would write who keeps nothing: whatever is PUT for a recording goes at once to all WebSockets that named it
 * in their first message, in the frame that graphql-ws would send, and is then acknowledged.
 */

const watchers = new Map<string, WebSocket[]>();

const server = createServer((request, response) => {
  const [, , recordingId = '', , firstEvent = '0'] = (request.url ?? '').split(/[/?]/);
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.once('end', () => {
    const recording = {
      firstEvent: Number(firstEvent),
      eventCount: 1,
      msgpack: Buffer.concat(pieces).toString('base64'),
    };
    const frame = JSON.stringify({ id: '1', type: 'next', payload: { data: { recording } } });
    for (const socket of watchers.get(recordingId) ?? []) socket.send(frame);
    response.writeHead(200, { 'content-type': 'application/json' }).end(`{"next_event":${Number(firstEvent) + 1}}`);
  });
});
new WebSocketServer({ server }).on('connection', (socket) => {
  socket.once('message', (recordingId) => {
    const name = String(recordingId);
    watchers.set(name, [...(watchers.get(name) ?? []), socket]);
    socket.send('watching');
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once('SIGTERM', () => process.exit());
