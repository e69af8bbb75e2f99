import type { ServerResponse } from 'node:http';
import { errorAnswerOf, type ErrorAnswer } from './http-error.ts';
import type { Log } from './parts.ts';

/** On every answer. What is data is kept by nobody on the way. */
export const setSafetyHeaders = (response: ServerResponse): void => {
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cache-control', 'no-store');
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

export const sendText = (response: ServerResponse, contentType: string, text: string): void => {
  response.writeHead(200, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
  response.end(text);
};

const unexpected: ErrorAnswer = {
  status: 500,
  code: 'INTERNAL_SERVER_ERROR',
  message: 'internal error',
  fields: {},
  headers: {},
};

/** What the clients of a path look for beside the error: those of the session-log API, and those of GraphQL. */
const customaryFields = (path: string, { status, code, message }: ErrorAnswer): Readonly<Record<string, unknown>> => {
  if (path.startsWith('/api/v1/')) return { error_message: message, status_code: status };
  return path === '/graphql' ? { errors: [{ message, extensions: { code } }] } : {};
};

/**
 * Answers with what went wrong. An answer that has begun is broken off, so that nobody takes a part for the whole. What
 * nobody expected is logged with its cause and shown without it.
 */
export const sendError = (response: ServerResponse, path: string, error: unknown, log: Log): void => {
  const known = errorAnswerOf(error);
  const isClientGone = response.destroyed || response.socket === null || response.socket.destroyed;
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
