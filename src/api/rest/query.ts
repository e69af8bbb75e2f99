import { InvalidInput } from '../../model/errors.ts';
import { checkTexts } from '../../model/filter-values.ts';

/** A whole number of the query. @throws InvalidInput naming the parameter and the limit */
export const wholeNumber = (
  query: URLSearchParams,
  name: string,
  range: { readonly from: number; readonly to: number; readonly absent: number },
): number => {
  const text = query.get(name);
  if (text === null) return range.absent;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= range.from && value <= range.to)) {
    throw new InvalidInput(name, `${name} must be a whole number from ${range.from} to ${range.to}`);
  }
  return value;
};

/** A list of the query: `name=a,b`, `name` repeated, or `name[]`. Null when it is absent. @throws InvalidInput */
export const textList = (query: URLSearchParams, name: string): readonly string[] | null => {
  const given = [...query.getAll(name), ...query.getAll(`${name}[]`)];
  const values = given.flatMap((text) => text.split(',')).filter((value) => value !== '');
  return values.length === 0 ? null : checkTexts(values, name);
};

/** One of some words; null when it is absent. @throws InvalidInput naming them */
export const oneOf = <Word extends string>(
  query: URLSearchParams,
  name: string,
  words: readonly Word[],
): Word | null => {
  const text = query.get(name);
  if (text === null || text === '') return null;
  const word = words.find((known) => known === text);
  if (word === undefined) throw new InvalidInput(name, `${name} must be ${words.join(' or ')}`);
  return word;
};
