import { type Client, createClient } from 'graphql-ws/client';
import { WebSocket } from 'ws';
import type { KillRequest } from '../model/intake.ts';
import { WEBSOCKET_MESSAGE_BYTES_MAX } from '../model/limits.ts';
import { killRequestsDocument } from './producer-documents.ts';
import { graphqlKill, type GraphqlKill, requestOf } from './sent-kill.ts';
import type { ServerParts } from './server-calls.ts';

export type KillRequestsParts = {
  /** Where the server is now; asked before each connection. @throws when it is not known: it is asked again */
  readonly server: () => ServerParts;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Told of each request; again of those that still wait, whenever the connection was made again. */
  readonly killed: (kill: KillRequest) => void;
};

type SentRequest = { readonly killRequests: GraphqlKill & { readonly sessionId: string } };

/** The connection is tried again after a second, and after twice as long each time, to this. */
const RETRY_MAX_MS = 15_000;
const RETRIES_MAX = 10;
/** A server that is silent for this long is asked for a sign of life, and left when none comes within as long. */
const SILENCE_MS = 10_000;

/**
 * Hears of kills of this producer's sessions at once, over one WebSocket (graphql-transport-ws), made again for as long as it
 * is wanted. A server that is away, or that has no such subscription, is no failure: kills also come with answers and
 * heartbeats. Disposing ends it.
 */
export const hearKillRequests = ({ server, random, killed }: KillRequestsParts): Disposable => {
  const connection: Connection = { socket: null, isOver: false, wake: () => {} };
  const wait = async (retries: number): Promise<void> => {
    if (connection.isOver) return;
    const waitMs = Math.min(RETRY_MAX_MS, 1000 * 2 ** Math.min(retries, RETRIES_MAX)) * (0.5 + random() / 2);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, waitMs);
    connection.wake = resolve;
    await promise;
    clearTimeout(timer);
  };
  const client = clientOf(server, connection, wait);
  const again = (): void => void wait(RETRIES_MAX).then(() => (connection.isOver ? null : subscribe()));
  let end = (): void => {};
  const subscribe = (): void => {
    const next = ({ data }: { readonly data?: SentRequest | null }): void => {
      if (data == null) return;
      const { sessionId, ...kill } = data.killRequests;
      killed(requestOf(graphqlKill(kill), sessionId));
    };
    // A server that stops completes it, and one that refuses may have been put right.
    end = client.subscribe<SentRequest>({ query: killRequestsDocument }, { next, error: again, complete: again });
  };
  subscribe();
  return {
    [Symbol.dispose]: () => {
      connection.isOver = true;
      end();
      connection.socket?.terminate();
      connection.wake();
    },
  };
};

type Connection = { socket: WebSocket | null; isOver: boolean; wake: () => void };

const clientOf = (
  server: KillRequestsParts['server'],
  connection: Connection,
  wait: (retries: number) => Promise<void>,
): Client =>
  createClient({
    url: () => `${server().url.replace(/^http/, 'ws')}/graphql`,
    connectionParams: () => ({ token: server().token }),
    webSocketImpl: class extends WebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol, { maxPayload: WEBSOCKET_MESSAGE_BYTES_MAX, handshakeTimeout: SILENCE_MS });
        connection.socket = this;
      }
    },
    keepAlive: SILENCE_MS,
    retryAttempts: Infinity,
    shouldRetry: () => !connection.isOver,
    retryWait: wait,
    on: {
      ping: (isReceived) => {
        const { socket } = connection;
        if (isReceived || socket === null) return;
        const left = setTimeout(() => socket.terminate(), SILENCE_MS);
        const stay = (): void => clearTimeout(left);
        socket.once('message', stay);
        socket.once('close', stay);
      },
    },
  });
