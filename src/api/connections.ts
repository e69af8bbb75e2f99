import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { randomUUIDv7 } from 'node:crypto';
import { refuseConnection } from './answer.ts';
import type { EdgeLimits } from './edge-limits.ts';
import { addressOf, isTrustedProxy } from './origin.ts';
import type { ApiParts } from './parts.ts';
import { withinRequest } from './request-context.ts';
import type { RequestLog } from './request-trace.ts';
import { addressGroup } from '../model/ip-address.ts';

/** What Node's parser found wrong, as a status; all else is 400. */
const statusOfCode: Readonly<Record<string, readonly [status: number, code: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'HEADERS_TOO_LARGE', 'the headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'PAYLOAD_TOO_LARGE', 'the chunk extensions are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'REQUEST_TIMEOUT', 'the request did not come in time'],
};
const unreadable = [400, 'BAD_REQUEST', 'this is no HTTP request'] as const;

/**
 * The connections of a server: how many there are from where, which of them are waited for, and what is told to those that
 * send no HTTP. One client, however slow or loud, keeps no other out.
 */
export class Connections {
  readonly #parts: ApiParts;
  readonly #limits: EdgeLimits;
  readonly #lines: RequestLog;
  readonly #ofGroup = new Map<string, number>();
  /** How many answers of a connection are on their way: pipelined requests have several. */
  readonly #answers = new WeakMap<Duplex, number>();

  constructor(parts: ApiParts, limits: EdgeLimits, lines: RequestLog) {
    this.#parts = parts;
    this.#limits = limits;
    this.#lines = lines;
  }

  /** Bounds and counts what comes in on this server. */
  guard(server: Server): void {
    server.maxConnections = this.#parts.network.connectionsMax;
    server.maxHeadersCount = this.#limits.headersMax;
    server.on('drop', () => this.#parts.metrics.rateLimited('connections'));
    server.on('connection', (socket: Socket) => this.#accept(socket));
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => this.#refuse(error, socket));
    // Node takes a handshake that failed for a request that did: its client has no answer to get.
    server.removeAllListeners('tlsClientError');
    server.on('tlsClientError', (_error: Error, socket: Duplex) => socket.destroy());
  }

  /** Breaks the answer off when its client takes nothing of it for too long. A quiet stream has nothing to take. */
  watch(response: ServerResponse): void {
    const socket = response.req.socket;
    this.#answers.set(socket, (this.#answers.get(socket) ?? 0) + 1);
    response.once('close', () => this.#answers.set(socket, (this.#answers.get(socket) ?? 1) - 1));
    response.setTimeout(this.#limits.stalledMs, () => {
      if (socket.writableLength > 0) response.destroy();
    });
  }

  #accept(socket: Socket): void {
    const { metrics, network } = this.#parts;
    const address = addressOf(socket.remoteAddress ?? '') ?? '';
    const group = addressGroup(address);
    const count = this.#ofGroup.get(group) ?? 0;
    if (count >= this.#limits.connectionsPerAddressMax && !isTrustedProxy(address, network)) {
      metrics.rateLimited('connections');
      socket.destroy();
      return;
    }
    this.#ofGroup.set(group, count + 1);
    const counted = metrics.connectionOpened();
    socket.once('close', () => {
      const left = (this.#ofGroup.get(group) ?? 1) - 1;
      if (left === 0) this.#ofGroup.delete(group);
      else this.#ofGroup.set(group, left);
      counted[Symbol.dispose]();
    });
  }

  #refuse({ code = '' }: NodeJS.ErrnoException, socket: Duplex): void {
    const isAnswering = (this.#answers.get(socket) ?? 0) > 0;
    if (code === 'ECONNRESET' || !socket.writable || isAnswering) {
      // An answer that is on its way would take these words for its own.
      socket.destroy();
      return;
    }
    const [status, name, message] = statusOfCode[code] ?? unreadable;
    const requestId = randomUUIDv7();
    refuseConnection(socket, requestId, { status, code: name, message });
    this.#parts.metrics.request({ method: undefined, route: 'none', status, seconds: 0 });
    const address = addressOf((socket as Partial<Socket>).remoteAddress ?? '');
    withinRequest({ requestId }, () => this.#lines.tell(status, { reason: code, address }));
  }
}
