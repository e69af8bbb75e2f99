import { storable } from '../storable.ts';

/** A JSON object that may be anything. */
export type JsonMap = Readonly<Record<string, unknown>>;

/** An object; an empty one for what is none. */
export const mapOf = (value: unknown): JsonMap => mapOrNull(value) ?? {};

export const mapOrNull = (value: unknown): JsonMap | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
    ? (value as JsonMap)
    : null;

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** HAR writes −1 for what it does not know. */
export const countOrNull = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;

/** HAR writes −1 for what does not apply. */
export const millisecondsOrNull = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;

/** The map without these names. */
export const without = (map: JsonMap, names: readonly string[]): JsonMap =>
  Object.fromEntries(Object.entries(map).filter(([name]) => !names.includes(name)));

/** Names of fields that are told as left out. */
const NAMES_TOLD_MAX = 20;
const NAME_LENGTH_MAX = 100;

/**
 * Those fields of the map, in order, that can be stored and have at most `lengthMax` characters as JSON, all together. The
 * names of the others stand in `_leftOut`.
 */
export const fitting = (map: JsonMap, lengthMax: number): JsonMap => {
  const whole = storableOrUndefined(map);
  if (whole !== undefined && JSON.stringify(whole).length <= lengthMax) return whole;
  const kept: [string, unknown][] = [];
  const leftOut: string[] = [];
  let left = lengthMax;
  for (const [name, value] of Object.entries(map)) {
    const stored = storableOrUndefined({ [name]: value });
    const length = stored === undefined ? Infinity : JSON.stringify(stored).length;
    if (length > left) leftOut.push(name.slice(0, NAME_LENGTH_MAX).toWellFormed());
    else {
      left -= length;
      kept.push(...Object.entries(stored ?? {}));
    }
  }
  return { ...Object.fromEntries(kept), _leftOut: leftOut.slice(0, NAMES_TOLD_MAX) };
};

const storableOrUndefined = (map: JsonMap): JsonMap | undefined => {
  try {
    return storable(map, 'har') as JsonMap;
  } catch {
    return undefined;
  }
};
