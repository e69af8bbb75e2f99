/** What each kind of value in a payload is to the code that reads it. */
type Values = {
  readonly text: string;
  /** From −2^31 to 2^31 − 1: a status. */
  readonly status: number;
  /** From 0 to 2^31 − 1: a number of events, a place in a list. */
  readonly index: number;
  /** From 0 to 2^53 − 1: bytes, rows. */
  readonly count: number;
  /** At least 0; may have a fraction. */
  readonly milliseconds: number;
  readonly boolean: boolean;
  readonly bytes: Uint8Array;
  /** Which side of an exchange a piece of a body is of. */
  readonly side: 'req' | 'res';
  /** Name and value, in the order sent, with duplicates. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Milliseconds by name, as in HAR 1.2: blocked, dns, connect, ssl, send, wait, receive. Null where unknown. */
  readonly timings: Readonly<Record<string, number | null>>;
  readonly map: Readonly<Record<string, unknown>>;
  readonly any: unknown;
};
type Kind = keyof Values;
/** A kind with `?` may be nil, or missing from its map. */
export type ValueKind = Kind | `${Kind}?`;

/** What the payload of a code is: elements in this order, then, unless `fields` is null, one map of fields. */
export type EventShape = {
  readonly elements: Readonly<Record<string, ValueKind>>;
  readonly fields: Readonly<Record<string, ValueKind>> | null;
};

/**
 * The payloads of structured events. `o`, `i`, `r`, `x` and `m`, which are most of all events, are checked as they are
 * walked over. In every map, names that do not stand here are kept and passed over.
 */
export const eventShapes = {
  cmd: { elements: { command: 'text' }, fields: { directory: 'text?', exitStatus: 'status?' } },
  file: {
    elements: { operation: 'text', path: 'text' },
    fields: { target: 'text?', size: 'count?', error: 'text?' },
  },
  req: {
    elements: { requestId: 'text' },
    fields: {
      method: 'text',
      url: 'text',
      httpVersion: 'text?',
      headers: 'headers?',
      bodySize: 'count?',
      har: 'map?',
    },
  },
  res: {
    elements: { requestId: 'text' },
    fields: {
      status: 'status?',
      statusText: 'text?',
      httpVersion: 'text?',
      headers: 'headers?',
      bodySize: 'count?',
      durationMs: 'milliseconds?',
      timings: 'timings?',
      serverAddress: 'text?',
      error: 'text?',
      har: 'map?',
    },
  },
  body: {
    elements: { requestId: 'text', side: 'side', index: 'index', isLast: 'boolean', data: 'bytes' },
    fields: null,
  },
  sql: {
    elements: { queryId: 'text', statement: 'text' },
    fields: { parameters: 'any?', database: 'text?' },
  },
  sqlr: {
    elements: { queryId: 'text' },
    fields: { rowCount: 'count?', durationMs: 'milliseconds?', errorCode: 'text?', error: 'text?' },
  },
  k8s: {
    elements: { requestId: 'text' },
    fields: {
      verb: 'text',
      method: 'text?',
      uri: 'text',
      apiGroup: 'text?',
      apiVersion: 'text?',
      resource: 'text?',
      subresource: 'text?',
      namespace: 'text?',
      name: 'text?',
      userAgent: 'text?',
    },
  },
  k8sr: {
    elements: { requestId: 'text' },
    fields: { status: 'status?', reason: 'text?', durationMs: 'milliseconds?' },
  },
  dom: { elements: { rrweb: 'map' }, fields: null },
  gap: { elements: {}, fields: { lostEvents: 'index?', lostBytes: 'count?', cause: 'text?' } },
} as const satisfies Readonly<Record<string, EventShape>>;

type Shapes = typeof eventShapes;
/** A code whose payload has a shape. */
export type ShapedCode = keyof Shapes;

type ValueOf<Wanted> = Wanted extends `${infer Some extends Kind}?`
  ? Values[Some] | null
  : Wanted extends Kind
    ? Values[Wanted]
    : never;
type ValuesOf<Named> = { readonly [Name in keyof Named]: ValueOf<Named[Name]> };

/** A payload by the names of its values: elements and fields together. What is missing is null. */
export type PayloadOf<Code extends ShapedCode> = ValuesOf<Shapes[Code]['elements']> &
  (Shapes[Code]['fields'] extends null ? unknown : ValuesOf<Shapes[Code]['fields']>);

/** A payload and the code that it is of. */
export type ShapedPayload = {
  [Code in ShapedCode]: { readonly code: Code } & PayloadOf<Code>;
}[ShapedCode];

export const isShapedCode = (code: string): code is ShapedCode => Object.hasOwn(eventShapes, code);
