import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { AudienceOrder, AudienceReport, Venue } from './audience.ts';

/*
 * Watchers in a process of their own: each opens a WebSocket, says what it was told to say, one line after each answer, and
 * counts what comes after that. Forked by audience.ts, and ends with it.
 */

/** Sockets that are opened at once. */
const OPENED_AT_ONCE = 50;
/** One address may have so many connections: others of this machine's take the rest. */
const SOCKETS_AN_ADDRESS = 900;

const sockets: WebSocket[] = [];
let came = 0;
let all = 0;
let wanted = Infinity;
let last = '';

const tell = (report: AudienceReport): void => void process.send?.(report);
const tellWhenReached = (): void => {
  if (came < wanted) return;
  wanted = Infinity;
  tell({ came, all, last });
};

const join = async ({ url, protocol, marker }: Venue, lines: readonly string[]): Promise<void> => {
  const localAddress = `127.0.1.${1 + Math.floor(sockets.length / SOCKETS_AN_ADDRESS)}`;
  const options = { localAddress, perMessageDeflate: false, skipUTF8Validation: true };
  const socket = new WebSocket(url, protocol === undefined ? [] : [protocol], options);
  sockets.push(socket);
  socket.once('close', (code) => {
    if (sockets.includes(socket)) throw new Error(`a watcher's socket was closed with ${code}`);
  });
  await once(socket, 'open');
  for (const [index, line] of lines.entries()) {
    socket.send(line);
    if (index < lines.length - 1) await once(socket, 'message');
  }
  socket.on('message', (message: Buffer) => {
    all += 1;
    if (!message.includes(marker)) return;
    came += 1;
    if (came < wanted) return;
    last = message.toString();
    tellWhenReached();
  });
};

const joinAll = async ({ from, count, ...venue }: Extract<AudienceOrder, { kind: 'join' }>): Promise<void> => {
  const { scripts } = venue;
  for (let index = 0; index < count; index += OPENED_AT_ONCE) {
    const length = Math.min(OPENED_AT_ONCE, count - index);
    const together = Array.from({ length }, (_, at) =>
      join(venue, scripts[(from + index + at) % scripts.length] ?? []),
    );
    await Promise.all(together);
  }
  tell({ came, all, last });
};

process.on('message', (order: AudienceOrder) => {
  if (order.kind === 'join') void joinAll(order);
  if (order.kind === 'await') {
    wanted = order.came;
    tellWhenReached();
  }
  if (order.kind === 'leave') {
    came = 0;
    all = 0;
    for (const socket of sockets.splice(0)) socket.terminate();
    tell({ came, all, last });
  }
});
process.once('disconnect', () => process.exit());
