import { InvalidInput } from '../model/errors.ts';
import { EVENT_DEPTH_MAX } from '../model/limits.ts';

/**
 * The value as it can be stored: lone surrogates in texts become U+FFFD, undefined becomes null.
 * @throws InvalidInput naming the field for what neither JSON nor bytes have (bigint, Date, functions, …), for the key
 *   `__proto__`, and for more than EVENT_DEPTH_MAX levels
 */
export const storable = (value: unknown, field: string, depth = 1): unknown => {
  if (typeof value === 'string') return value.toWellFormed();
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean' || value instanceof Uint8Array) return value;
  if (depth >= EVENT_DEPTH_MAX) {
    throw new InvalidInput(field, `${field} is nested more than ${EVENT_DEPTH_MAX} deep`);
  }
  if (Array.isArray(value)) return value.map((item) => storable(item, field, depth + 1));
  return storableMap(value, field, depth);
};

const storableMap = (value: unknown, field: string, depth: number): unknown => {
  const prototype: unknown = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null) {
    throw new InvalidInput(field, `${field} holds a ${typeof value} that cannot be stored`);
  }
  const entries = Object.entries(value as object).map(([key, item]): [string, unknown] => {
    if (key === '__proto__') throw new InvalidInput(field, `${field} holds a map with the key __proto__`);
    return [key.toWellFormed(), storable(item, field, depth + 1)];
  });
  return Object.fromEntries(entries);
};
