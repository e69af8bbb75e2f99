/** The object without what is null, undefined, or an object with nothing in it: foreign schemas leave out what is not known. */
export const present = (object: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => isPresent(value)));

const isPresent = (value: unknown): boolean =>
  value !== null &&
  value !== undefined &&
  (typeof value !== 'object' || Array.isArray(value) || Object.keys(value).length > 0);
