import { type DocumentNode, type ExecutionResult, GraphQLError, parse } from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import { GRAPHQL_TOKENS_MAX } from '../../model/limits.ts';
import type { Log } from '../parts.ts';
import type { Context } from './context.ts';
import { documentLimits } from './document-limits.ts';
import { maskError } from './mask-error.ts';
import { costOf, refusalOfCost } from './operation-cost.ts';
import { schema } from './schema.ts';
import { documentText, withQuery } from './trusted-documents.ts';

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

/** The parser's words for a document of too many tokens, which it gives no name. */
const tooManyTokens = (error: unknown): boolean =>
  error instanceof GraphQLError && error.message.includes(`more than ${GRAPHQL_TOKENS_MAX} tokens`);

/** A document of more tokens is refused before it blocks the event loop. */
const parseBounded = (source: string, options: object): DocumentNode => {
  try {
    return parse(source, { ...options, maxTokens: GRAPHQL_TOKENS_MAX });
  } catch (error) {
    if (!tooManyTokens(error)) throw error;
    const message = `a document may have at most ${GRAPHQL_TOKENS_MAX} tokens`;
    throw new GraphQLError(message, { extensions: { code: 'TOKEN_LIMIT', limit: GRAPHQL_TOKENS_MAX } });
  }
};

/** What bounds an operation before it runs, over every transport. */
const bounded: Plugin<object, EngineInput> = {
  onParams({ params, setParams, context }) {
    const query = documentText(context.parts.graphql, params);
    if (query !== params.query) setParams(withQuery(params, query));
  },
  onParse({ setParseFn }) {
    setParseFn(parseBounded);
  },
  onValidate({ addValidationRule }) {
    addValidationRule(documentLimits);
  },
  onExecute({ args, setResultAndStopExecution }) {
    const cost = costOf(args);
    const refusal = cost === null ? null : refusalOfCost(cost);
    if (refusal !== null) return setResultAndStopExecution({ errors: [refusal] });
    return { onExecuteDone: ({ result, setResult }) => setResult(withCost(result as ExecutionResult, cost)) };
  },
  onSubscribe({ args, setResultAndStopExecution }) {
    const cost = costOf(args);
    const refusal = cost === null ? null : refusalOfCost(cost);
    if (refusal !== null) setResultAndStopExecution({ errors: [refusal] });
  },
};

const withCost = (result: ExecutionResult, cost: number | null): ExecutionResult =>
  cost === null ? result : { ...result, extensions: { ...result.extensions, cost } };

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
    plugins: [postedParams, bounded],
  });
