import { type Refusal, refusalCodes } from '../model/errors.ts';
import type { SessionId } from '../model/ids.ts';
import { refusalFromWire } from '../model/refusal-wire.ts';
import type { Role } from '../model/viewer.ts';
import { graphqlKill, type GraphqlKill } from './sent-kill.ts';
import { type About, aboutOf, callServer, RETRY_AFTER_SECONDS, type ServerParts } from './server-calls.ts';

/** A refusal as a member of a result union: each type has some of the fields. */
type RefusedResult = {
  readonly __typename: string;
  readonly message?: string;
  readonly field?: string;
  readonly requiredRole?: Role | null;
  readonly nextEvent?: number;
  readonly epoch?: number;
  readonly retryAfter?: number | null;
  readonly session?: { readonly sessionId: string };
  readonly kill?: GraphqlKill;
};

type GraphqlAnswer = {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
};

const codes: Readonly<Record<string, Refusal['code']>> = {
  NotFoundError: 'NOT_FOUND',
  ForbiddenError: 'FORBIDDEN',
  ValidationError: 'BAD_USER_INPUT',
  ConflictError: 'CONFLICT',
  SessionEndedError: 'SESSION_ENDED',
  SessionKilledError: 'SESSION_KILLED',
  EventGapError: 'EVENT_GAP',
  FencedError: 'FENCED',
  UnavailableError: 'UNAVAILABLE',
};

/** The data of a query. @throws Refusal, also for errors that have the code of one */
export const queryServer = async (server: ServerParts, query: string, variables: object = {}): Promise<unknown> => {
  const { data, errors } = (await callServer(server, {
    method: 'POST',
    path: '/graphql',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })) as GraphqlAnswer;
  const error = errors?.[0];
  if (error !== undefined) throw errorOf(error);
  return data ?? {};
};

/** The payload of a mutation whose field is named `result`. @throws the refusal that came instead */
export const mutateServer = async <Payload>(
  server: ServerParts,
  document: string,
  input: object,
  about: About = {},
): Promise<Payload> => {
  const { result } = (await queryServer(server, document, { input })) as { readonly result?: RefusedResult };
  if (result === undefined) throw new Error(`the server at ${server.url} gave no result`);
  const code = codes[result.__typename];
  // NOTE what is no refusal is the payload, whose fields the document names.
  if (code === undefined) return result as unknown as Payload;
  throw refusalFromWire({
    ...aboutOf(code, about),
    code,
    message: result.message ?? '',
    field: result.field,
    requiredRole: result.requiredRole,
    nextEvent: result.nextEvent,
    epoch: result.epoch,
    sessionId: result.session?.sessionId as SessionId | undefined,
    kill: result.kill === undefined ? undefined : graphqlKill(result.kill),
    retryAfterSeconds: result.retryAfter ?? RETRY_AFTER_SECONDS,
  });
};

const errorOf = ({ message, extensions }: NonNullable<GraphqlAnswer['errors']>[number]): Error => {
  const code = refusalCodes.find((known) => known === extensions?.code);
  if (code === undefined) return new Error(`the server failed: ${message}`);
  return refusalFromWire({ code, message, field: 'input', retryAfterSeconds: RETRY_AFTER_SECONDS });
};
