import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { EngineInput } from './engine-input.ts';
import { outcomeOf } from './operations.ts';

/** Counts what never ran as refused, and a subscription when it begins; all other operations are counted as they end. */
export const operationMetrics: Plugin<EngineInput, EngineInput> = {
  onParse:
    () =>
    ({ result, context }) => {
      if (result instanceof Error) context.parts.metrics.graphqlOperation('none', 'refused');
    },
  onValidate:
    ({ context }) =>
    ({ valid }) => {
      if (!valid) context.parts.metrics.graphqlOperation('none', 'refused');
    },
  onSubscribe: ({ context }) => ({
    onSubscribeResult: ({ result }) => {
      const outcome = Symbol.asyncIterator in result ? 'done' : outcomeOf(result as ExecutionResult);
      context.parts.metrics.graphqlOperation('subscription', outcome);
    },
  }),
};
