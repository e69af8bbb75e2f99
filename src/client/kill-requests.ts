import { type Client, createClient } from 'graphql-ws/client';
import { WebSocket } from 'ws';
import type { KillRequest } from '../model/intake.ts';
import { WEBSOCKET_MESSAGE_BYTES_MAX } from '../model/limits.ts';
import { Alarm } from './alarm.ts';
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

/** The connection is made again after about a second, and after twice as long each time in vain, to this. */
const RETRY_MAX_MS = 15_000;
const FIRST_RETRY_MS = 1_000;
/** A server that is silent for this long is asked for a sign of life, and left when none comes within as long. */
const SILENCE_MS = 10_000;

/**
 * Hears of kills of this producer's sessions at once, over one WebSocket (graphql-transport-ws), made again for as long as it
 * is wanted. A server that is away, or that has no such subscription, is no failure: kills also come with answers and
 * heartbeats. Disposing ends it.
 */
export const hearKillRequests = (parts: KillRequestsParts): Disposable => {
  const hearing = new Hearing(parts);
  void hearing.run();
  return hearing;
};

class Hearing implements Disposable {
  readonly #parts: KillRequestsParts;
  readonly #over = new Alarm();
  #socket: WebSocket | null = null;
  #isOver = false;
  #failures = 0;

  constructor(parts: KillRequestsParts) {
    this.#parts = parts;
  }

  async run(): Promise<void> {
    const { server, random } = this.#parts;
    while (!this.#isOver) {
      try {
        await this.#hear(server());
      } catch {
        // It is away, refuses, or is not known now.
      }
      this.#failures += 1;
      const delayMs = Math.min(RETRY_MAX_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
      if (!this.#isOver) await this.#over.wait(delayMs * (0.5 + random() / 2));
    }
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#socket?.terminate();
    this.#over.ring();
  }

  /** One connection. Resolves when the server has completed the subscription. @throws when the connection ends otherwise */
  async #hear(server: ServerParts): Promise<void> {
    const client = this.#client(server);
    for await (const { data } of client.iterate<SentRequest>({ query: killRequestsDocument })) {
      if (data == null) continue;
      const { sessionId, ...kill } = data.killRequests;
      this.#parts.killed(requestOf(graphqlKill(kill), sessionId));
    }
  }

  #client({ url, token }: ServerParts): Client {
    const noteSocket = (socket: WebSocket): void => {
      this.#socket = socket;
    };
    return createClient({
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      connectionParams: { token },
      webSocketImpl: class extends WebSocket {
        constructor(address: string, protocol: string) {
          super(address, protocol, { maxPayload: WEBSOCKET_MESSAGE_BYTES_MAX, handshakeTimeout: SILENCE_MS });
          noteSocket(this);
        }
      },
      keepAlive: SILENCE_MS,
      retryAttempts: 0,
      on: {
        connected: () => {
          this.#failures = 0;
        },
        ping: (isReceived) => {
          if (!isReceived && this.#socket !== null) leaveUnlessHeard(this.#socket);
        },
      },
    });
  }
}

const leaveUnlessHeard = (socket: WebSocket): void => {
  const leave = setTimeout(() => socket.terminate(), SILENCE_MS);
  const stay = (): void => clearTimeout(leave);
  socket.once('message', stay);
  socket.once('close', stay);
};
