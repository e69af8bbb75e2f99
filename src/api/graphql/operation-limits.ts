import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Documents } from './documents.ts';
import type { EngineInput } from './engine-input.ts';
import { costOf, refusalOfCost, withCost } from './operation-cost.ts';
import type { Operations } from './operations.ts';
import { documentText, withQuery } from './trusted-documents.ts';

/** What decides of documents and operations, in the engine's pipeline: the same that decides of what comes past it. */
export const operationLimits = (documents: Documents, operations: Operations): Plugin<EngineInput, EngineInput> => ({
  onParams({ params, setParams, context }) {
    const query = documentText(context.parts.graphql, params);
    if (query !== params.query) setParams(withQuery(params, query));
  },
  onParse({ setParseFn }) {
    setParseFn((text: string) => documents.read(text).document);
  },
  onValidate({ params, setResult }) {
    setResult(documents.errorsOf(params.documentAST));
  },
  onExecute({ setExecuteFn }) {
    setExecuteFn((args) => operations.execute(args));
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
