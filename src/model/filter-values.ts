import { InvalidInput } from './errors.ts';
import { parseIpRange } from './ip-range.ts';
import { FILTER_VALUES_MAX, NAME_LENGTH_MAX } from './limits.ts';

/* What filters take, in whichever way they are given. All throw InvalidInput, which names the argument and the limit. */

/** At most FILTER_VALUES_MAX of them. */
export const checkValues = <Value>(values: readonly Value[], argument: string): readonly Value[] => {
  if (values.length > FILTER_VALUES_MAX) {
    throw new InvalidInput(argument, `${argument} must have at most ${FILTER_VALUES_MAX} values, got ${values.length}`);
  }
  return values;
};

/** The same, each of at most NAME_LENGTH_MAX characters. */
export const checkTexts = (values: readonly string[], argument: string): readonly string[] => {
  const long = checkValues(values, argument).find((text) => text.length > NAME_LENGTH_MAX);
  if (long !== undefined) {
    throw new InvalidInput(
      argument,
      `each of ${argument} must have at most ${NAME_LENGTH_MAX} characters, got ${long.length}`,
    );
  }
  return values;
};

/** Addresses and CIDR blocks, as they were given. */
export const checkIpRanges = (values: readonly string[], argument: string): readonly string[] => {
  for (const text of checkValues(values, argument)) parseIpRange(text, argument);
  return values;
};

export const checkCountryCodes = (values: readonly string[], argument: string): readonly string[] => {
  const wrong = checkValues(values, argument).find((code) => !/^[A-Za-z]{2}$/.test(code));
  if (wrong === undefined) return values;
  throw new InvalidInput(
    argument,
    `each of ${argument} must be a country code of two letters, such as DE, got ${wrong.slice(0, 20)}`,
  );
};

/** Seconds as milliseconds. */
export const durationMsOf = (seconds: number, argument: string): number => {
  const ms = Math.round(seconds * 1000);
  if (!(ms >= 0 && Number.isFinite(ms))) throw new InvalidInput(argument, `${argument} must be 0 or more seconds`);
  return ms;
};
