import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  executeSubscriptionEvent,
  validateSubscriptionArgs,
  type ValidatedSubscriptionArgs,
} from 'graphql';
import { keptOperation } from './kept-operation.ts';
import type { Context } from './context.ts';
import { maskError } from './mask-error.ts';
import { costOf, refusalOfCost, withCost } from './operation-cost.ts';
import { outcomeOf } from './operations.ts';

/** A subscription that may run: what comes of one item after another. */
export class Subscription {
  readonly #args: ValidatedSubscriptionArgs;
  readonly #cost: number | null;
  readonly #mask: ReturnType<typeof maskError>;

  private constructor(args: ValidatedSubscriptionArgs, cost: number | null) {
    this.#args = args;
    this.#cost = cost;
    this.#mask = maskError((args.contextValue as Context).parts.log);
  }

  /**
   * @param args of a document that was read without errors, with the Context as contextValue
   * @returns the refusal of one that costs too much, or whose variables are wrong
   */
  static of(args: ExecutionArgs): Subscription | ExecutionResult {
    const cost = costOf(args);
    const refusal = cost === null ? null : refusalOfCost(cost);
    if (refusal !== null) return { errors: [refusal] };
    const valid = validateSubscriptionArgs(args);
    return 'schema' in valid ? new Subscription(valid, cost) : { errors: valid.map(maskError(logOf(args))) };
  }

  /** What the client may see of an item, whoever has read it. @throws when the signal aborts */
  async resultOf(item: unknown): Promise<ExecutionResult> {
    const args = { ...this.#args, rootValue: item };
    const result = (await keptOperation(args)?.execute(args)) ?? (await executeSubscriptionEvent(args));
    return withCost(this.#masked(result), this.#cost);
  }

  /** Begins to follow. @returns the refusal of whoever may not, or of what there is not */
  async follow(): Promise<AsyncGenerator<ExecutionResult, void, void> | ExecutionResult> {
    const stream = await createSourceEventStream(this.#args);
    if (!(Symbol.asyncIterator in stream)) return this.#masked(stream);
    // Those of this schema are what following.ts makes.
    return this.#results(stream as AsyncGenerator<unknown, void, void>);
  }

  /** NOTE no generator: one that waits, for days perhaps, would hold the item that it was told last. */
  #results(items: AsyncGenerator<unknown, void, void>): AsyncGenerator<ExecutionResult, void, void> {
    let last: { data?: ExecutionResult['data'] } = {};
    const settle = async (
      asked: Promise<IteratorResult<unknown, void>>,
    ): Promise<IteratorResult<ExecutionResult, void>> => {
      // Whoever asks for the next has sent the one before, and holds it until this comes.
      delete last.data;
      try {
        const { done, value } = await asked;
        if (done === true) return { done, value: undefined };
        const result = await this.resultOf(value);
        last = result;
        return { done: false, value: result };
      } catch (error) {
        throw this.#mask(error);
      }
    };
    return {
      next: () => settle(items.next()),
      return: () => settle(items.return()),
      throw: (error) => settle(items.throw(error)),
      [Symbol.asyncIterator]() {
        return this;
      },
      [Symbol.asyncDispose]: () => items[Symbol.asyncDispose](),
    };
  }

  #masked(result: ExecutionResult): ExecutionResult {
    return result.errors === undefined ? result : { ...result, errors: result.errors.map(this.#mask) };
  }
}

const logOf = ({ contextValue }: ExecutionArgs) => (contextValue as Context).parts.log;

/** Follows what a client asked for, and counts it when it begins. @param args as of Subscription */
export const subscribe = async (
  args: ExecutionArgs,
): Promise<AsyncGenerator<ExecutionResult, void, void> | ExecutionResult> => {
  const subscription = Subscription.of(args);
  const followed = subscription instanceof Subscription ? await subscription.follow() : subscription;
  const { metrics } = (args.contextValue as Context).parts;
  metrics.graphqlOperation('subscription', Symbol.asyncIterator in followed ? 'done' : outcomeOf(followed));
  return followed;
};
