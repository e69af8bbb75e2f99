import { InvalidInput } from '../../model/errors.ts';

/** JSON that must be an object; null when it is absent. @throws InvalidInput naming the field */
export const readJsonObject = (value: unknown, field: string): Readonly<Record<string, unknown>> | null => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'object' && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  throw new InvalidInput(field, `${field} must be a JSON object`);
};
