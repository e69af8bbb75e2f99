import { type ExecutionArgs, GraphQLError } from 'graphql';
import { type Context as SocketContext, makeServer, type Server, type SubscribePayload } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { RateLimited, Refusal, Unavailable } from '../../model/errors.ts';
import { WEBSOCKET_OPERATIONS_MAX } from '../../model/limits.ts';
import type { Caller } from '../../model/viewer.ts';
import type { Admission } from '../admission.ts';
import { type Authenticator, isOver, tokenOf } from '../authenticate.ts';
import { callerOf } from '../exchange.ts';
import type { OpenCredentials } from '../open-credentials.ts';
import type { RequestOrigin } from '../origin.ts';
import type { ApiParts } from '../parts.ts';
import { isAmbient, isFromHere } from '../identity/same-origin.ts';
import type { EngineInput } from './engine-input.ts';
import type { Engine } from './engine.ts';
import { documentText } from './trusted-documents.ts';
import type { IncomingMessage } from 'node:http';

/** What a server keeps of its callers, which all its sockets share. */
export type SocketParts = {
  readonly parts: ApiParts;
  readonly engine: Engine;
  readonly authenticator: Authenticator;
  readonly admission: Admission;
  readonly credentials: OpenCredentials;
};

/** What belongs to one socket. */
export type Extra = {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly origin: RequestOrigin;
  /** Ends whatever runs on the socket. */
  readonly stop: AbortController;
  /** What the socket holds until it is closed. */
  readonly held: DisposableStack;
  caller: Caller | null;
};
type Connection = SocketContext<Record<string, unknown>, Extra>;

/** An operation with the functions of the engine that checked it. */
type Operation = ExecutionArgs & { readonly engine: ReturnType<Engine['getEnveloped']> };

/** A client that has not closed by then is cut. */
export const CLOSE_MS = 1_000;
const CONNECTION_INIT_WAIT_MS = 3_000;
/** The protocol's "forbidden": whoever it was may not any more. */
const FORBIDDEN = 4403;
/** RFC 6455 section 7.4.1 and its registry: come again later. */
const TRY_AGAIN_LATER = 1013;
/** Bytes of a close reason, by RFC 6455 section 5.5. */
const REASON_BYTES_MAX = 123;

/** Ends what runs on a socket and closes it; one that does not close is cut. */
const close = ({ socket, stop }: Extra, code: number, reason: string): void => {
  stop.abort();
  socket.close(code, Buffer.from(reason).subarray(0, REASON_BYTES_MAX));
  const cut = setTimeout(() => socket.terminate(), CLOSE_MS);
  socket.once('close', () => clearTimeout(cut));
};

/** 4401 is the protocol's "unauthorized". */
const closeUnauthorized = (extra: Extra): void =>
  close(extra, 4401, 'Unauthorized: a valid token is needed, in the headers or connectionParams.token');

/** Finds out who it is, and lets them have one more socket. @throws RateLimited */
const admit = async (given: SocketParts, { extra, connectionParams }: Connection): Promise<boolean> => {
  const { request, origin } = extra;
  const token = connectionParams?.['token'];
  const viewer = await given.authenticator.authenticate({
    token: typeof token === 'string' ? token : tokenOf(request.headers),
    request,
    origin,
  });
  if (viewer === null) given.parts.metrics.refusedAuthentication();
  if (viewer === null || extra.stop.signal.aborted) {
    closeUnauthorized(extra);
    return false;
  }
  // Browsers ask nobody before they open a WebSocket, and send their cookies along.
  if (isAmbient(viewer) && !isFromHere(request, origin, given.parts.network)) {
    close(extra, FORBIDDEN, 'Forbidden: with a cookie only pages of this server may, programs send a token');
    return false;
  }
  extra.held.use(given.admission.openSocket(viewer, origin.ip));
  extra.held.use(
    given.credentials.open(viewer, () => close(extra, FORBIDDEN, 'Forbidden: the token was revoked or is over')),
  );
  extra.caller = callerOf(viewer, origin);
  return true;
};

const onConnect = async (given: SocketParts, connection: Connection): Promise<boolean> => {
  try {
    return await admit(given, connection);
  } catch (error) {
    if (!(error instanceof RateLimited || error instanceof Unavailable)) throw error;
    close(connection.extra, TRY_AGAIN_LATER, error.message);
    return false;
  }
};

const refusal = (code: string, message: string): readonly GraphQLError[] => [
  new GraphQLError(message, { extensions: { code } }),
];

const check = async (
  { parts, engine, admission }: SocketParts,
  { extra }: Connection,
  caller: Caller,
  payload: SubscribePayload,
): Promise<Operation | readonly GraphQLError[]> => {
  await admission.request(caller.viewer);
  const gone = extra.stop.signal;
  const input: EngineInput = { parts, viewer: caller.viewer, caller, gone };
  const enveloped = engine.getEnveloped({ ...input, params: payload });
  const document = enveloped.parse(documentText(parts.graphql, payload) ?? '');
  const errors: readonly GraphQLError[] = enveloped.validate(enveloped.schema, document);
  if (errors.length > 0) return errors;
  const contextValue: unknown = await enveloped.contextFactory();
  const { operationName, variables: variableValues } = payload;
  const { schema } = enveloped;
  return { schema, document, operationName, variableValues, contextValue, abortSignal: gone, engine: enveloped };
};

const onSubscribe = async (
  given: SocketParts,
  connection: Connection,
  payload: SubscribePayload,
): Promise<Operation | readonly GraphQLError[]> => {
  const { caller } = connection.extra;
  if (caller === null || isOver(caller.viewer, given.parts.clock())) {
    closeUnauthorized(connection.extra);
    return refusal('UNAUTHENTICATED', 'the token is over');
  }
  if (Object.keys(connection.subscriptions).length > WEBSOCKET_OPERATIONS_MAX) {
    return refusal('OPERATION_LIMIT', `at most ${WEBSOCKET_OPERATIONS_MAX} operations run at once on one WebSocket`);
  }
  try {
    return await check(given, connection, caller, payload);
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    if (error instanceof Refusal) return refusal(error.code, error.message);
    throw error;
  }
};

/** The graphql-transport-ws protocol: every operation goes through what one over HTTP goes through. */
export const socketProtocol = (given: SocketParts): Server<Extra> =>
  makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: CONNECTION_INIT_WAIT_MS,
    onConnect: (connection) => onConnect(given, connection),
    onSubscribe: (connection, _id, payload) => onSubscribe(given, connection, payload),
    execute: (args) => (args as Operation).engine.execute(args),
    subscribe: (args) => (args as Operation).engine.subscribe(args),
  });
