import * as fc from 'fast-check';
import { type EventShape, eventShapes, type ShapedCode, type ValueKind } from '../../src/model/event-shapes.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';

const encoder = new TextEncoder();

/** What a payload may hold besides bytes. Numbers are ones that msgpack and JSON both keep. */
const plainValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 20 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string({ maxLength: 8 }).filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).value;

const cells = fc.integer({ min: 1, max: 10_000 });
const nullable = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.option(arbitrary, { nil: null });

/** Of each kind of value that a shape may name. */
const valueOfKind = {
  text: fc.string({ unit: 'grapheme' }),
  status: fc.integer(),
  index: fc.nat(),
  count: fc.maxSafeNat(),
  milliseconds: fc.double({ min: 0, max: 1e12, noNaN: true }).map((number) => number + 0),
  boolean: fc.boolean(),
  bytes: fc.uint8Array({ maxLength: 100 }),
  side: fc.constantFrom('req', 'res'),
  headers: fc.array(fc.tuple(fc.string(), fc.string({ unit: 'grapheme' })), { maxLength: 5 }),
  timings: fc.dictionary(fc.constantFrom('blocked', 'dns', 'wait'), nullable(fc.nat()), { noNullPrototype: true }),
  map: fc.dictionary(fc.constantFrom('type', 'data', 'timestamp'), fc.jsonValue({ maxDepth: 3 }), {
    noNullPrototype: true,
  }),
  // Bytes that are UTF-8 come back from JSON as their text.
  any: fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.array(
      fc.uint8Array({ maxLength: 9 }).map((bytes) => Uint8Array.of(...bytes, 0xff)),
      { maxLength: 3 },
    ),
  ),
} satisfies Record<Exclude<ValueKind, `${string}?`>, fc.Arbitrary<unknown>>;

const isJsonStable = (value: unknown): boolean => !JSON.stringify(value ?? null).includes('__proto__');

const ofKind = (kind: ValueKind): fc.Arbitrary<unknown> => {
  const name = kind.replace('?', '') as keyof typeof valueOfKind;
  // Not -0, which JSON has not.
  const any: fc.Arbitrary<unknown> = valueOfKind[name];
  const value = any.filter(isJsonStable).map((each) => positiveZeros(each));
  return name === kind ? value : nullable(value);
};

const positiveZeros = (value: unknown): unknown => {
  if (Object.is(value, -0)) return 0;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(positiveZeros);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, positiveZeros(item)]));
};

export const structuredCodes = Object.keys(eventShapes) as readonly ShapedCode[];

/** A code and a payload of its shape. */
export const arbitraryPayload = (code: ShapedCode): fc.Arbitrary<readonly [string, readonly unknown[]]> => {
  const { elements, fields }: EventShape = eventShapes[code];
  const listed = fc.tuple(...Object.values(elements).map(ofKind));
  if (fields === null) return listed.map((payload) => [code, payload]);
  const required = Object.keys(fields).filter((name) => fields[name]?.endsWith('?') === false);
  const named = Object.fromEntries(Object.entries(fields).map(([name, kind]) => [name, ofKind(kind)]));
  const map = fc.record(named, { requiredKeys: required, noNullPrototype: true });
  return fc.tuple(listed, map).map(([payload, last]) => [code, [...payload, last]]);
};

const codeAndPayload: fc.Arbitrary<readonly [string, readonly unknown[]]> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom('o', 'i'), fc.tuple(fc.uint8Array({ maxLength: 300 }))) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constant('o'), fc.tuple(fc.string({ unit: 'binary' }).map((text) => encoder.encode(text)))),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant('r'), fc.tuple(cells, cells)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('m'), fc.tuple(fc.string({ unit: 'grapheme' }))) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('x'), fc.tuple(nullable(fc.integer()), nullable(fc.string()))) },
  {
    weight: 2,
    arbitrary: fc.tuple(
      fc.constantFrom('k8', 'reqs', 'DOM', 'ünknown', 'a-code-of-exactly-32-bytes-123456'.slice(0, 32)),
      fc.array(plainValue, { maxLength: 4 }),
    ),
  },
  { weight: 4, arbitrary: fc.constantFrom(...structuredCodes).chain((code) => arbitraryPayload(code)) },
);

/** Events as a recording has them: whole milliseconds that never go back, and every kind of payload. */
export const arbitraryEvents = (minLength = 1): fc.Arbitrary<RecordedEvent[]> =>
  fc
    .array(fc.tuple(fc.oneof(fc.nat(300), fc.nat(2 ** 33)), codeAndPayload), { minLength, maxLength: 30 })
    .map((items) => {
      let timeMs = 0;
      return items.map(([deltaMs, [code, payload]]) => ({ timeMs: (timeMs += deltaMs), code, payload }));
    });

/** Bytes cut in arbitrary places: the pieces, in order; some may be empty. */
export const cutAnywhere = (bytes: Uint8Array): fc.Arbitrary<Uint8Array[]> =>
  fc.array(fc.nat(bytes.length), { maxLength: 12 }).map((places) => {
    const edges = [0, ...places.toSorted((one, other) => one - other), bytes.length];
    return edges.slice(1).map((end, at) => bytes.subarray(edges[at], end));
  });

/** Output events of these bytes, a millisecond apart. */
export const outputEvents = (pieces: readonly Uint8Array[]): RecordedEvent[] =>
  pieces.map((piece, at) => ({ timeMs: at, code: 'o', payload: [piece] }));
