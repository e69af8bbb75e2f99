import { type EventShape, eventShapes, isShapedCode, type ShapedPayload } from '../../model/event-shapes.ts';
import { isMap, wantedOf } from './value-kinds.ts';

/** What is wrong with a payload: where in it, such as `[1].url`, and what must be there. */
export type PayloadProblem = { readonly path: string; readonly wanted: string };

/** The first thing that is wrong with the payload; null when there is none, or the code has no shape. */
export const problemOf = (code: string, payload: readonly unknown[]): PayloadProblem | null =>
  isShapedCode(code) ? firstProblem(eventShapes[code], payload) : null;

const firstProblem = (shape: EventShape, payload: readonly unknown[]): PayloadProblem | null => {
  const elements = Object.entries(shape.elements);
  const length = elements.length + (shape.fields === null ? 0 : 1);
  if (payload.length !== length && !isCut(payload, length)) return { path: '', wanted: wordsOf(shape) };
  for (const [at, [name, kind]] of elements.entries()) {
    const wanted = wantedOf(kind, payload[at]);
    if (wanted !== null) return { path: `[${at}]`, wanted: `${wanted}: ${name}` };
  }
  return shape.fields === null ? null : fieldProblem(shape.fields, payload[elements.length], `[${elements.length}]`);
};

const fieldProblem = (fields: EventShape['elements'], map: unknown, path: string): PayloadProblem | null => {
  if (!isMap(map)) return { path, wanted: `a map of ${Object.keys(fields).join(', ')}` };
  for (const [name, kind] of Object.entries(fields)) {
    const wanted = wantedOf(kind, valueAt(map, name));
    if (wanted !== null) return { path: `${path}.${name}`, wanted };
  }
  return null;
};

/** Data that was cut has its real length behind it. */
const isCut = (payload: readonly unknown[], length: number): boolean =>
  payload.length === length + 1 && wantedOf('count', payload[length]) === null;

const wordsOf = ({ elements, fields }: EventShape): string => {
  const map = fields === null ? [] : [`{${Object.keys(fields).join(', ')}}`];
  const words = [...Object.keys(elements), ...map];
  return `${words.length === 1 ? '1 element' : `${words.length} elements`}: ${words.join(', ')}`;
};

const valueAt = (map: object, name: string): unknown =>
  Object.hasOwn(map, name) ? (map as Readonly<Record<string, unknown>>)[name] : null;

/** The payload by its values' names; null when it is not of its code's shape, or the code has none. Shares memory. */
export const payloadOf = (code: string, payload: readonly unknown[]): ShapedPayload | null => {
  if (!isShapedCode(code) || problemOf(code, payload) !== null) return null;
  const { elements, fields }: EventShape = eventShapes[code];
  const names = Object.keys(elements);
  const map = payload[names.length];
  const values = names.map((name, at): [string, unknown] => [name, payload[at]]);
  if (fields !== null && isMap(map)) {
    values.push(...Object.keys(fields).map((name): [string, unknown] => [name, valueAt(map, name) ?? null]));
  }
  return { code, ...Object.fromEntries(values) } as unknown as ShapedPayload;
};
