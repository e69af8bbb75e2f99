import { InvalidInput } from './errors.ts';
import { CURSOR_LENGTH_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX } from './limits.ts';

/** A place in an order: the order's name, and the values of its key at an item. Where the item went, the place stays. */
export type Keyset = { readonly order: string; readonly key: readonly number[] };

/**
 * Which part of a list is wanted. `limit` items after `after`, or with `backward` the last `limit` items before `before`.
 * Both bounds may be given.
 */
export type PageRequest = {
  readonly limit: number;
  readonly backward: boolean;
  readonly after: Keyset | null;
  readonly before: Keyset | null;
};

/** Items in the list's own order, whichever way they were asked for. */
export type Page<Item> = {
  readonly items: readonly Item[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /**
   * Set when reading stopped before the page was full, having looked at as much as a page may: the last place that it looked
   * at in its direction. The list goes on from there, and the page may have no items.
   */
  readonly stoppedAt: Keyset | null;
};

/** The whole list from its beginning. */
export const firstPage = (limit: number): PageRequest => ({ limit, backward: false, after: null, before: null });

/** Opaque text of a keyset, safe in URLs. */
export const writeCursor = (keyset: Keyset): string =>
  btoa(`${keyset.order}:${keyset.key.join(',')}`)
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

const cursorPattern = /^([a-z-]{1,32}):(-?\d{1,16}(?:,-?\d{1,16}){0,2})$/;

/**
 * @param order the order that the list has: a cursor of another one is refused
 * @param keyLength how many numbers a key of this order has
 * @throws InvalidInput naming `argument`
 */
export const readCursor = (text: string, argument: string, order: string, keyLength: number): Keyset => {
  const malformed = (): InvalidInput => new InvalidInput(argument, `${argument} is not a cursor of this list`);
  if (text.length > CURSOR_LENGTH_MAX) throw malformed();
  let plain: string;
  try {
    plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    throw malformed();
  }
  const match = cursorPattern.exec(plain);
  const key = (match?.[2] ?? '').split(',').map(Number);
  if (match === null || !key.every(Number.isSafeInteger)) throw malformed();
  if (match[1] !== order) {
    throw new InvalidInput(
      argument,
      `${argument} is a cursor of the order ${match[1]}, and this list has the order ${order}`,
    );
  }
  if (key.length !== keyLength) throw malformed();
  const keyset = { order, key };
  if (writeCursor(keyset) !== text) throw malformed();
  return keyset;
};

export type PageArguments = {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
};

const checkCount = (count: number, argument: string, limit: number): number => {
  if (count < 1 || count > limit) {
    throw new InvalidInput(argument, `${argument} must be from 1 to ${limit}, got ${count}`);
  }
  return count;
};

/**
 * Relay's four arguments as a request. `after` and `before` may be given together; `first` and `last` may not.
 * @throws InvalidInput naming the argument and the limit
 */
export const readPageArguments = (
  given: PageArguments,
  order: string,
  keyLength: number,
  limit: number = PAGE_ITEMS_MAX,
): PageRequest => {
  const first = given.first ?? null;
  const last = given.last ?? null;
  if (first !== null && last !== null) {
    throw new InvalidInput('last', `first and last cannot be given together: ask for 1 to ${limit} items one way`);
  }
  const count =
    first !== null
      ? checkCount(first, 'first', limit)
      : last !== null
        ? checkCount(last, 'last', limit)
        : Math.min(PAGE_ITEMS_DEFAULT, limit);
  return {
    limit: count,
    backward: last !== null,
    after: given.after == null ? null : readCursor(given.after, 'after', order, keyLength),
    before: given.before == null ? null : readCursor(given.before, 'before', order, keyLength),
  };
};
