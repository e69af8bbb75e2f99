import type { FieldNode, GraphQLField, GraphQLFieldResolver, GraphQLObjectType, ValidatedExecutionArgs } from 'graphql';
import type { Execution, Path } from './execution.ts';
import type { FieldInfo } from './field-info.ts';
import type { PlainReader } from './plain-reader.ts';

/**
 * Makes of what a resolver gave what the answer holds, or a promise of it.
 * @throws what is wrong with it, for the field or list item that it stands in
 */
export type Complete = (run: Execution, value: unknown, path: Path, info: FieldInfo) => unknown;

/** One field of an operation at one type, whatever the values of its variables are. */
export type FieldPlan = {
  /** Its name in the answer. */
  readonly key: string;
  /** All the places in the document that ask for it. */
  readonly nodes: readonly FieldNode[];
  readonly parentType: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly resolve: GraphQLFieldResolver<unknown, unknown>;
  /** @throws when a variable does not fit */
  readonly argumentsOf: (args: ValidatedExecutionArgs) => Record<string, unknown>;
  readonly complete: Complete;
  /** The answer itself where it is as plain as most are; undefined where it takes more: see plainReader. */
  readonly readPlain: PlainReader | null;
};

/** What is asked of an object of one type, in the order of its answer. */
export type SelectionPlan = readonly FieldPlan[];
