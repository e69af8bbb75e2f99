import { once } from 'node:events';
import { WebSocket } from 'ws';
import { secrets } from '../../src/cli/secrets.ts';
import { processActor } from '../../src/model/audit.ts';
import { tokenText } from '../../src/model/token.ts';
import type { Role } from '../../src/model/viewer.ts';
import { hashOf, type Running } from './running.ts';

/** What a watcher asks. */
export type Asking = {
  readonly query: string;
  readonly operationName?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
};

/** A watcher on a WebSocket of its own, and what came to it. */
export type SocketWatcher = {
  readonly socket: WebSocket;
  /** Payloads of `next`, in the order in which they came. */
  readonly payloads: unknown[];
  /** Payloads of `error`. */
  readonly errors: unknown[];
  /** Resolves when so many payloads and errors have come in all. */
  readonly has: (count: number) => Promise<void>;
};

/** Makes a token. @returns its text and its id */
export const newToken = async (
  { installation }: Running,
  name: string,
  role: Role,
  producer: string | null = null,
): Promise<{ readonly text: string; readonly tokenId: string }> => {
  const tokenId = secrets.tokenId();
  const text = tokenText(tokenId, secrets.secret());
  const made = { tokenId, name, role, producer, createdAtMs: Date.now(), expiresAtMs: null };
  await installation.writer.putToken({ ...made, sha256: hashOf(text), actor: processActor });
  return { text, tokenId };
};

/** Resolves when the server has been asked. @param id of the operation: the client's to choose */
export const watchOn = async (running: Running, token: string, asking: Asking, id = '1'): Promise<SocketWatcher> => {
  const socket = new WebSocket(`${running.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { token } }));
  await once(socket, 'message');
  const watcher = { socket, payloads: [] as unknown[], errors: [] as unknown[] };
  let tell = (): void => {};
  socket.on('message', (text) => {
    const message = JSON.parse(String(text)) as {
      readonly id: string;
      readonly type: string;
      readonly payload: unknown;
    };
    if (message.id !== id) throw new Error(`a message of ${message.id} came to ${id}`);
    if (message.type === 'next') watcher.payloads.push(message.payload);
    if (message.type === 'error') watcher.errors.push(message.payload);
    tell();
  });
  socket.send(JSON.stringify({ id, type: 'subscribe', payload: asking }));
  const has = async (count: number): Promise<void> => {
    while (watcher.payloads.length + watcher.errors.length < count) {
      await new Promise<void>((resolve) => (tell = resolve));
    }
  };
  return { ...watcher, has };
};
