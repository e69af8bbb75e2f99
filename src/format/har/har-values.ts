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

/** Those fields of the map, in order, that can be stored and have at most `lengthMax` characters as JSON, all together. */
export const fitting = (map: JsonMap, lengthMax: number): JsonMap => {
  const whole = storableOrUndefined(map);
  if (whole !== undefined && JSON.stringify(whole).length <= lengthMax) return whole;
  const kept: [string, unknown][] = [];
  let left = lengthMax;
  for (const [name, value] of Object.entries(map)) {
    const stored = storableOrUndefined({ [name]: value });
    if (stored === undefined) continue;
    const length = JSON.stringify(stored).length;
    if (length > left) continue;
    left -= length;
    kept.push(...Object.entries(stored));
  }
  return Object.fromEntries(kept);
};

const storableOrUndefined = (map: JsonMap): JsonMap | undefined => {
  try {
    return storable(map, 'har') as JsonMap;
  } catch {
    return undefined;
  }
};
