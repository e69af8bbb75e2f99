import { InvalidInput } from '../model/errors.ts';
import { EVENT_DEPTH_MAX, RECORDING_MS_MAX } from '../model/limits.ts';
import type { RecordedEvent } from '../model/recorded-event.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { isUtf8 } from './utf8-carry.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Where in the payload text stands for bytes, by code. */
const bytesAt: Readonly<Record<string, number>> = { o: 0, i: 0, body: 4 };
/** Of whose payload bytes may stand deep inside: a statement's parameters. */
const DEEP_CODE = 'sql';

/**
 * The event as JSON has it: `[timeSeconds, code, ...payload]`. Bytes that are UTF-8 are their text, others
 * `{"base64": "…"}`; integers that JSON numbers cannot hold are their digits.
 */
export const tupleOf = (event: RecordedEvent): readonly unknown[] => [
  event.timeMs / 1000,
  event.code,
  ...event.payload.map(jsonOf),
];

/** A payload's value as JSON has it. */
export const jsonOf = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (value instanceof Uint8Array) return textOrBase64(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map(jsonOf);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonOf(item)]));
};

const textOrBase64 = (bytes: Uint8Array): unknown =>
  isUtf8(bytes, 0, bytes.length) ? decoder.decode(bytes) : { base64: encodeBase64(bytes) };

/**
 * The event that a tuple `[timeSeconds, code, ...payload]` is: times are rounded to the millisecond, and `{"base64": …}`
 * is bytes where it is an element, or anywhere in the parameters of a statement. What a payload must be is for checkPayload
 * to say.
 * @param field what errors call the tuple, such as `events[3]`
 * @throws InvalidInput naming the field
 */
export const eventOfTuple = (tuple: unknown, field: string): RecordedEvent => {
  if (!Array.isArray(tuple) || tuple.length < 2) {
    throw new InvalidInput(field, `${field} must be a tuple [time, code, ...payload]`);
  }
  const [time, code, ...payload] = tuple as unknown[];
  if (typeof time !== 'number' || !(time >= 0 && time * 1000 <= RECORDING_MS_MAX)) {
    const most = RECORDING_MS_MAX / 1000;
    throw new InvalidInput(`${field}[0]`, `${field}[0] must be seconds from the recording's start, from 0 to ${most}`);
  }
  if (typeof code !== 'string') throw new InvalidInput(`${field}[1]`, `${field}[1] must be the code, a text`);
  const textAt = Object.hasOwn(bytesAt, code) ? bytesAt[code] : undefined;
  return {
    timeMs: Math.round(time * 1000),
    code,
    payload: payload.map((value, at) => {
      const name = `${field}[${at + 2}]`;
      if (at === textAt) return bytesFrom(value, name);
      return code === DEEP_CODE ? deepValueFrom(value, name) : valueFrom(value, name);
    }),
  };
};

const bytesFrom = (value: unknown, field: string): Uint8Array => {
  if (typeof value === 'string') return encoder.encode(value);
  const bytes = base64From(value, field);
  if (bytes === null) throw new InvalidInput(field, `${field} must be a text or {"base64": …}`);
  return bytes;
};

const valueFrom = (value: unknown, field: string): unknown => base64From(value, field) ?? value;

const deepValueFrom = (value: unknown, field: string, depth = 1): unknown => {
  // What is nested deeper is refused when it is to be stored.
  if (typeof value !== 'object' || value === null || depth > EVENT_DEPTH_MAX) return value;
  if (Array.isArray(value)) return value.map((item) => deepValueFrom(item, field, depth + 1));
  const bytes = base64From(value, field);
  if (bytes !== null) return bytes;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, deepValueFrom(item, field, depth + 1)]));
};

/** The bytes of `{"base64": …}`; null for anything else. */
const base64From = (value: unknown, field: string): Uint8Array | null => {
  if (typeof value !== 'object' || value === null) return null;
  const [only, another] = Object.entries(value);
  if (only?.[0] !== 'base64' || another !== undefined || typeof only[1] !== 'string') return null;
  const bytes = decodeBase64(only[1]);
  if (bytes === null) throw new InvalidInput(`${field}.base64`, `${field}.base64 is no base64`);
  return bytes;
};
