import type { ValueKind } from '../../model/event-shapes.ts';

type Check = { readonly wanted: string; readonly holds: (value: unknown) => boolean };

const isText = (value: unknown): boolean => typeof value === 'string';
const isWhole = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
const isMilliseconds = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value < Infinity;
/** Neither a list nor bytes. */
export const isMap = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
const isHeader = (value: unknown): boolean => Array.isArray(value) && value.length === 2 && value.every(isText);

const INT_MAX = 2 ** 31 - 1;

const checks: Readonly<Record<Exclude<ValueKind, `${string}?`>, Check>> = {
  text: { wanted: 'a text', holds: isText },
  status: {
    wanted: `a whole number from ${-INT_MAX - 1} to ${INT_MAX}`,
    holds: (value) => isWhole(value, -INT_MAX - 1, INT_MAX),
  },
  index: { wanted: `a whole number from 0 to ${INT_MAX}`, holds: (value) => isWhole(value, 0, INT_MAX) },
  count: {
    wanted: `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
    holds: (value) => isWhole(value, 0, Number.MAX_SAFE_INTEGER),
  },
  milliseconds: { wanted: 'milliseconds, a number of at least 0', holds: isMilliseconds },
  boolean: { wanted: 'true or false', holds: (value) => typeof value === 'boolean' },
  bytes: { wanted: 'bytes', holds: (value) => value instanceof Uint8Array },
  side: { wanted: 'req or res', holds: (value) => value === 'req' || value === 'res' },
  headers: {
    wanted: 'a list of [name, value], both texts',
    holds: (value) => Array.isArray(value) && value.every(isHeader),
  },
  timings: {
    wanted: 'a map of milliseconds, each a number of at least 0 or null',
    holds: (value) => isMap(value) && Object.values(value).every((each) => each === null || isMilliseconds(each)),
  },
  map: { wanted: 'a map', holds: isMap },
  any: { wanted: 'any value', holds: () => true },
};

/** What a value of this kind must be, where it is not; null where it is. */
export const wantedOf = (kind: ValueKind, value: unknown): string | null => {
  const isOptional = kind.endsWith('?');
  if (isOptional && (value ?? null) === null) return null;
  const { wanted, holds } = checks[(isOptional ? kind.slice(0, -1) : kind) as keyof typeof checks];
  if (holds(value)) return null;
  return isOptional ? `${wanted}, or null` : wanted;
};
