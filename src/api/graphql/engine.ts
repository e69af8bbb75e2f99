import { parse } from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import { GRAPHQL_TOKENS_MAX } from '../../model/limits.ts';
import type { Log } from '../parts.ts';
import type { Context } from './context.ts';
import { maskError } from './mask-error.ts';
import { schema } from './schema.ts';

/** What the engine is handed with each request. */
export type EngineInput = Context & {
  /** The JSON body of a POST, read and bounded before; absent for GET. */
  readonly posted?: unknown;
};

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

/** A document of more tokens is refused before it blocks the event loop. */
const boundedParse: Plugin = {
  onParse({ setParseFn }) {
    setParseFn((source: string, options: object) => parse(source, { ...options, maxTokens: GRAPHQL_TOKENS_MAX }));
  },
};

/**
 * Parses, validates (both remembered by the text of the document), executes and masks, for all transports. Nothing of it
 * that would let other sites in is on: no CORS, no forms, no batches.
 */
export const createEngine = (log: Log): Engine =>
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
    plugins: [postedParams, boundedParse],
  });
