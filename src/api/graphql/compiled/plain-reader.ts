import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  isEnumType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { isPromiseLike } from './later.ts';
import { isOfSourceAlone } from './of-source-alone.ts';
import type { SelectionPlan } from './plan.ts';

/** What a field answers of its object; undefined where that takes more. */
export type PlainReader = (source: unknown) => unknown;

/** Something of an object. */
type Read = (source: object) => unknown;

/**
 * Most fields are a text, a number or null that is a property of their object, or made of some. Such a one is read without
 * anything made for it: no path, no info, no arguments. Whatever is not so, or fails, is undefined here, and goes the whole way.
 * @returns null for a field that has arguments or another resolver of its own, or is no leaf
 */
export const plainReader = (field: GraphQLField<unknown, unknown>): PlainReader | null => {
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

/**
 * The same for an object of which nothing but such fields is asked, such as the user of a session.
 * @param fieldsOf what is asked of objects of this type @throws what that throws
 */
export const plainObjectReader = (
  field: GraphQLField<unknown, unknown>,
  fieldsOf: (type: GraphQLObjectType) => SelectionPlan,
): PlainReader | null => {
  const { type: given, args } = field;
  const isNonNull = isNonNullType(given);
  const type = isNonNull ? given.ofType : given;
  const read = readerOf(field);
  if (read === null || args.length > 0 || !isObjectType(type) || type.isTypeOf != null) return null;
  const fields = fieldsOf(type).flatMap(({ key, readPlain }) => (readPlain === null ? null : { key, readPlain }));
  if (!fields.every((each) => each !== null)) return null;
  return (source) => {
    if (typeof source !== 'object' || source === null) return undefined;
    try {
      const value = read(source);
      if (value === null) return isNonNull ? undefined : null;
      return typeof value !== 'object' || value instanceof Error || isPromiseLike(value)
        ? undefined
        : readFields(fields, value);
    } catch {
      return undefined;
    }
  };
};

const readFields = (
  fields: readonly { readonly key: string; readonly readPlain: PlainReader }[],
  source: object,
): Record<string, unknown> | undefined => {
  const result: Record<string, unknown> = {};
  for (const { key, readPlain } of fields) {
    const value = readPlain(source);
    if (value === undefined) return undefined;
    result[key] = value;
  }
  return result;
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
