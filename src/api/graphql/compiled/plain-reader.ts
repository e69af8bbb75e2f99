import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLLeafType,
  isEnumType,
  isLeafType,
  isNonNullType,
} from 'graphql';
import { isOfSourceAlone } from './of-source-alone.ts';

/** Something of an object. */
type Read = (source: object) => unknown;

/**
 * Most fields are a text, a number or null that is a property of their object, or made of some. Such a one is read without
 * anything made for it: no path, no info, no arguments. Whatever is not so, or fails, is undefined here, and goes the whole way.
 * @returns null for a field that has arguments or another resolver of its own, or is no leaf
 */
export const plainReader = (field: GraphQLField<unknown, unknown>): ((source: unknown) => unknown) | null => {
  const { type, args } = field;
  const isNonNull = isNonNullType(type);
  const leaf = isNonNull ? type.ofType : type;
  const read = readerOf(field);
  if (read === null || args.length > 0 || !isLeafType(leaf)) return null;
  const coerce = coercerOf(leaf);
  return (source) => {
    if (typeof source !== 'object' || source === null) return undefined;
    try {
      const value = read(source);
      if (value === null) return isNonNull ? undefined : null;
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? (coerce(value) ?? undefined)
        : undefined;
    } catch {
      return undefined;
    }
  };
};

const readerOf = ({ name, resolve = defaultFieldResolver }: GraphQLField<unknown, unknown>): Read | null => {
  if (resolve === defaultFieldResolver) return (source) => (source as Readonly<Record<string, unknown>>)[name];
  return isOfSourceAlone(resolve as Read) ? (resolve as Read) : null;
};

/** What an answer calls each value of the type; undefined or an error for what is none. */
const coercerOf = (leaf: GraphQLLeafType): ((value: unknown) => unknown) => {
  if (!isEnumType(leaf)) return (value) => leaf.coerceOutputValue(value);
  const names = new Map(leaf.getValues().map(({ value, name }) => [value as unknown, name]));
  return (value) => names.get(value);
};
