import {
  AbortedGraphQLExecutionError,
  type ExecutionResult,
  GraphQLError,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  isNonNullType,
  locatedError,
  type FieldNode,
  responsePathAsArray,
  type ValidatedExecutionArgs,
} from 'graphql';

type Data = NonNullable<ExecutionResult['data']> | null;

/** A place in the answer, linked back to its beginning; undefined is the answer as a whole. */
export type Path = GraphQLResolveInfo['path'];

const ensureGraphQLError = (raw: unknown): GraphQLError => {
  if (raw instanceof GraphQLError) return raw;
  const originalError = raw instanceof Error ? raw : new Error(`Unexpected error value: ${String(raw)}`);
  return new GraphQLError(originalError.message, { originalError });
};

/** What one run of an operation collects, and when it is over. */
export class Execution {
  readonly args: ValidatedExecutionArgs;
  readonly #errors: GraphQLError[] = [];
  /** Where the answer has null for an error: what goes wrong below is of no interest any more. */
  readonly #nulled = new Set<Path | undefined>();
  #isFinished = false;
  #resolvers: AbortController | null = null;

  constructor(args: ValidatedExecutionArgs) {
    this.args = args;
  }

  /** Nobody waits for the answer any more, or it was given: no further resolver begins. */
  get isOver(): boolean {
    return this.#isFinished || this.args.externalAbortSignal?.aborted === true;
  }

  /** @throws when the run is over: what has been waiting goes on no more */
  mustGoOn(): void {
    if (this.isOver) throw new Error('Aborted!');
  }

  /** What resolvers are handed to stop by: it aborts when the run is over. */
  get resolverSignal(): AbortSignal {
    this.#resolvers ??= new AbortController();
    if (this.isOver) this.#resolvers.abort(this.args.externalAbortSignal?.reason);
    return this.#resolvers.signal;
  }

  /** Null for a place that may have none. @throws what went wrong, with its place, for the one around it */
  failed(raw: unknown, type: GraphQLOutputType, nodes: readonly FieldNode[], path: Path): null {
    const error = locatedError(raw, nodes, responsePathAsArray(path));
    if (this.args.errorPropagation && isNonNullType(type)) throw error;
    this.#add(error, path);
    return null;
  }

  /** The answer of a run that came to its end. @throws AbortedGraphQLExecutionError when nobody waits for it any more */
  finish(data: unknown): ExecutionResult {
    const result = this.#result(data as Data);
    this.#stopResolvers();
    if (this.isOver) throw this.aborted(result);
    this.#isFinished = true;
    return result;
  }

  /** The same of one of which nothing is left. */
  finishWith(raw: unknown): ExecutionResult {
    this.#add(ensureGraphQLError(raw), undefined);
    return this.finish(null);
  }

  aborted(result: ExecutionResult | Promise<ExecutionResult>): AbortedGraphQLExecutionError<ExecutionResult> {
    this.#stopResolvers();
    return new AbortedGraphQLExecutionError(this.args.externalAbortSignal?.reason, result);
  }

  #stopResolvers(): void {
    this.#resolvers?.abort(this.args.externalAbortSignal?.reason);
  }

  #result(data: Data): ExecutionResult {
    return this.#errors.length === 0 ? { data } : { errors: this.#errors, data };
  }

  #add(error: GraphQLError, path: Path | undefined): void {
    for (let place = path; place !== undefined; place = place.prev) if (this.#nulled.has(place)) return;
    if (this.#nulled.has(undefined)) return;
    this.#nulled.add(path);
    this.#errors.push(error);
  }
}
