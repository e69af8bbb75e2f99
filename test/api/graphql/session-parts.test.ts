import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { getNamedType, type GraphQLObjectType, isLeafType, isNonNullType, isObjectType } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { schema } from '../../../src/api/graphql/schema.ts';
import { askData } from '../asking.ts';
import { openFed, output } from '../feeding.ts';
import { type Running, startTestServer } from '../running.ts';

let running: Running;
let sessionId: string;

/** Of one session everything is known. */
beforeAll(async () => {
  running = await startTestServer();
  const fed = await openFed(running);
  ({ sessionId } = fed);
  await fed.append([output(0, 'hello')]);
  await fed.end();
  const database = new Database(running.installation.folder.catalog);
  database.exec(`UPDATE sessions SET deny_reason = 'no policy', recording_state_reason = 'it was cut', attempt_count = 7,
    kill_requested_ms = started_ms + 1, kill_requested_by = 'ann', kill_reason = 'late', kill_confirmed_ms = started_ms + 2,
    client_location = '{"city":"Zürich","region":"Zürich","country":"Switzerland","countryCode":"CH","latitude":47.37,"longitude":8.54}'`);
  database.close();
});
afterAll(() => running[Symbol.asyncDispose]());

/** Everything of an object that needs no arguments, no deeper than this. */
const allOf = (type: GraphQLObjectType, depth: number): string =>
  Object.values(type.getFields())
    .flatMap(({ name, type: of, args }) => {
      const inner = getNamedType(of);
      if (args.some((argument) => isNonNullType(argument.type))) return [];
      if (isLeafType(inner)) return [name];
      if (!isObjectType(inner)) return [];
      const below = depth === 0 ? '' : allOf(inner, depth - 1);
      return below === '' ? [] : [`${name} { ${below} }`];
    })
    .join(' ');

const objectType = (name: string): GraphQLObjectType => {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new Error(`${name} is no object's type`);
  return type;
};

/** What has parts of its own. */
const composites = new Set(['user', 'socket', 'client', 'server', 'kill']);

/** Each thing that may be asked of a session on its own: `status`, `user { email }`, `recordings { … }`. */
const selections = Object.values(objectType('Session').getFields()).flatMap(({ name, type }) => {
  const inner = getNamedType(type);
  if (!isObjectType(inner)) return [name];
  if (!composites.has(name)) return [`${name} { ${allOf(inner, 1)} }`];
  return Object.values(inner.getFields()).map((field) => {
    const deeper = getNamedType(field.type);
    return `${name} { ${field.name} ${isObjectType(deeper) ? `{ ${allOf(deeper, 1)} }` : ''} }`;
  });
});

type Listed = { readonly sessions: { readonly nodes: readonly unknown[] } };

const inList = async (selection: string, filter = ''): Promise<unknown> =>
  (await askData<Listed>(running, `{ sessions(first: 1 ${filter}) { nodes { ${selection} } } }`)).sessions.nodes[0];

const alone = async (selection: string): Promise<unknown> =>
  (await askData<{ session: unknown }>(running, `{ session(sessionId: "${sessionId}") { ${selection} } }`)).session;

test.each(selections)(
  '%s of a session in a list is the same, and not null, when nothing else is asked',
  async (selection) => {
    const known = await alone(selection);
    expect(JSON.stringify(known)).not.toMatch(/^\{"\w+":(?:null|\{"\w+":null\})\}$/);
    expect(await inList(selection)).toEqual(known);
    // Of words another thread reads.
    expect(await inList(selection, 'filter: { text: "ann" }')).toEqual(known);
  },
);

test('whatever is asked together, in whatever order and by whatever fragments, is the same as of the session alone', async () => {
  const asked = fc.shuffledSubarray(selections, { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(asked, fc.constantFrom('nodes', 'edges', 'fragment', 'node'), async (those, way) => {
      const selection = those.join(' ');
      const known = await alone(selection);
      const documents = {
        nodes: `{ sessions(first: 1) { nodes { ${selection} } } }`,
        edges: `{ sessions(first: 1, orderBy: { field: DURATION, direction: ASC }) { edges { cursor node { ${selection} } } } }`,
        fragment: `{ sessions(first: 1) { ...C } } fragment C on SessionConnection { nodes { ...S } } fragment S on Session { ...S2 } fragment S2 on Session { ${selection} }`,
        node: `{ sessions(first: 1) { nodes { ... on Node { id } ... @include(if: true) { ${selection} } } } }`,
      };
      const { sessions } = await askData<{ sessions: Record<string, readonly Record<string, unknown>[]> }>(
        running,
        documents[way],
      );
      const found = way === 'edges' ? sessions['edges']?.[0]?.['node'] : sessions['nodes']?.[0];
      expect(found).toMatchObject(known as object);
    }),
    { numRuns: 60 },
  );
});

test('a page of little has cursors all the same', async () => {
  type Page = { sessions: { pageInfo: { endCursor: string | null }; edges: readonly { cursor: string }[] } };
  for (const field of ['STARTED_AT', 'LAST_SEEN_AT', 'DURATION']) {
    const { sessions } = await askData<Page>(
      running,
      `{ sessions(first: 1, orderBy: { field: ${field}, direction: DESC }) { pageInfo { endCursor } edges { cursor node { upstream } } } }`,
    );
    expect(sessions.pageInfo.endCursor).toBe(sessions.edges[0]?.cursor);
    const [before] = [sessions.pageInfo.endCursor];
    const again = await askData<Page>(
      running,
      `{ sessions(last: 1, before: "${before}", orderBy: { field: ${field}, direction: DESC }) { pageInfo { endCursor } edges { cursor } } }`,
    );
    expect(again.sessions.edges).toEqual([]);
  }
});
