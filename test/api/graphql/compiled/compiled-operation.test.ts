import * as fc from 'fast-check';
import { AbortedGraphQLExecutionError, buildSchema, type GraphQLSchema, parse, validateExecutionArgs } from 'graphql';
import { expect, test } from 'vitest';
import { CompiledOperation } from '../../../../src/api/graphql/compiled/compiled-operation.ts';
import { executedBoth } from './beside-graphql.ts';
import { drawFrom, randomQuery } from './random-operation.ts';

/** All that types can be: each field of a Thing is whatever was drawn for it, whether it fits or not. */
const schema: GraphQLSchema = buildSchema(`
  interface Named { name: String! }
  enum Colour { RED GREEN }
  type Thing implements Named {
    name: String!  text: String  count: Int  counted: Int!  size: Float  isOn: Boolean  colour: Colour  colours: [Colour!]
    texts: [String]  matrix: [[Int!]]!  self: Thing  sure: Thing!  things: [Thing]  sureThings: [Thing!]!  named: Named  both: [Both!]
    doubled(by: Int = 2, of: [Int!]): Int  id: ID
  }
  type Other implements Named { name: String!  text: String  thing: Thing! }
  union Both = Thing | Other
  type Query { self: Thing  sure: Thing!  things: [Thing!]  named: Named  both: [Both] }
`);

/** How a field comes by its value, made anew for each run. */
type Spec =
  | { readonly kind: 'plain'; readonly value: unknown }
  | { readonly kind: 'later' | 'called' | 'thenable'; readonly of: Spec }
  | { readonly kind: 'thrown' | 'rejected' | 'error' }
  | { readonly kind: 'list' | 'set' | 'stream'; readonly of: readonly Spec[] }
  | { readonly kind: 'object'; readonly typename: string; readonly of: Readonly<Record<string, Spec>> };

const plain = fc.constantFrom<unknown>(
  'a',
  '',
  'RED',
  'BLUE',
  0,
  1,
  -1.5,
  2 ** 40,
  Number.NaN,
  true,
  false,
  null,
  undefined,
);
const fields =
  'name text count counted size isOn colour colours texts matrix self sure things sureThings named both id doubled thing'.split(
    ' ',
  );

const { spec } = fc.letrec<{ spec: Spec }>((tie) => ({
  spec: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('plain' as const), value: plain }),
    fc.record({ kind: fc.constantFrom('thrown' as const, 'rejected' as const, 'error' as const) }),
    fc.record({ kind: fc.constantFrom('later' as const, 'called' as const, 'thenable' as const), of: tie('spec') }),
    fc.record({
      kind: fc.constantFrom('list' as const, 'list' as const, 'set' as const, 'stream' as const),
      of: fc.array(tie('spec'), { maxLength: 4 }),
    }),
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('object' as const),
        typename: fc.constantFrom('Thing', 'Thing', 'Thing', 'Other', 'Query', 'Nothing'),
        of: fc.dictionary(fc.constantFrom(...fields), tie('spec'), { maxKeys: 14 }),
      }),
    },
  ),
}));

const made = (given: Spec): unknown => {
  switch (given.kind) {
    case 'plain':
      return given.value;
    case 'later':
      return Promise.resolve(given.of).then(made);
    case 'called':
      return () => made(given.of);
    case 'thenable':
      // By Promises/A+ 2.2: it answers later, and whoever leaves nothing to answer to is left alone. graphql fails of others.
      return {
        // oxlint-disable-next-line unicorn/no-thenable
        then: (resolve?: (value: unknown) => void) =>
          queueMicrotask(() => resolve?.(given.of.kind === 'plain' ? given.of.value : 'a')),
      };
    case 'thrown':
      return () => {
        throw new Error('thrown');
      };
    case 'rejected':
      return () => Promise.reject(new Error('rejected'));
    case 'error':
      return new Error('an answer');
    case 'list':
      return given.of.map(made);
    case 'set':
      return new Set(given.of.map(made));
    case 'stream':
      return streamOf(given.of);
    case 'object':
      return objectOf(given.typename, given.of);
  }
};

async function* streamOf(items: readonly Spec[]): AsyncGenerator {
  for (const item of items) yield made(item);
}

const objectOf = (typename: string, of: Readonly<Record<string, Spec>>): unknown =>
  Object.fromEntries([['__typename', typename], ...Object.entries(of).map(([name, each]) => [name, made(each)])]);

const argumentsOf = (_parent: string, _field: string, draw: (below: number) => number): string =>
  ['', '(by: 3)', '(by: null, of: [1, 2])', '(of: 1)'][draw(4)] ?? '';

test('a compiled operation answers as graphql does, whatever its resolvers do', async () => {
  const roots = fc.dictionary(fc.constantFrom(...fields), spec, { minKeys: 2, maxKeys: 8 });
  await fc.assert(
    fc.asyncProperty(roots, fc.integer(), async (root, seed) => {
      const document = parse(randomQuery(schema, drawFrom(seed), { argumentsOf, depth: 3 }));
      const { ordinary, compiled } = await executedBoth(() => ({
        schema,
        document,
        rootValue: objectOf('Query', root),
      }));
      for (const each of compiled) expect(each).toEqual(ordinary);
    }),
    { numRuns: 300 },
  );
});

const compiledOf = (query: string, rest: object): ReturnType<CompiledOperation['execute']> => {
  const document = parse(query);
  const valid = validateExecutionArgs({ schema, document, ...rest });
  if (!('schema' in valid)) throw new Error(String(valid));
  return CompiledOperation.of(document, valid.operation)?.execute(valid) ?? null;
};

test('an operation whose signal aborts ends at once, and no resolver of it begins after', async () => {
  const stop = new AbortController();
  const parent = Promise.withResolvers<unknown>();
  let calls = 0;
  const count = (): number => (calls += 1);
  const answer = compiledOf('{ self { count text } }', {
    abortSignal: stop.signal,
    rootValue: { self: parent.promise },
  });
  stop.abort(new Error('nobody waits'));
  await expect(answer).rejects.toThrow(AbortedGraphQLExecutionError);
  await expect(answer).rejects.toThrow('nobody waits');
  parent.resolve({ count, text: count });
  await parent.promise;
  await Promise.resolve();
  expect(calls).toBe(0);
  expect(() => compiledOf('{ __typename }', { abortSignal: stop.signal })).toThrow('nobody waits');
});

test('what fails after its place in the answer is null is no unhandled rejection, and in no answer', async () => {
  const late = Promise.withResolvers<unknown>();
  const rootValue = { self: { text: late.promise, sure: null } };
  const result = await compiledOf('{ self { text sure { name } } }', { rootValue });
  late.reject(new Error('too late'));
  await late.promise.catch(() => {});
  expect(result).toMatchObject({ data: { self: null }, errors: [{ path: ['self', 'sure'] }] });
  expect(result?.errors).toHaveLength(1);
});

test('mutations, and answers with a key that is no plain property, are left to graphql', () => {
  for (const query of ['mutation { a }', '{ __proto__: __typename }']) {
    const document = parse(query);
    const [operation] = document.definitions;
    if (operation?.kind !== 'OperationDefinition') throw new Error('the document begins with its operation');
    expect(CompiledOperation.of(document, operation)).toBeNull();
  }
});

test('each choice of @skip and @include has its own plan, and a bounded number of them', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const document = parse(`query (${names.map((name) => `$${name}: Boolean!`).join(' ')}) {
    ${names.map((name) => `${name}: __typename @include(if: $${name})`).join(' ')} }`);
  let compiled: CompiledOperation | null = null;
  const keys: string[] = [];
  for (let choice = 0; choice < 16; choice += 1) {
    const variableValues = Object.fromEntries(names.map((name, bit) => [name, (choice & (1 << bit)) !== 0]));
    const valid = validateExecutionArgs({ schema, document, variableValues });
    if (!('schema' in valid)) throw new Error(String(valid));
    compiled ??= CompiledOperation.of(document, valid.operation);
    const result = await compiled?.execute(valid);
    keys.push(result == null ? 'ordinary' : Object.keys(result.data ?? {}).join(''));
  }
  expect(keys.slice(0, 8)).toEqual(['', 'a', 'b', 'ab', 'c', 'ac', 'bc', 'abc']);
  expect(keys.slice(8)).toEqual(Array.from({ length: 8 }, () => 'ordinary'));
});
