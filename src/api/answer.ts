import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorAnswerOf, type ErrorAnswer } from './http-error.ts';
import type { Log } from './parts.ts';

/** Of every answer, whoever writes it: pages of other sites may not read, frame or run it, and nobody on the way keeps it. */
const safetyHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Before anything is known of the request. A page with scripts of its own replaces the policy by its own. */
export const setSafetyHeaders = (response: ServerResponse, requestId: string): void => {
  for (const [name, value] of Object.entries(safetyHeaders)) response.setHeader(name, value);
  response.setHeader('x-request-id', requestId);
};

/** A connection that was refused is cut when its client has not closed it by then. */
const LINGER_MS = 1_000;

/**
 * Refuses on a connection that has no answer to write to: a WebSocket that is not taken over, bytes that are no HTTP. Ends
 * the connection.
 */
export const refuseConnection = (
  socket: Duplex,
  requestId: string,
  refusal: {
    readonly status: number;
    readonly code: string;
    readonly message: string;
    readonly headers?: Readonly<Record<string, string>>;
  },
): void => {
  const { status, code, message } = refusal;
  const body = `${JSON.stringify({ error: { code, message } })}\n`;
  const headers = {
    ...safetyHeaders,
    ...refusal.headers,
    'x-request-id': requestId,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
  // To close while bytes come in would take the answer from the client; to wait for its end would wait for ever.
  socket.resume();
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(linger));
};

export const sendJson = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void => {
  const text = `${JSON.stringify(body)}\n`;
  const length = Buffer.byteLength(text);
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': length,
  });
  response.end(text);
};

export const sendText = (response: ServerResponse, status: number, contentType: string, text: string): void => {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
  // NOTE as text it leaves in one piece with its headers.
  response.end(text);
};

const unexpected: ErrorAnswer = {
  status: 500,
  code: 'INTERNAL_SERVER_ERROR',
  message: 'internal error',
  fields: {},
  headers: {},
};

const feedingPath = /^\/recordings\/[^/]+\/events\//;

/** What the clients of a path look for beside the error: those of the session-log API, producers, and those of GraphQL. */
const customaryFields = (
  path: string,
  { status, code, message, fields }: ErrorAnswer,
): Readonly<Record<string, unknown>> => {
  if (path.startsWith('/api/v1/')) return { error_message: message, status_code: status };
  if (feedingPath.test(path)) return fields;
  return path === '/graphql' ? { errors: [{ message, extensions: { code } }] } : {};
};

/**
 * Answers with what went wrong. An answer that has begun is broken off, so that nobody takes a part for the whole. What
 * nobody expected is logged with its cause and shown without it.
 */
export const sendError = (response: ServerResponse, path: string, error: unknown, log: Log): void => {
  const known = errorAnswerOf(error);
  // NOTE the request's socket: an answer that waits for the one before it on the same connection has none of its own yet.
  const isClientGone = response.destroyed || response.req.socket.destroyed;
  if (known === null && !isClientGone) log('error', 'a request failed', { path, error });
  if (response.headersSent || isClientGone) {
    response.destroy();
    return;
  }
  const answer = known ?? unexpected;
  const { code, message, fields, headers } = answer;
  // A request whose body was not taken in leaves bytes on the connection that are no next request.
  if (!response.req.complete) response.setHeader('connection', 'close');
  sendJson(response, answer.status, { error: { code, message, ...fields }, ...customaryFields(path, answer) }, headers);
};
