import {
  type DocumentNode,
  type ExecutionResult,
  Kind,
  type OperationDefinitionNode,
  type ValidatedExecutionArgs,
  visit,
} from 'graphql';
import { Execution } from './execution.ts';
import type { SelectionPlan } from './plan.ts';
import { executeSelection, planSelection } from './selection.ts';

/** Plans that one operation has, one for each choice that its @skip and @include make. Beyond these it is not compiled. */
const CHOICES_MAX = 8;

/** Names of variables on which it depends what an operation asks for: those of @skip and @include. */
const choosingVariables = (document: DocumentNode): readonly string[] => {
  const names = new Set<string>();
  visit(document, {
    Directive: (directive) => {
      for (const { value } of directive.arguments ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
};

/** NOTE a key of this name would be the prototype of the answer's object, and not in the answer. */
const hasPrototypeKey = (document: DocumentNode): boolean => {
  let found = false;
  visit(document, {
    Field: ({ alias }) => {
      found ||= alias?.value === '__proto__';
    },
  });
  return found;
};

/**
 * A query, or what a subscription's events are mapped by, as a tree of what to call: its fields looked up and merged, its
 * fragments unfolded, its constants read once. It does what graphql's `execute` does, in the same order, with the same errors
 * at the same places; knows no mutations, which run one after the other, and no incremental delivery.
 */
export class CompiledOperation {
  readonly #choosing: readonly string[];
  readonly #plans = new Map<string, SelectionPlan>();

  private constructor(document: DocumentNode) {
    this.#choosing = choosingVariables(document);
  }

  /** Null for an operation that must be executed the ordinary way. */
  static of(document: DocumentNode, { operation }: OperationDefinitionNode): CompiledOperation | null {
    return operation === 'mutation' || hasPrototypeKey(document) ? null : new CompiledOperation(document);
  }

  /**
   * The same as graphql's `execute` after validateExecutionArgs, of this very operation; null when it has more choices than
   * are kept. @throws AbortedGraphQLExecutionError, at once or later, when the signal aborts
   */
  execute(args: ValidatedExecutionArgs): ExecutionResult | Promise<ExecutionResult> | null {
    const choice = this.#choosing.map((name) => String(args.variableValues.coerced[name])).join();
    const known = this.#plans.get(choice);
    if (known === undefined && this.#plans.size >= CHOICES_MAX) return null;
    args.externalAbortSignal?.throwIfAborted();
    const run = new Execution(args);
    let data: unknown;
    try {
      data = executeSelection(run, known ?? this.#plan(args, choice), args.rootValue, undefined);
    } catch (raw) {
      return run.finishWith(raw);
    }
    return data instanceof Promise ? untilAborted(run, data) : run.finish(data);
  }

  #plan(args: ValidatedExecutionArgs, choice: string): SelectionPlan {
    const { schema, operation } = args;
    const type = schema.getRootType(operation.operation);
    if (type == null) throw new Error(`Schema is not configured to execute ${operation.operation} operation.`);
    const plan = planSelection(args, type, [operation]);
    this.#plans.set(choice, plan);
    return plan;
  }
}

/** The answer when its data is there; a rejection as soon as nobody waits for it. */
const untilAborted = (run: Execution, data: Promise<unknown>): Promise<ExecutionResult> => {
  const finished = data.then(
    (there) => run.finish(there),
    (raw: unknown) => run.finishWith(raw),
  );
  const signal = run.args.externalAbortSignal;
  if (signal === undefined) return finished;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(run.aborted(finished));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    finished.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
};
