import { type FieldNode, GraphQLError, type GraphQLOutputType, locatedError, responsePathAsArray } from 'graphql';
import type { Execution, Path } from './execution.ts';
import type { FieldInfo } from './field-info.ts';
import { ignoreRejections, isPromiseLike } from './later.ts';
import type { Complete } from './plan.ts';

/** What it takes to complete the items of one list. */
type Items = {
  readonly type: GraphQLOutputType;
  readonly complete: Complete;
  readonly nodes: readonly FieldNode[];
};

/** Completes lists whose items are of this type. */
export const completeList = (type: GraphQLOutputType, complete: Complete, nodes: readonly FieldNode[]): Complete => {
  const items: Items = { type, complete, nodes };
  return (run, value, path, info) => {
    if (isAsyncIterable(value)) return completeAsync(items, run, value, path, info);
    if (typeof value === 'object' && value !== null && Symbol.iterator in value) {
      return completeSync(items, run, value as Iterable<unknown>, path, info);
    }
    throw new GraphQLError(`Expected Iterable, but did not find one for field "${info.parentType}.${info.fieldName}".`);
  };
};

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

const completeSync = (
  items: Items,
  run: Execution,
  values: Iterable<unknown>,
  list: Path,
  info: FieldInfo,
): unknown => {
  const completed: unknown[] = [];
  let hasPromise = false;
  const iterator = values[Symbol.iterator]();
  try {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
      const item = completeItem(
        items,
        run,
        next.value,
        { prev: list, key: completed.length, typename: undefined },
        info,
      );
      hasPromise ||= item instanceof Promise;
      completed.push(item);
    }
  } catch (error) {
    ignoreRejections(completed);
    ignoreRejections({ [Symbol.iterator]: () => iterator });
    throw error;
  }
  return hasPromise ? Promise.all(completed) : completed;
};

const completeItem = (items: Items, run: Execution, value: unknown, path: Path, info: FieldInfo): unknown => {
  const { type, nodes, complete } = items;
  if (isPromiseLike(value)) return completeItemLater(items, run, value, path, info);
  try {
    const item = complete(run, value, path, info);
    return item instanceof Promise ? item.catch((raw: unknown) => run.failed(raw, type, nodes, path)) : item;
  } catch (raw) {
    return run.failed(raw, type, nodes, path);
  }
};

const completeItemLater = async (
  { type, nodes, complete }: Items,
  run: Execution,
  value: PromiseLike<unknown>,
  path: Path,
  info: FieldInfo,
): Promise<unknown> => {
  try {
    const resolved = await value;
    run.mustGoOn();
    const completed = complete(run, resolved, path, info);
    return completed instanceof Promise ? await completed : completed;
  } catch (raw) {
    return run.failed(raw, type, nodes, path);
  }
};

const completeAsync = async (
  items: Items,
  run: Execution,
  values: AsyncIterable<unknown>,
  list: Path,
  info: FieldInfo,
): Promise<unknown> => {
  const completed: unknown[] = [];
  const iterator = values[Symbol.asyncIterator]();
  const place = (): Path => ({ prev: list, key: completed.length, typename: undefined });
  const next = async (): Promise<IteratorResult<unknown>> => {
    try {
      return await iterator.next();
    } catch (raw) {
      throw locatedError(raw, items.nodes, responsePathAsArray(place()));
    }
  };
  try {
    for (let told = await next(); told.done !== true; told = await next()) {
      run.mustGoOn();
      completed.push(completeItem(items, run, told.value, place(), info));
    }
    run.mustGoOn();
  } catch (error) {
    ignoreRejections([...completed, iterator.return?.()]);
    throw error;
  }
  return Promise.all(completed);
};
