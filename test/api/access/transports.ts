import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Answer } from '../asking.ts';
import type { Running } from '../running.ts';
import type { Callers, Who } from './callers.ts';

/** An operation by one way to the server. Null: the caller was not let in at all. */
export type Ask = (who: Who, query: string) => Promise<Answer<Record<string, unknown>> | null>;
export type Transport = 'POST' | 'GET' | 'server-sent events' | 'graphql-transport-ws';

/** Without a valid token; whoever comes too often without one is told so instead. */
const isTurnedAway = ({ status }: Response): boolean => status === 401 || status === 429;
const turnedAwayCodes: ReadonlySet<unknown> = new Set([4401, 1013]);

const body = (query: string): string => JSON.stringify({ query });

/** The first result of each. */
export const transportsTo = (running: Running, callers: Callers): Readonly<Record<Transport, Ask>> => {
  const url = `${running.url}/graphql`;
  const read = async (response: Response): Promise<Answer<Record<string, unknown>> | null> => {
    if (isTurnedAway(response)) return null;
    return (await response.json()) as Answer<Record<string, unknown>>;
  };
  return {
    POST: async (who, query) => {
      const headers = { 'content-type': 'application/json', ...callers.headers(who) };
      return read(await fetch(url, { method: 'POST', headers, body: body(query) }));
    },
    GET: async (who, query) =>
      read(await fetch(`${url}?query=${encodeURIComponent(query)}`, { headers: callers.headers(who) })),
    'server-sent events': async (who, query) => {
      const stop = new AbortController();
      const accept = 'text/event-stream';
      const headers = { 'content-type': 'application/json', accept, ...callers.headers(who) };
      const response = await fetch(url, { method: 'POST', headers, body: body(query), signal: stop.signal });
      if (isTurnedAway(response) || response.body === null) return null;
      let text = '';
      for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
        text += piece;
        const data = /^data: (.+)\n/m.exec(text)?.[1];
        if (data === undefined) continue;
        stop.abort();
        return JSON.parse(data) as Answer<Record<string, unknown>>;
      }
      throw new Error('the stream ended without a result');
    },
    'graphql-transport-ws': (who, query) => overWebSocket(url, callers.headers(who), query),
  };
};

/** The token goes in the headers of the upgrade: the other way is following.test.ts's. */
const overWebSocket = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  query: string,
): Promise<Answer<Record<string, unknown>> | null> => {
  class WithHeaders extends WebSocket {
    constructor(address: string, protocols?: string | string[]) {
      super(address, protocols, { headers });
    }
  }
  const client = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WithHeaders, retryAttempts: 0 });
  try {
    const { value } = await client.iterate<Record<string, unknown>>({ query }).next();
    return value as Answer<Record<string, unknown>>;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && turnedAwayCodes.has(error.code)) return null;
    if (Array.isArray(error)) return { errors: error };
    throw error;
  } finally {
    await client.dispose();
  }
};
