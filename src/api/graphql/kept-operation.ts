import type { OperationDefinitionNode, ValidatedExecutionArgs } from 'graphql';
import { CompiledOperation } from './compiled/compiled-operation.ts';

/** An operation is compiled when it comes for this time. */
const COMPILED_AFTER = 3;

/** An operation of a document that is kept, by how often it came until it was compiled. Null: it cannot be. */
type Known = { count: number; compiled: CompiledOperation | null | undefined };

/** They last as long as the documents that they are of. */
const knownOperations = new WeakMap<OperationDefinitionNode, Known>();

/** Notes that an operation comes once more. @returns null when it is to be executed the ordinary way */
export const keptOperation = ({ document, operation }: ValidatedExecutionArgs): CompiledOperation | null => {
  const known = knownOperations.get(operation) ?? { count: 0, compiled: undefined };
  knownOperations.set(operation, known);
  known.count += 1;
  if (known.count < COMPILED_AFTER) return null;
  if (known.compiled === undefined) known.compiled = CompiledOperation.of(document, operation);
  return known.compiled;
};
