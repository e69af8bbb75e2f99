import { type ExecutionArgs, type ExecutionResult, getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { OperationOutcome } from '../metrics.ts';
import type { EngineInput } from './engine-input.ts';
import { isExpected } from './mask-error.ts';

const outcomeOf = ({ errors = [] }: ExecutionResult): OperationOutcome => {
  if (errors.length === 0) return 'done';
  return errors.every(isExpected) ? 'refused' : 'failed';
};

const kindOf = ({ document, operationName }: ExecutionArgs) =>
  getOperationAST(document, operationName)?.operation ?? 'none';

/** Counts operations as they end: what never ran as refused, and a subscription when it begins. */
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
  onExecute: ({ args, context }) => ({
    onExecuteDone: ({ result }) =>
      context.parts.metrics.graphqlOperation(kindOf(args), outcomeOf(result as ExecutionResult)),
  }),
  onSubscribe: ({ args, context }) => ({
    onSubscribeResult: ({ result }) => {
      const outcome = Symbol.asyncIterator in result ? 'done' : outcomeOf(result as ExecutionResult);
      context.parts.metrics.graphqlOperation(kindOf(args), outcome);
    },
  }),
};
