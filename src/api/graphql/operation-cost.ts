import { complexityFromQuery } from '@pothos/plugin-complexity';
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import { GRAPHQL_COST_MAX } from '../../model/limits.ts';

/** Costs of operations without variables, by the document that was parsed once. */
const known = new WeakMap<OperationDefinitionNode, number>();

/** The plugin takes the first operation of a document: it is handed one that has no other. */
const documentOf = (operation: OperationDefinitionNode, document: DocumentNode): DocumentNode => ({
  ...document,
  definitions: [operation, ...document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)],
});

/**
 * What an operation may cost: see the builder for what fields and lists count. Null when the operation cannot be chosen or
 * its variables are wrong, which its execution says.
 */
export const costOf = ({ schema, document, operationName, variableValues }: ExecutionArgs): number | null => {
  const operation = getOperationAST(document, operationName);
  if (operation == null) return null;
  const cost = known.get(operation);
  if (cost !== undefined) return cost;
  try {
    const options = { schema, variables: { ...variableValues } };
    const { complexity } = complexityFromQuery(documentOf(operation, document), options);
    if ((operation.variableDefinitions ?? []).length === 0) known.set(operation, complexity);
    return complexity;
  } catch (error) {
    if (error instanceof GraphQLError) return null;
    throw error;
  }
};

/** The refusal of an operation that costs too much; null for one that may run. */
export const refusalOfCost = (cost: number): GraphQLError | null => {
  if (cost <= GRAPHQL_COST_MAX) return null;
  const message = `an operation may cost at most ${GRAPHQL_COST_MAX}, and this one may cost ${cost}: ask for fewer fields, or smaller pages`;
  return new GraphQLError(message, { extensions: { code: 'COST_LIMIT', limit: GRAPHQL_COST_MAX, got: cost, cost } });
};

/** A result that says what its operation cost. */
export const withCost = (result: ExecutionResult, cost: number | null): ExecutionResult =>
  cost === null ? result : { ...result, extensions: { ...result.extensions, cost } };
