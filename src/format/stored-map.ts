import { InvalidInput } from '../model/errors.ts';

/**
 * Reads the maps of file headers and seals, which may come from anywhere: each field by name and type. What is not what it
 * must be throws InvalidInput with the field's path.
 */
export class StoredMap {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array) {
      throw new InvalidInput(path, `${path} is not a map`);
    }
    this.#fields = value as Readonly<Record<string, unknown>>;
    this.#path = path;
  }

  text(name: string): string {
    const value = this.#fields[name];
    return typeof value === 'string' ? value : this.#refuse(name, 'a text');
  }

  textOrNull(name: string): string | null {
    return this.#isNull(name) ? null : this.text(name);
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word {
    const value = this.text(name);
    return words.find((word) => word === value) ?? this.#refuse(name, `one of ${words.join(', ')}`);
  }

  /** From 0 to 2^53 − 1. */
  wholeNumber(name: string): number {
    const value = this.#fields[name];
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
      ? value
      : this.#refuse(name, 'a whole number');
  }

  wholeNumberOrNull(name: string): number | null {
    return this.#isNull(name) ? null : this.wholeNumber(name);
  }

  numberOrNull(name: string): number | null {
    if (this.#isNull(name)) return null;
    const value = this.#fields[name];
    return typeof value === 'number' && Number.isFinite(value) ? value : this.#refuse(name, 'a number');
  }

  truth(name: string): boolean {
    const value = this.#fields[name];
    return typeof value === 'boolean' ? value : this.#refuse(name, 'true or false');
  }

  /** RFC 3339 in UTC with milliseconds. @returns milliseconds since the epoch */
  time(name: string): number {
    const text = this.text(name);
    const timeMs = Date.parse(text);
    return Number.isFinite(timeMs) && writeTime(timeMs) === text
      ? timeMs
      : this.#refuse(name, 'a time such as 2026-01-01T00:00:00.000Z');
  }

  timeOrNull(name: string): number | null {
    return this.#isNull(name) ? null : this.time(name);
  }

  bytes(name: string, length: number): Uint8Array {
    const value = this.#fields[name];
    return value instanceof Uint8Array && value.length === length ? value : this.#refuse(name, `${length} bytes`);
  }

  map(name: string): StoredMap {
    return new StoredMap(this.#fields[name], `${this.#path}.${name}`);
  }

  mapOrNull(name: string): StoredMap | null {
    return this.#isNull(name) ? null : this.map(name);
  }

  /** All fields, as they are. */
  get fields(): Readonly<Record<string, unknown>> {
    return this.#fields;
  }

  #isNull(name: string): boolean {
    return (this.#fields[name] ?? null) === null;
  }

  #refuse(name: string, wanted: string): never {
    throw new InvalidInput(`${this.#path}.${name}`, `${this.#path}.${name} is not ${wanted}`);
  }
}

/** How files write a time: RFC 3339 in UTC with milliseconds. @param timeMs milliseconds since the epoch */
export const writeTime = (timeMs: number): string => new Date(timeMs).toISOString();

/** As writeTime; null stays null. */
export const writeTimeOrNull = (timeMs: number | null): string | null => (timeMs === null ? null : writeTime(timeMs));
