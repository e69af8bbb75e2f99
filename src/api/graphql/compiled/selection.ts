import {
  type FieldNode,
  defaultFieldResolver,
  getArgumentValues,
  type GraphQLObjectType,
  Kind,
  type ValidatedExecutionArgs,
  visit,
  BREAK,
} from 'graphql';
import { collectFields } from './collect-fields.ts';
import { type CompleteFields, completerOf } from './complete.ts';
import type { Execution, Path } from './execution.ts';
import { FieldInfo } from './field-info.ts';
import { ignoreRejections, isPromiseLike, settled } from './later.ts';
import { plainObjectReader, plainReader } from './plain-reader.ts';
import type { FieldPlan, SelectionPlan } from './plan.ts';

/** Plans what these nodes ask of an object of this type. Keeps nothing of the arguments but what the document says. */
export const planSelection = (
  args: ValidatedExecutionArgs,
  type: GraphQLObjectType,
  nodes: readonly { readonly selectionSet?: FieldNode['selectionSet'] }[],
): SelectionPlan => {
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  const fields = [...collectFields(args, type, sets)];
  return fields.flatMap(([key, those]) => planField(args, type, key, those) ?? []);
};

const planField = (
  args: ValidatedExecutionArgs,
  parentType: GraphQLObjectType,
  key: string,
  nodes: readonly FieldNode[],
): FieldPlan | null => {
  const [node] = nodes;
  const definition = node === undefined ? undefined : args.schema.getField(parentType, node.name.value);
  if (node === undefined || definition === undefined) return null;
  return {
    key: asPropertyName(key),
    nodes,
    parentType,
    definition,
    resolve: definition.resolve ?? defaultFieldResolver,
    argumentsOf: planArguments(definition, node),
    complete: completerOf(definition.type, nodes, planObjects(nodes)),
    readPlain: plainReader(definition) ?? planPlainObject(args, definition, nodes),
  };
};

const planPlainObject = (
  args: ValidatedExecutionArgs,
  definition: FieldPlan['definition'],
  nodes: readonly FieldNode[],
): FieldPlan['readPlain'] => {
  try {
    return plainObjectReader(definition, (type) => planSelection(args, type, nodes));
  } catch {
    // A wrong @skip or @include is told where the object is completed.
    return null;
  }
};

/** NOTE a name as it stands in the document is looked up in the engine's table of names each time a property is set by it. */
const asPropertyName = (key: string): string => Object.keys({ [key]: null })[0] ?? key;

/** What stands in the document is read once; what variables say, each time. */
const planArguments = (definition: FieldPlan['definition'], node: FieldNode): FieldPlan['argumentsOf'] => {
  const read: FieldPlan['argumentsOf'] = ({ variableValues, hideSuggestions }) =>
    getArgumentValues(definition, node, variableValues, undefined, hideSuggestions);
  if (hasVariable(node)) return read;
  let known: Record<string, unknown> | null = null;
  return (args) => {
    known ??= Object.freeze(read(args));
    return known;
  };
};

const hasVariable = (node: FieldNode): boolean => {
  let found = false;
  for (const argument of node.arguments ?? []) {
    visit(argument, {
      [Kind.VARIABLE]: () => {
        found = true;
        return BREAK;
      },
    });
  }
  return found;
};

/** What is asked of objects is planned when the first one of a type comes: most types of a union never do. */
const planObjects = (nodes: readonly FieldNode[]): CompleteFields => {
  const plans = new Map<GraphQLObjectType, SelectionPlan>();
  return (run, type, value, path) => {
    let plan = plans.get(type);
    if (plan === undefined) {
      plan = planSelection(run.args, type, nodes);
      plans.set(type, plan);
    }
    return executeSelection(run, plan, value, path);
  };
};

/** The object of the answer, or a promise of it. @throws when a field fails that must not be null */
export const executeSelection = (
  run: Execution,
  fields: SelectionPlan,
  source: unknown,
  path: Path | undefined,
): unknown => {
  // NOTE an object without a prototype takes three times as long to become JSON.
  const result: Record<string, unknown> = {};
  let hasPromise = false;
  try {
    for (const field of fields) {
      const plain = field.readPlain?.(source);
      const completed = plain === undefined ? executeField(run, field, source, path) : plain;
      hasPromise ||= completed instanceof Promise;
      result[field.key] = completed;
    }
  } catch (error) {
    if (hasPromise) ignoreRejections(Object.values(result));
    throw error;
  }
  return hasPromise ? settled(result) : result;
};

const executeField = (run: Execution, field: FieldPlan, source: unknown, prev: Path | undefined): unknown => {
  const { nodes, definition } = field;
  const path: Path = { prev, key: field.key, typename: field.parentType.name };
  try {
    const info = new FieldInfo(run, field, path);
    const value = field.resolve(source, field.argumentsOf(run.args), run.args.contextValue, info);
    if (isPromiseLike(value)) return completeLater(run, field, value, path, info);
    const completed = field.complete(run, value, path, info);
    if (!(completed instanceof Promise)) return completed;
    return completed.catch((raw: unknown) => run.failed(raw, definition.type, nodes, path));
  } catch (raw) {
    return run.failed(raw, definition.type, nodes, path);
  }
};

const completeLater = async (
  run: Execution,
  field: FieldPlan,
  value: PromiseLike<unknown>,
  path: Path,
  info: FieldInfo,
): Promise<unknown> => {
  try {
    const resolved = await value;
    run.mustGoOn();
    const completed = field.complete(run, resolved, path, info);
    return completed instanceof Promise ? await completed : completed;
  } catch (raw) {
    return run.failed(raw, field.definition.type, field.nodes, path);
  }
};
