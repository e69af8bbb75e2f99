/** A JSON object of somebody else's, whose fields may be anything. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What stands under the name; undefined where nothing does. Never what every object has by itself. */
const fieldAt = (object: JsonObject, name: string): unknown => (Object.hasOwn(object, name) ? object[name] : undefined);

/** The text; null where there is none, or an empty one. */
export const textAt = (object: JsonObject, name: string): string | null => {
  const value = fieldAt(object, name);
  return typeof value === 'string' && value !== '' ? value : null;
};

/** The number, also when it is written as a text; null where there is none. */
export const numberAt = (object: JsonObject, name: string): number | null => {
  const value = fieldAt(object, name);
  const number = typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
};

/** The object; an empty one where there is none. */
export const objectAt = (object: JsonObject, name: string): JsonObject => {
  const value = fieldAt(object, name);
  return isJsonObject(value) ? value : {};
};

/** The texts of a list; others in it are left out. */
export const textsAt = (object: JsonObject, name: string): readonly string[] => {
  const value = fieldAt(object, name);
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
};

/** The list; an empty one where there is none. */
export const listAt = (object: JsonObject, name: string): readonly unknown[] => {
  const value = fieldAt(object, name);
  return Array.isArray(value) ? value : [];
};
