import { complexityFromQuery } from '@pothos/plugin-complexity';
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type TypeNode,
} from 'graphql';
import { GRAPHQL_COST_MAX } from '../../model/limits.ts';

/** Ways to fill in an operation's variables, of which the costs are kept. */
const COSTS_KEPT = 32;
const KEY_LENGTH_MAX = 500;

/** What an operation that was parsed once was found to cost. */
type KnownCosts = {
  /** Variables that it may depend on: no cost is that of a text. */
  readonly variables: readonly string[];
  readonly costs: Map<string, number>;
};

const known = new WeakMap<OperationDefinitionNode, KnownCosts>();
const texts: ReadonlySet<string> = new Set(['String', 'ID', 'UUID', 'DateTime', 'Revision']);

const isOfText = (type: TypeNode): boolean =>
  type.kind === Kind.NAMED_TYPE ? texts.has(type.name.value) : type.kind === Kind.NON_NULL_TYPE && isOfText(type.type);

const knownCosts = (operation: OperationDefinitionNode): KnownCosts => {
  const before = known.get(operation);
  if (before !== undefined) return before;
  const variables = (operation.variableDefinitions ?? []).filter(({ type }) => !isOfText(type));
  const costs = { variables: variables.map(({ variable }) => variable.name.value), costs: new Map() };
  known.set(operation, costs);
  return costs;
};

/** The plugin takes the first operation of a document: it is handed one that has no other. */
const documentOf = (operation: OperationDefinitionNode, document: DocumentNode): DocumentNode => ({
  ...document,
  definitions: [operation, ...document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)],
});

/** NOTE a variable that is absent has its default, and one that is null has none. */
const keyOf = (names: readonly string[], values: Readonly<Record<string, unknown>>): string =>
  names.length === 0 ? '' : JSON.stringify(names.map((name) => (values[name] === undefined ? '' : values[name])));

/**
 * What an operation may cost: see the builder for what fields and lists count. Null when the operation cannot be chosen or
 * its variables are wrong, which its execution says.
 */
export const costOf = ({ schema, document, operationName, variableValues }: ExecutionArgs): number | null => {
  const operation = getOperationAST(document, operationName);
  if (operation == null) return null;
  const { variables, costs } = knownCosts(operation);
  const key = keyOf(variables, variableValues ?? {});
  const cost = costs.get(key);
  if (cost !== undefined) return cost;
  try {
    const options = { schema, variables: { ...variableValues } };
    const { complexity } = complexityFromQuery(documentOf(operation, document), options);
    if (costs.size < COSTS_KEPT && key.length <= KEY_LENGTH_MAX) costs.set(key, complexity);
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

/** A result that says what its operation cost. Of what could not run, whether its cost was known says nothing. */
export const withCost = (result: ExecutionResult, cost: number | null): ExecutionResult =>
  cost === null || !('data' in result) ? result : { ...result, extensions: { ...result.extensions, cost } };
