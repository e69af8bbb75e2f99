import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import type { Log } from '../parts.ts';
import type { Documents } from './documents.ts';
import type { EngineInput } from './engine-input.ts';
import { maskError } from './mask-error.ts';
import { operationLimits } from './operation-limits.ts';
import { operationMetrics } from './operation-metrics.ts';
import type { Operations } from './operations.ts';
import { schema } from './schema.ts';

export type Engine = YogaServerInstance<EngineInput, object>;

/** Bodies are read by this room, which bounds them and takes JSON alone. */
const postedParams: Plugin<object, EngineInput> = {
  onRequestParse({ serverContext, setRequestParser }) {
    if (serverContext.posted === undefined) return;
    // The engine checks the parameters' types after this, and answers 400.
    const params = serverContext.posted as Record<string, never>;
    setRequestParser(() => params);
  },
};

/**
 * The pipeline for what is not answered at once with one JSON text: subscriptions, and whatever is refused before it runs.
 * Nothing of it that would let other sites in is on: no CORS, no forms, no batches.
 */
export const createEngine = (log: Log, documents: Documents, operations: Operations): Engine =>
  createYoga<EngineInput, object>({
    schema,
    graphqlEndpoint: '/graphql',
    cors: false,
    multipart: false,
    batching: false,
    graphiql: false,
    landingPage: false,
    logging: false,
    maxRequestBodySize: false,
    // Documents remember themselves.
    parserAndValidationCache: false,
    maskedErrors: { maskError: maskError(log) },
    plugins: [postedParams, operationLimits(documents, operations), operationMetrics],
  });
