import { defaultFieldResolver, type GraphQLField, isLeafType, isNonNullType } from 'graphql';

/**
 * Most fields are a text, a number or null that is a property of their object. Such a one is read without anything made for
 * it: no path, no info, no arguments. Whatever is not so, or fails, is undefined here, and goes the whole way.
 * @returns null for a field that has a resolver or arguments of its own, or is no leaf
 */
export const plainReader = ({
  name,
  type,
  args,
  resolve = defaultFieldResolver,
}: GraphQLField<unknown, unknown>): ((source: unknown) => unknown) | null => {
  const isNonNull = isNonNullType(type);
  const leaf = isNonNull ? type.ofType : type;
  if (resolve !== defaultFieldResolver || args.length > 0 || !isLeafType(leaf)) return null;
  return (source) => {
    if (typeof source !== 'object' || source === null) return undefined;
    const value: unknown = (source as Readonly<Record<string, unknown>>)[name];
    if (value === null) return isNonNull ? undefined : null;
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
    try {
      return leaf.coerceOutputValue(value) ?? undefined;
    } catch {
      return undefined;
    }
  };
};
