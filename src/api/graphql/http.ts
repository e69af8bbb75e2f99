import { InvalidInput } from '../../model/errors.ts';
import { GRAPHQL_BODY_BYTES_MAX, GRAPHQL_PRODUCER_BODY_BYTES_MAX } from '../../model/limits.ts';
import { readJsonBody } from '../body.ts';
import type { Exchange } from '../exchange.ts';
import { HttpError } from '../http-error.ts';
import type { EngineInput } from './engine-input.ts';
import type { Engine } from './engine.ts';
import type { Turns } from './turns.ts';

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

/** @throws InvalidInput when a parameter of a GET that must be a JSON object is none */
const checkQuery = ({ query }: Exchange): void => {
  for (const name of ['variables', 'extensions']) {
    const text = query.get(name);
    if (text !== null && text !== '' && !isJsonObject(text)) {
      throw new InvalidInput(name, `${name} must be a JSON object`);
    }
  }
};

const isJsonObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text);
    return value === null || (typeof value === 'object' && !Array.isArray(value));
  } catch {
    return false;
  }
};

/** GraphQL over HTTP, and subscriptions as server-sent events. */
export const answerGraphql = async (engine: Engine, turns: Turns, exchange: Exchange): Promise<void> => {
  const { request, response, parts, viewer, caller, gone } = exchange;
  const input: EngineInput = { parts, viewer, caller, gone };
  switch (request.method) {
    case 'GET':
      checkQuery(exchange);
      await turns.begin(viewer);
      return engine(request, response, input);
    case 'POST': {
      const posted = await readPosted(exchange);
      await turns.begin(viewer);
      return engine(request, response, { ...input, posted });
    }
    default:
      throw new HttpError(405, 'METHOD_NOT_ALLOWED', '/graphql takes GET and POST', { allow: 'GET, POST' });
  }
};
