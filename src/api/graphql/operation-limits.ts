import { type DocumentNode, type ExecutionArgs, type ExecutionResult, GraphQLError, parse } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { GRAPHQL_TOKENS_MAX } from '../../model/limits.ts';
import { documentLimits } from './document-limits.ts';
import type { EngineInput } from './engine-input.ts';
import { costOf, refusalOfCost } from './operation-cost.ts';
import type { Turns } from './turns.ts';
import { documentText, withQuery } from './trusted-documents.ts';

/** The parser's words for a document of too many tokens, which it gives no name. */
const tooManyTokens = (error: unknown): boolean =>
  error instanceof GraphQLError && error.message.includes(`more than ${GRAPHQL_TOKENS_MAX} tokens`);

/** A document of more tokens is refused before it blocks the event loop. */
const parseBounded = (source: string, options: object): DocumentNode => {
  try {
    return parse(source, { ...options, maxTokens: GRAPHQL_TOKENS_MAX });
  } catch (error) {
    // NOTE the parser goes down with each level: a few hundred fit into what the tokens allow, and a thousand do not always.
    if (error instanceof RangeError) {
      throw new GraphQLError('the document is nested too deeply to be read', { extensions: { code: 'DEPTH_LIMIT' } });
    }
    if (!tooManyTokens(error)) throw error;
    const message = `a document may have at most ${GRAPHQL_TOKENS_MAX} tokens`;
    throw new GraphQLError(message, { extensions: { code: 'TOKEN_LIMIT', limit: GRAPHQL_TOKENS_MAX } });
  }
};

/** What bounds an operation before it runs, over every transport. */
export const operationLimits = (turns: Turns): Plugin<EngineInput, EngineInput> => ({
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
  onExecute({ args, context, executeFn, setExecuteFn, setResultAndStopExecution }) {
    const cost = costOf(args);
    const refusal = cost === null ? null : refusalOfCost(cost);
    if (refusal !== null) return setResultAndStopExecution({ errors: [refusal] });
    setExecuteFn(async (given: ExecutionArgs) => {
      using _turn = await turns.run(context.viewer);
      return (await executeFn(given)) as ExecutionResult;
    });
    return { onExecuteDone: ({ result, setResult }) => setResult(withCost(result as ExecutionResult, cost)) };
  },
  onSubscribe({ args, setResultAndStopExecution }) {
    const cost = costOf(args);
    const refusal = cost === null ? null : refusalOfCost(cost);
    if (refusal !== null) return setResultAndStopExecution({ errors: [refusal] });
    return {
      onSubscribeResult: () => ({
        onNext: ({ result, setResult }) => setResult(withCost(result as ExecutionResult, cost)),
      }),
    };
  },
});

const withCost = (result: ExecutionResult, cost: number | null): ExecutionResult =>
  cost === null ? result : { ...result, extensions: { ...result.extensions, cost } };
