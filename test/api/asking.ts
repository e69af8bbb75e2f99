import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Running } from './running.ts';

export type GraphqlError = {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly argument?: string };
};
// Tests name the type of what they ask for.
export type Answer<Data> = { readonly data?: Data | null; readonly errors?: readonly GraphqlError[] };

type Asked = { readonly query: string; readonly variables?: Readonly<Record<string, unknown>> };

export const headersOf = (token: string | null): Record<string, string> =>
  token === null ? {} : { 'x-access-token': token };

/** One query by POST, as ADMIN unless another token is given. */
export const ask = async <Data = Record<string, unknown>>(
  { url, tokens }: Pick<Running, 'url' | 'tokens'>,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
  token: string = tokens.ADMIN,
): Promise<Answer<Data>> => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headersOf(token) },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer<Data>;
};

/** The data of one query; fails on any error. */
export const askData = async <Data>(
  running: Pick<Running, 'url' | 'tokens'>,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<Data> => {
  const { data, errors } = await ask<Data>(running, query, variables);
  if (errors !== undefined || data == null) throw new Error(`the query failed: ${JSON.stringify(errors)}`);
  return data;
};

/** A subscription over server-sent events: each result, as it comes. Leaving the loop ends the request. */
export async function* followBySse<Data>(
  { url }: Pick<Running, 'url'>,
  asked: Asked,
  token: string | null,
  signal?: AbortSignal,
): AsyncGenerator<Answer<Data>, void, void> {
  const stop = new AbortController();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headersOf(token) },
    body: JSON.stringify(asked),
    signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
  });
  if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
  let text = '';
  try {
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const messages = text.split('\n\n');
      text = messages.pop() ?? '';
      for (const message of messages) {
        if (message.startsWith('event: complete')) return;
        const data = /^data: (.+)$/m.exec(message)?.[1];
        if (data !== undefined) yield JSON.parse(data) as Answer<Data>;
      }
    }
  } finally {
    stop.abort();
  }
}

/** A graphql-transport-ws client with a connection of its own. */
export const socketClient = ({ url }: Pick<Running, 'url'>, token: string | null): Client =>
  createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...(token === null ? {} : { connectionParams: { token } }),
  });
