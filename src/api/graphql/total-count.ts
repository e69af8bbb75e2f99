import { InvalidInput } from '../../model/errors.ts';
import { COUNT_DEFAULT, COUNT_MAX, NAME_LENGTH_MAX } from '../../model/limits.ts';
import { builder } from './builder.ts';

/** The argument of every totalCount. Made anew for each field, as the builder wants it. */
export const upToArgument = () =>
  builder.args((t) => ({
    upTo: t.int({ defaultValue: COUNT_DEFAULT, description: `Where counting stops: 1 to ${COUNT_MAX}.` }),
  }));

/** @throws InvalidInput when upTo is not from 1 to COUNT_MAX */
export const readUpTo = (upTo: number | null | undefined): number => {
  const limit = upTo ?? COUNT_DEFAULT;
  if (limit < 1 || limit > COUNT_MAX) {
    throw new InvalidInput('upTo', `upTo must be from 1 to ${COUNT_MAX}, got ${limit}`);
  }
  return limit;
};

/** What a list's names must contain; null: any name will do. @throws InvalidInput beyond NAME_LENGTH_MAX */
export const readNameContains = (given: string | null | undefined): string | null => {
  if (given == null || given === '') return null;
  if (given.length > NAME_LENGTH_MAX) {
    const message = `nameContains must have at most ${NAME_LENGTH_MAX} characters, got ${given.length}`;
    throw new InvalidInput('nameContains', message);
  }
  return given;
};

/** What a count costs: it is made on another core, and one of each item of a page must still go. */
export const COUNT_COST = 5;
