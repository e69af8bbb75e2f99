import type { IncomingMessage, ServerResponse } from 'node:http';
import { Unauthenticated } from '../model/errors.ts';
import type { Caller, Viewer } from '../model/viewer.ts';
import { tokenOf, type Authenticator } from './authenticate.ts';
import type { OpenCredentials } from './open-credentials.ts';
import type { RequestOrigin } from './origin.ts';
import type { ApiParts } from './parts.ts';
import type { RequestTrace } from './request-trace.ts';
import type { Stopping } from './stopping.ts';

/** One request whose caller is known, and its answer. */
export type Exchange = {
  readonly parts: ApiParts;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly viewer: Viewer;
  /** The viewer, and how they came. */
  readonly caller: Caller;
  readonly origin: RequestOrigin;
  readonly trace: RequestTrace;
  /** Aborts when the client has gone or the server stops. */
  readonly gone: AbortSignal;
};

/** @throws Unauthenticated, RateLimited */
export const viewerOf = async (
  authenticator: Authenticator,
  request: IncomingMessage,
  origin: RequestOrigin,
): Promise<Viewer> => {
  const viewer = await authenticator.authenticate({ token: tokenOf(request.headers), request, origin });
  if (viewer === null) {
    throw new Unauthenticated('a valid token is needed: x-access-token: TOKEN, or Authorization: Bearer TOKEN');
  }
  return viewer;
};

/** The viewer as a caller that came from there. */
export const callerOf = (viewer: Viewer, { ip, client, requestId }: RequestOrigin): Caller => ({
  viewer,
  ip: ip === '' ? null : ip,
  client,
  requestId,
});

/** Aborts when the answer is over, before or after its end, what the viewer stands on ends, or the server stops. */
export const goneSignal = (
  response: ServerResponse,
  stopping: Stopping,
  credentials: OpenCredentials,
  viewer: Viewer,
): AbortSignal => {
  const controller = new AbortController();
  // A reason of its own: to make the usual one costs a stack trace for every request.
  const abort = (): void => controller.abort('the request is over');
  if (response.destroyed) abort();
  const served = stopping.open(abort);
  // Broken off, so that nobody takes what came until then for the whole.
  const opened = credentials.open(viewer, () => {
    abort();
    response.destroy();
  });
  response.once('close', () => {
    served[Symbol.dispose]();
    opened[Symbol.dispose]();
    abort();
  });
  return controller.signal;
};
