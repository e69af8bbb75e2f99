import type { IncomingMessage, ServerResponse } from 'node:http';
import { actorOf } from '../model/audit.ts';
import { Forbidden, InvalidInput, Unauthenticated } from '../model/errors.ts';
import type { Caller, Viewer } from '../model/viewer.ts';
import { sendError, sendJson, sendText, setSafetyHeaders } from './answer.ts';
import { localViewer, type Authenticator } from './authenticate.ts';
import type { Admission } from './admission.ts';
import { isPreflight, sendPreflight, setCorsHeaders } from './cors.ts';
import { callerOf, goneSignal, viewerOf, type Exchange } from './exchange.ts';
import { sendGraphiql, wantsGraphiql } from './graphiql.ts';
import { answerGraphql, type GraphqlParts } from './graphql/http.ts';
import { printedSchema } from './graphql/schema.ts';
import { HttpError } from './http-error.ts';
import type { OpenCredentials } from './open-credentials.ts';
import { originOf, type RequestOrigin } from './origin.ts';
import type { ApiParts } from './parts.ts';
import { newTrace, traceRequest, type RequestLog, type RequestTrace } from './request-trace.ts';
import { answerByRoute } from './rest/route.ts';
import { routes } from './rest/routes.ts';
import { TooManyFailures } from './identity/failed-attempts.ts';
import { refuseForeignPages } from './identity/same-origin.ts';
import type { SignInPaths } from './sign-in/sign-in-paths.ts';
import type { Stopping } from './stopping.ts';

/** What answering takes, beside the request. */
export type Answering = GraphqlParts & {
  readonly parts: ApiParts;
  readonly authenticator: Authenticator;
  readonly signInPaths: SignInPaths;
  readonly admission: Admission;
  readonly credentials: OpenCredentials;
  readonly lines: RequestLog;
  readonly stopping: Stopping;
  /** `local`: the door for verbs on the same machine, which takes the token of this process alone. */
  readonly door: 'public' | 'local';
};

/** A request before it is known who asks. */
type Asked = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly origin: RequestOrigin;
  readonly trace: RequestTrace;
};

const splitTarget = (target: string): { readonly path: string; readonly query: URLSearchParams } => {
  const at = target.indexOf('?');
  return at === -1
    ? { path: target, query: new URLSearchParams() }
    : { path: target.slice(0, at), query: new URLSearchParams(target.slice(at + 1)) };
};

const isReading = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD';

const mustGet = (request: IncomingMessage, path: string): void => {
  if (isReading(request)) return;
  throw new HttpError(405, 'METHOD_NOT_ALLOWED', `${path} takes GET and HEAD`, { allow: 'GET, HEAD' });
};

const answerReady = async ({ parts, stopping }: Answering, response: ServerResponse): Promise<void> => {
  const { ready, log } = parts;
  const reason = stopping.hasBegun
    ? 'the server is stopping'
    : await ready().catch((error: unknown) => {
        log('error', 'the check for readiness failed', { error });
        return 'the check failed';
      });
  sendJson(response, reason === null ? 200 : 503, { ready: reason === null, reason });
};

/** @returns whether the request was one that needs no token, and is answered */
const answerWithoutToken = async (answering: Answering, asked: Asked): Promise<boolean> => {
  const { parts, signInPaths, admission, door } = answering;
  const { request, response, path, query, origin, trace } = asked;
  if (isPreflight(request, parts.network)) {
    sendPreflight(response);
    return true;
  }
  if (path === '/healthz' || path === '/readyz') {
    trace.route = path;
    mustGet(request, path);
    if (path === '/healthz') sendJson(response, 200, { version: parts.version });
    else await answerReady(answering, response);
    return true;
  }
  if (door === 'public' && signInPaths.takes(path)) {
    trace.route = path;
    if (isReading(request)) await admission.page(origin.ip);
    await signInPaths.answer(asked);
    return true;
  }
  if (path !== '/graphql' || !wantsGraphiql(request, query)) return false;
  trace.route = path;
  await admission.page(origin.ip);
  await sendGraphiql(response);
  return true;
};

/** Who asks, if they may ask so, and now. @throws Unauthenticated, Forbidden, RateLimited, HttpError 403 CSRF_REFUSED */
const admit = async (answering: Answering, { request, origin, trace }: Asked): Promise<Viewer> => {
  const { parts, authenticator, admission, door } = answering;
  const viewer = await viewerOf(authenticator, request, origin);
  trace.actor = viewer.name;
  if (door === 'local' && viewer !== localViewer) throw new Forbidden('this door takes the token of the process alone');
  refuseForeignPages(viewer, request, origin, parts.network);
  await admission.request(viewer);
  return viewer;
};

const answerWithToken = async (answering: Answering, exchange: Exchange): Promise<void> => {
  const { path, request, response, trace } = exchange;
  switch (path) {
    case '/graphql':
      trace.route = path;
      return answerGraphql(answering, exchange);
    case '/schema.graphql':
      trace.route = path;
      mustGet(request, path);
      return sendText(response, 200, 'text/plain; charset=utf-8', printedSchema());
    default:
      await answering.turns.begin(exchange.viewer);
      return answerByRoute(routes, exchange);
  }
};

const mustBeHttp = ({ httpVersion, headers }: IncomingMessage): void => {
  if (httpVersion === '1.1' && headers.host === undefined) throw new InvalidInput('host', 'the header Host is missing');
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') {
    throw new HttpError(417, 'EXPECTATION_FAILED', 'the only expectation that is met is 100-continue');
  }
};

/** The switch: what needs no token, then who asks, then all else. Never rejects. */
export const answerRequest = async (
  answering: Answering,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const { parts, stopping, lines, credentials } = answering;
  const target = splitTarget(request.url ?? '/');
  const origin = originOf(request, parts.network);
  let caller: Caller | null = null;
  const asked: Asked = { request, response, ...target, origin, trace: newTrace() };
  traceRequest(parts, lines, asked);
  try {
    setSafetyHeaders(response, origin.requestId);
    setCorsHeaders(request, response, parts.network);
    mustBeHttp(request);
    if (await answerWithoutToken(answering, asked)) return;
    const viewer = await admit(answering, asked);
    caller = callerOf(viewer, origin);
    const gone = goneSignal(response, stopping, credentials, viewer);
    await answerWithToken(answering, { ...asked, parts, viewer, caller, gone });
  } catch (error) {
    if (asked.trace.actor === null && (error instanceof Unauthenticated || error instanceof TooManyFailures)) {
      parts.metrics.refusedAuthentication();
    }
    if (error instanceof Forbidden && caller !== null) {
      parts.audit.tellRefusal(actorOf(caller), 'access.refused', `${request.method ?? ''} ${asked.trace.route}`);
    }
    sendError(response, target.path, error, parts.log);
  }
};
