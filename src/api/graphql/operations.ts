import {
  type ExecutionArgs,
  type ExecutionResult,
  executeRootSelectionSet,
  getOperationAST,
  validateExecutionArgs,
} from 'graphql';
import type { OperationOutcome } from '../metrics.ts';
import type { Log } from '../parts.ts';
import type { Context } from './context.ts';
import { keptOperation } from './kept-operation.ts';
import { isExpected, maskError } from './mask-error.ts';
import { costOf, refusalOfCost, withCost } from './operation-cost.ts';
import type { Turns } from './turns.ts';

/** What counts, bounds, runs and tells of an operation, over every transport: the rest of how it came is its transport's. */
export class Operations {
  readonly #turns: Turns;
  readonly #maskError: ReturnType<typeof maskError>;

  constructor(turns: Turns, log: Log) {
    this.#turns = turns;
    this.#maskError = maskError(log);
  }

  /**
   * Runs a query or a mutation of a document that was read without errors, when it is its caller's turn.
   * @param args with the Context as contextValue
   * @returns what the client may see of it; rejects when the signal aborts
   */
  async execute(args: ExecutionArgs): Promise<ExecutionResult> {
    const { viewer, parts } = args.contextValue as Context;
    const cost = costOf(args);
    const refusal = cost === null ? null : refusalOfCost(cost);
    const result = refusal === null ? await this.#inTurn(args, viewer) : { errors: [refusal] };
    const kind = getOperationAST(args.document, args.operationName)?.operation ?? 'none';
    parts.metrics.graphqlOperation(kind, outcomeOf(result));
    const shown = this.#masked(result);
    return refusal === null ? withCost(shown, cost) : shown;
  }

  async #inTurn(args: ExecutionArgs, viewer: Context['viewer']): Promise<ExecutionResult> {
    using _turn = await this.#turns.run(viewer);
    const valid = validateExecutionArgs(args);
    if (!('schema' in valid)) return { errors: valid };
    return (await keptOperation(valid)?.execute(valid)) ?? executeRootSelectionSet(valid);
  }

  #masked(result: ExecutionResult): ExecutionResult {
    if (result.errors === undefined) return result;
    return { ...result, errors: result.errors.map((error) => this.#maskError(error)) };
  }
}

/** Whether what came of an operation was all that was asked for, and whose the mistake is if not. */
export const outcomeOf = ({ errors = [] }: ExecutionResult): OperationOutcome => {
  if (errors.length === 0) return 'done';
  return errors.every(isExpected) ? 'refused' : 'failed';
};
