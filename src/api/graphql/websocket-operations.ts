import type { IncomingMessage } from 'node:http';
import { type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql';
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
import type { Context } from './context.ts';
import type { Documents, ReadDocument } from './documents.ts';
import type { Operations } from './operations.ts';
import { schema } from './schema.ts';
import { SharedDelivery } from './shared-delivery.ts';
import { subscribe } from './subscription.ts';
import { documentText } from './trusted-documents.ts';
import type { Turns } from './turns.ts';
import type { WatcherGroups } from './watcher-groups.ts';

/** What a server keeps of its callers, which all its sockets share. */
export type SocketParts = {
  readonly parts: ApiParts;
  readonly documents: Documents;
  readonly operations: Operations;
  readonly turns: Turns;
  readonly authenticator: Authenticator;
  readonly admission: Admission;
  readonly credentials: OpenCredentials;
  readonly groups: WatcherGroups;
};

/** What belongs to one socket. */
export type Extra = {
  readonly socket: WebSocket;
  /** Null once it is known who it is: it holds much, and sockets are open for days. */
  request: IncomingMessage | null;
  readonly origin: RequestOrigin;
  /** Ends whatever runs on the socket. */
  readonly stop: AbortController;
  /** What the socket holds until it is closed. */
  readonly held: DisposableStack;
  /** What runs, also when its client has left it and it is not over yet. */
  readonly running: Map<SubscribePayload, { readonly id: string; readonly stop: AbortController }>;
  caller: Caller | null;
};
type Connection = SocketContext<Record<string, unknown>, Extra>;

/** What a client asks, and the name that it gave to it. */
type Asking = { readonly id: string; readonly payload: SubscribePayload };

/** A client that has not closed by then is cut. */
export const CLOSE_MS = 1_000;
const CONNECTION_INIT_WAIT_MS = 3_000;
/** The protocol's "forbidden": whoever it was may not any more. */
const FORBIDDEN = 4403;
/** RFC 6455 section 7.4.1 and its registry: come again later. */
const TRY_AGAIN_LATER = 1013;
/** Bytes of a close reason, by RFC 6455 section 5.5. */
const REASON_BYTES_MAX = 123;

/** The client has left the operation with this id, or all of them: whatever works for it ends. */
export const leaveOperations = ({ running }: Extra, id: string | null): void => {
  for (const each of running.values()) if (id === null || each.id === id) each.stop.abort();
};

/** Ends what runs on a socket and closes it; one that does not close is cut. */
const close = (extra: Extra, code: number, reason: string): void => {
  const { socket, stop } = extra;
  stop.abort();
  leaveOperations(extra, null);
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
  if (request === null) throw new Error('a socket says once who it is');
  const token = connectionParams?.['token'];
  const viewer = await given.authenticator.authenticate({
    token: typeof token === 'string' ? token : tokenOf(request.headers),
    request,
    origin,
  });
  extra.request = null;
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

/** Reads and checks in its turn, as an operation over HTTP is. @throws GraphQLError, Refusal */
const check = async (
  { parts, documents, admission, turns, groups }: SocketParts,
  { socket }: Pick<Extra, 'socket'>,
  caller: Caller,
  { id, payload }: Asking,
  gone: AbortSignal,
): Promise<ExecutionArgs | readonly GraphQLError[]> => {
  await admission.request(caller.viewer);
  await turns.begin(caller.viewer);
  if (gone.aborted) return refusal('CANCELLED', 'the operation was left before it began');
  const text = documentText(parts.graphql, payload) ?? '';
  const { document, errors } = readCounted(parts, documents, text);
  if (errors.length > 0) return errors;
  const { operationName, variables: variableValues } = payload;
  const operation = { schema, document, operationName, variableValues };
  const asked = { text, operationName: operationName ?? null, variables: variableValues, sight: caller.viewer };
  const delivery = new SharedDelivery(groups, { socket, id, caller }, asked, operation);
  const contextValue: Context = { parts, viewer: caller.viewer, caller, gone, delivery };
  return { ...operation, contextValue, abortSignal: gone };
};

/** What never runs is counted as refused. @throws GraphQLError for what is no document */
const readCounted = ({ metrics }: ApiParts, documents: Documents, text: string): ReadDocument => {
  let errors = 1;
  try {
    const read = documents.read(text);
    errors = read.errors.length;
    return read;
  } finally {
    if (errors > 0) metrics.graphqlOperation('none', 'refused');
  }
};

const checkOrRefuse = async (
  given: SocketParts,
  extra: Extra,
  caller: Caller,
  asking: Asking,
  gone: AbortSignal,
): Promise<ExecutionArgs | readonly GraphQLError[]> => {
  try {
    return await check(given, extra, caller, asking, gone);
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    if (error instanceof Refusal) return refusal(error.code, error.message);
    throw error;
  }
};

const onSubscribe = async (
  given: SocketParts,
  { extra }: Connection,
  id: string,
  payload: SubscribePayload,
): Promise<ExecutionArgs | readonly GraphQLError[]> => {
  const { caller, running } = extra;
  if (caller === null || isOver(caller.viewer, given.parts.clock())) {
    closeUnauthorized(extra);
    return refusal('UNAUTHENTICATED', 'the token is over');
  }
  if (running.size >= WEBSOCKET_OPERATIONS_MAX) {
    return refusal('OPERATION_LIMIT', `at most ${WEBSOCKET_OPERATIONS_MAX} operations run at once on one WebSocket`);
  }
  const stop = new AbortController();
  running.set(payload, { id, stop });
  if (extra.stop.signal.aborted) stop.abort();
  const checked = await checkOrRefuse(given, extra, caller, { id, payload }, stop.signal);
  if (!('document' in checked)) running.delete(payload);
  return checked;
};

/** A client that leaves an operation is told nothing more of it. */
const execute = async (operations: Operations, args: ExecutionArgs): Promise<ExecutionResult> => {
  try {
    return await operations.execute(args);
  } catch (error) {
    if (args.abortSignal?.aborted === true) return { data: null };
    throw error;
  }
};

/** The graphql-transport-ws protocol: every operation goes through what one over HTTP goes through. */
export const socketProtocol = (given: SocketParts): Server<Extra> =>
  makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: CONNECTION_INIT_WAIT_MS,
    onConnect: (connection) => onConnect(given, connection),
    onSubscribe: (connection, id, payload) => onSubscribe(given, connection, id, payload),
    onComplete: ({ extra }, _id, payload) => void extra.running.delete(payload),
    execute: (args) => execute(given.operations, args),
    subscribe,
  });
