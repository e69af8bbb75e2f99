import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import type { Log } from '../parts.ts';
import type { EngineInput } from './engine-input.ts';
import { maskError } from './mask-error.ts';
import { operationLimits } from './operation-limits.ts';
import { operationMetrics } from './operation-metrics.ts';
import type { Turns } from './turns.ts';
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
 * Parses, validates (both remembered by the text of the document), executes and masks, for all transports. Nothing of it
 * that would let other sites in is on: no CORS, no forms, no batches.
 */
export const createEngine = (log: Log, turns: Turns): Engine =>
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
    maskedErrors: { maskError: maskError(log) },
    plugins: [postedParams, operationLimits(turns), operationMetrics],
  });
