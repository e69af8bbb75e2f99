import { AbortedGraphQLExecutionError } from 'graphql';
import { InvalidInput, Unavailable } from '../../model/errors.ts';
import { GRAPHQL_BODY_BYTES_MAX, GRAPHQL_PRODUCER_BODY_BYTES_MAX } from '../../model/limits.ts';
import { sendText } from '../answer.ts';
import { readJsonBody } from '../body.ts';
import type { Exchange } from '../exchange.ts';
import { HttpError } from '../http-error.ts';
import type { Documents } from './documents.ts';
import type { EngineInput } from './engine-input.ts';
import type { Engine } from './engine.ts';
import { type JsonMediaType, jsonMediaTypeFor } from './media-type.ts';
import type { Operations } from './operations.ts';
import { type PostedOperation, postedOperation } from './posted-operation.ts';
import { schema } from './schema.ts';
import type { Turns } from './turns.ts';

/** What a server answers GraphQL with: one of each. */
export type GraphqlParts = {
  readonly documents: Documents;
  readonly operations: Operations;
  readonly turns: Turns;
  /** For what is not answered with one JSON text, and what is refused before it runs. */
  readonly engine: Engine;
};

/** An operation that was cut short by the end of this server may be asked of the next one. */
const RETRY_SECONDS = 1;

/** @throws InvalidInput when the JSON is no object; what is in it is the engine's to check */
const readPosted = async ({ request, viewer, parts }: Exchange): Promise<object> => {
  const bytesMax = viewer.role === 'PRODUCER' ? GRAPHQL_PRODUCER_BODY_BYTES_MAX : GRAPHQL_BODY_BYTES_MAX;
  const posted = await readJsonBody(request, bytesMax);
  if (typeof posted !== 'object' || posted === null || Array.isArray(posted)) {
    throw new InvalidInput(
      'body',
      'the body must be a JSON object with query, and variables, operationName, extensions',
    );
  }
  if (!('query' in posted) && parts.graphql.trustedDocuments === null)
    throw new InvalidInput('query', 'the body must have query, a GraphQL document');
  return posted;
};

const emptyToNull = (text: string | null): string | null => (text === '' ? null : text);

/** @throws InvalidInput when a parameter of a GET that must be a JSON object is none */
const readObject = ({ query }: Exchange, name: 'variables' | 'extensions'): object | null => {
  const text = emptyToNull(query.get(name));
  if (text === null) return null;
  const value = parseJson(text);
  if (typeof value === 'object' && !Array.isArray(value)) return value;
  throw new InvalidInput(name, `${name} must be a JSON object`);
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** @throws InvalidInput */
const readQuery = (exchange: Exchange): object => {
  const { query } = exchange;
  const names = ['query', 'operationName', 'documentId'].filter((name) => query.has(name));
  const texts = Object.fromEntries(names.map((name) => [name, emptyToNull(query.get(name))]));
  return { ...texts, variables: readObject(exchange, 'variables'), extensions: readObject(exchange, 'extensions') };
};

/** Whether an operation is one to answer with one JSON text: a link runs no mutation. */
const isAnswerable = ({ operation: { operation } }: PostedOperation, method: string | undefined): boolean =>
  operation === 'query' || (operation === 'mutation' && method === 'POST');

/** Runs an operation and answers. @throws Unavailable when the server stops meanwhile */
const answerOne = async (
  { operations }: GraphqlParts,
  { response, gone }: Exchange,
  input: EngineInput,
  { operation, ...asked }: PostedOperation,
  mediaType: JsonMediaType,
): Promise<void> => {
  // What has been begun is told to its end.
  const abortSignal = operation.operation === 'query' ? gone : null;
  try {
    const result = await operations.execute({ schema, ...asked, contextValue: input, abortSignal });
    const isUnanswered = mediaType === 'application/graphql-response+json' && !('data' in result);
    sendText(response, isUnanswered ? 400 : 200, `${mediaType}; charset=utf-8`, JSON.stringify(result));
  } catch (error) {
    if (!(error instanceof AbortedGraphQLExecutionError)) throw error;
    throw new Unavailable('the server is stopping', RETRY_SECONDS);
  }
};

/** GraphQL over HTTP, and subscriptions as server-sent events. */
export const answerGraphql = async (graphql: GraphqlParts, exchange: Exchange): Promise<void> => {
  const { request, response, parts, viewer, caller, gone } = exchange;
  const { method } = request;
  if (method !== 'GET' && method !== 'POST') {
    throw new HttpError(405, 'METHOD_NOT_ALLOWED', '/graphql takes GET and POST', { allow: 'GET, POST' });
  }
  const posted = method === 'POST' ? await readPosted(exchange) : readQuery(exchange);
  await graphql.turns.begin(viewer);
  const input: EngineInput = { parts, viewer, caller, gone };
  const mediaType = jsonMediaTypeFor(request.headers.accept);
  const asked = mediaType === null ? null : postedOperation(parts.graphql, graphql.documents, posted);
  if (mediaType !== null && asked !== null && isAnswerable(asked, method)) {
    return answerOne(graphql, exchange, input, asked, mediaType);
  }
  return graphql.engine(request, response, method === 'POST' ? { ...input, posted } : input);
};
