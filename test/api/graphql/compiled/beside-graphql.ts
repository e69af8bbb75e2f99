import {
  execute,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLFormattedError,
  specifiedRules,
  validate,
  validateExecutionArgs,
} from 'graphql';
import { CompiledOperation } from '../../../../src/api/graphql/compiled/compiled-operation.ts';

/** What a client sees, in an order that does not depend on which promise was there first. */
export type Seen = { readonly data: unknown; readonly errors: readonly GraphQLFormattedError[] };

export const seen = ({ data, errors = [] }: ExecutionResult): Seen => ({
  data: JSON.parse(JSON.stringify(data ?? null)) as unknown,
  errors: errors.map((error) => spoken(error.toJSON())).toSorted((a, b) => orderOf(a).localeCompare(orderOf(b))),
});

/** graphql has five sentences for a type that is none of an abstract one's, which is a mistake of the server's. */
const spoken = (error: GraphQLFormattedError): GraphQLFormattedError =>
  /^(?:Abstract|Runtime Object) type /.test(error.message) ? { ...error, message: 'of no type' } : error;

const orderOf = ({ path = [], message }: GraphQLFormattedError): string => `${path.join('/')} ${message}`;

/** Executes an operation as graphql does, and twice compiled once: `make` is called for each, with values of its own. */
export const executedBoth = async (
  make: () => ExecutionArgs,
): Promise<{ readonly ordinary: Seen; readonly compiled: readonly Seen[] }> => {
  const given = make();
  const mistakes = validate(given.schema, given.document, specifiedRules);
  if (mistakes.length > 0) throw new Error(`the test's document is wrong: ${mistakes.join('\n')}`);
  const ordinary = seen(await execute(given));
  const compiled: Seen[] = [];
  let operation: CompiledOperation | null = null;
  for (let run = 0; run < 2; run += 1) {
    const valid = validateExecutionArgs({ ...make(), document: given.document });
    if (!('schema' in valid)) {
      compiled.push(seen({ errors: valid }));
      continue;
    }
    operation ??= CompiledOperation.of(given.document, valid.operation);
    const result = await operation?.execute(valid);
    if (result == null) throw new Error('the operation was not compiled');
    compiled.push(seen(result));
  }
  return { ordinary, compiled };
};
