import * as fc from 'fast-check';
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
    weight: 1,
    arbitrary: fc.tuple(
      fc.constant('gap'),
      fc.tuple(
        fc.record(
          { lostEvents: nullable(fc.nat()), lostBytes: nullable(fc.nat()), cause: fc.string() },
          { noNullPrototype: true },
        ),
      ),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(
      fc.constantFrom('req', 'cmd', 'dom', 'ünknown', 'a-code-of-exactly-32-bytes-123456'.slice(0, 32)),
      fc.array(plainValue, { maxLength: 4 }),
    ),
  },
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
