import {
  defaultTypeResolver,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLList,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type FieldNode,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { inspect } from 'node:util';
import { completeList } from './complete-list.ts';
import type { Execution, Path } from './execution.ts';
import type { FieldInfo } from './field-info.ts';
import { isPromiseLike } from './later.ts';
import type { Complete } from './plan.ts';

/** Resolves the fields of an object whose type is known. */
export type CompleteFields = (run: Execution, type: GraphQLObjectType, value: unknown, path: Path) => unknown;

const mustBeNoError = (value: unknown): void => {
  if (value instanceof Error) throw value;
};

/** How values of a type are completed for the field that these nodes ask for. */
export const completerOf = (type: GraphQLOutputType, nodes: readonly FieldNode[], fields: CompleteFields): Complete => {
  if (isNonNullType(type)) return nonNull(completerOf(type.ofType, nodes, fields));
  const complete = nullableCompleterOf(type, nodes, fields);
  return (run, value, path, info) => {
    if (typeof value === 'object') mustBeNoError(value);
    return value === null || value === undefined ? null : complete(run, value, path, info);
  };
};

const nullableCompleterOf = (
  type: Exclude<GraphQLOutputType, { readonly ofType: unknown }> | GraphQLList<GraphQLOutputType>,
  nodes: readonly FieldNode[],
  fields: CompleteFields,
): Complete => {
  if (isLeafType(type)) return leaf(type);
  if (isListType(type)) return completeList(type.ofType, completerOf(type.ofType, nodes, fields), nodes);
  const object = completeObject(nodes, fields);
  return isObjectType(type)
    ? (run, value, path, info) => object(run, type, value, path, info)
    : abstract(type, nodes, object);
};

const nonNull =
  (complete: Complete): Complete =>
  (run, value, path, info) => {
    const completed = complete(run, value, path, info);
    if (completed !== null) return completed;
    throw new Error(`Cannot return null for non-nullable field ${info.parentType}.${info.fieldName}.`);
  };

const leaf =
  (type: GraphQLLeafType): Complete =>
  (_run, value) => {
    const coerced: unknown = type.coerceOutputValue(value);
    if (coerced !== null && coerced !== undefined) return coerced;
    throw new Error(
      `Expected \`${type}.coerceOutputValue(${inspect(value)})\` to return non-nullable value, returned: ${inspect(coerced)}`,
    );
  };

type CompleteObject = (run: Execution, type: GraphQLObjectType, value: unknown, path: Path, info: FieldInfo) => unknown;

const completeObject = (nodes: readonly FieldNode[], fields: CompleteFields): CompleteObject => {
  const checked = (isOf: boolean, run: Execution, type: GraphQLObjectType, value: unknown, path: Path): unknown => {
    if (isOf) return fields(run, type, value, path);
    throw new GraphQLError(`Expected value of type "${type}" but got: ${inspect(value)}.`, { nodes });
  };
  return (run, type, value, path, info) => {
    const isOf = type.isTypeOf?.(value, run.args.contextValue, info) ?? true;
    if (!isPromiseLike(isOf)) return checked(isOf, run, type, value, path);
    return isOf.then((told) => {
      run.mustGoOn();
      return checked(told, run, type, value, path);
    });
  };
};

const abstract = (type: GraphQLAbstractType, nodes: readonly FieldNode[], object: CompleteObject): Complete => {
  const resolveType = type.resolveType ?? defaultTypeResolver;
  return (run, value, path, info) => {
    const name = resolveType(value, run.args.contextValue, info, type);
    if (!isPromiseLike(name)) return object(run, objectTypeOf(type, name, value, info, nodes), value, path, info);
    return name.then((told) => {
      run.mustGoOn();
      return object(run, objectTypeOf(type, told, value, info, nodes), value, path, info);
    });
  };
};

/** @throws when the name is not that of an object type that is of the abstract one */
const objectTypeOf = (
  type: GraphQLAbstractType,
  name: unknown,
  value: unknown,
  info: FieldInfo,
  nodes: readonly FieldNode[],
): GraphQLObjectType => {
  const { schema } = info;
  const found = typeof name === 'string' ? schema.getType(name) : undefined;
  if (isObjectType(found) && schema.isSubType(type, found)) return found;
  throw new GraphQLError(
    `Abstract type "${type}" must resolve to one of its Object types at runtime for field "${info.parentType}.${info.fieldName}" with value ${inspect(value)}, received "${inspect(name)}".`,
    { nodes },
  );
};
