import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectionOf } from '../../src/api/graphql/connection.ts';
import { writeCursor } from '../../src/model/page.ts';
import { ask, askData } from './asking.ts';
import { openFed, output, type Fed } from './feeding.ts';
import { startTestServer, type Running } from './running.ts';

let running: Running;
let newest: Fed;
const startMs = Date.UTC(2026, 0, 1);

beforeAll(async () => {
  running = await startTestServer();
  for (let index = 0; index < 7; index += 1) {
    newest = await openFed(running, {
      startedAtMs: startMs + index * 60_000,
      socket: { socketId: null, name: index % 2 === 0 ? 'even' : 'odd' },
    });
  }
  await newest.append([output(0, 'a'), output(1000, 'b')]);
});
afterAll(() => running[Symbol.asyncDispose]());

const started = (key: readonly number[]): string => writeCursor({ order: 'started', key });

test.each([false, true])('a page that stopped looking ends where it stopped (backward: %j)', (backward) => {
  const stoppedAt = { order: 'started', key: [7] };
  const page = { items: [9, 8], hasNextPage: true, hasPreviousPage: true, stoppedAt };
  const { pageInfo } = connectionOf(page, (item) => started([item]), { backward });
  expect(pageInfo).toMatchObject(
    backward
      ? { startCursor: started([7]), endCursor: started([8]) }
      : { startCursor: started([9]), endCursor: started([7]) },
  );
  const empty = connectionOf({ ...page, items: [] }, (item) => started([item]), { backward });
  expect(backward ? empty.pageInfo.startCursor : empty.pageInfo.endCursor).toBe(started([7]));
});

/** What is asked, and what the refusal names. */
const wrong: readonly (readonly [asked: string, argument: string, says: string])[] = [
  ['sessions(first: 0)', 'first', 'from 1 to 100'],
  ['sessions(first: -1)', 'first', 'from 1 to 100'],
  ['sessions(first: 101)', 'first', 'from 1 to 100'],
  ['sessions(last: 0)', 'last', 'from 1 to 100'],
  ['sessions(last: 612)', 'last', 'got 612'],
  ['sessions(first: 1, last: 1)', 'last', 'cannot be given together'],
  ['sessions(after: "")', 'after', 'not a cursor'],
  ['sessions(after: "nonsense")', 'after', 'not a cursor'],
  ['sessions(before: "!!!!")', 'before', 'not a cursor'],
  [`sessions(after: "${'A'.repeat(2000)}")`, 'after', 'not a cursor'],
  [`sessions(after: "${started([1, 2])}")`, 'after', 'not a cursor'],
  [`sessions(after: "${writeCursor({ order: 'event', key: [1] })}")`, 'after', 'order event'],
  [
    `sessions(after: "${started([1])}", orderBy: { field: DURATION, direction: ASC })`,
    'after',
    'order started, and this list has the order duration',
  ],
  [`sessions(filter: { userEmails: [${'"a",'.repeat(101)}] })`, 'filter.userEmails', 'at most 100 values, got 101'],
  [
    `sessions(filter: { socketNames: ["${'a'.repeat(513)}"] })`,
    'filter.socketNames',
    'at most 512 characters, got 513',
  ],
  ['node(id: "nonsense")', 'id', 'not an id'],
  [`node(id: "${btoa('Session:1')}")`, 'id', 'not an id'],
  [`node(id: "${btoa('Chunk:1')}")`, 'id', 'not an id'],
  [`nodes(ids: [${`"${btoa('User:a')}",`.repeat(101)}])`, 'ids', 'at most 100, got 101'],
  ['nodes(ids: ["nonsense"])', 'ids', 'not an id'],
];

describe('a wrong argument is named, with its limit', () => {
  test.each(wrong)('%s', async (asked, argument, says) => {
    const fields = asked.startsWith('sessions') ? '{ pageInfo { endCursor } }' : '{ id }';
    const { errors } = await ask(running, `{ ${asked} ${fields} }`);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', argument });
    expect(errors?.[0]?.message).toContain(says);
  });

  const inside: typeof wrong = [
    ['totalCount(upTo: 0)', 'upTo', 'from 1 to 100000'],
    ['totalCount(upTo: 100001)', 'upTo', 'from 1 to 100000'],
    ['nodes { events(first: 101) { nodes { id } } }', 'first', 'from 1 to 100'],
    ['nodes { recordings(last: -3) { nodes { id } } }', 'last', 'from 1 to 100'],
    [`nodes { recordings(after: "${started([1])}") { nodes { id } } }`, 'after', 'order started'],
    ['nodes { recording { chunks(first: 17) { nodes { eventCount } } } }', 'first', 'from 1 to 16'],
    ['nodes { recording { chunks(first: 0) { nodes { eventCount } } } }', 'first', 'from 1 to 16'],
    ['nodes { recording { chunks(from: -1) { nodes { eventCount } } } }', 'from', 'from 0 to'],
    ['nodes { recording { chunks(to: 1e300) { nodes { eventCount } } } }', 'to', 'from 0 to'],
    ['nodes { recording { chunks(after: "x") { nodes { eventCount } } } }', 'after', 'not a cursor'],
  ];
  test.each(inside)('%s', async (asked, argument, says) => {
    const { errors } = await ask(running, `{ sessions(first: 1) { ${asked} } }`);
    expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', argument });
    expect(errors?.[0]?.message).toContain(says);
  });

  test.each([
    ['query($v: UUID!) { session(sessionId: $v) { id } }', 'not-a-uuid'],
    ['query($v: DateTime) { sessions(filter: { startedFrom: $v }) { totalCount } }', '2026-01-01'],
    ['query($v: DateTime) { sessions(filter: { startedFrom: $v }) { totalCount } }', '2026-13-01T00:00:00Z'],
    ['query($v: DateTime) { sessions(filter: { startedFrom: $v }) { totalCount } }', 12],
    ['query($v: [SessionProtocol!]) { sessions(filter: { protocols: $v }) { totalCount } }', ['FTP']],
    ['query($v: Int) { sessions(first: $v) { totalCount } }', 1.5],
  ])('%s with %j is refused by its type', async (query, value) => {
    const { errors, data } = await ask(running, query, { v: value });
    expect(data ?? null).toBeNull();
    expect(errors?.[0]?.message).toMatch(/"?\$v"?/);
    expect(errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT');
  });
});

type Page = {
  readonly sessions: {
    readonly edges: readonly { readonly cursor: string; readonly node: { readonly sessionId: string } }[];
    readonly pageInfo: {
      readonly hasNextPage: boolean;
      readonly hasPreviousPage: boolean;
      readonly startCursor: string;
      readonly endCursor: string;
    };
  };
};
const pageQuery = `query($first: Int, $after: String, $last: Int, $before: String, $orderBy: SessionOrder, $filter: SessionFilter) {
  sessions(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, filter: $filter) {
    edges { cursor node { sessionId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

describe.each(['STARTED_AT', 'LAST_SEEN_AT', 'DURATION'])('pages by %s', (field) => {
  test.each(['ASC', 'DESC'])('%s, joined, are the whole list, forward and backward', async (direction) => {
    const orderBy = { field, direction };
    const idsOf = (page: Page): string[] => page.sessions.edges.map((edge) => edge.node.sessionId);
    const whole = idsOf(await askData<Page>(running, pageQuery, { orderBy }));
    expect(whole).toHaveLength(7);
    const forward: string[] = [];
    let after: string | null = null;
    for (;;) {
      const page: Page = await askData<Page>(running, pageQuery, { orderBy, first: 3, after });
      forward.push(...idsOf(page));
      if (!page.sessions.pageInfo.hasNextPage) break;
      after = page.sessions.pageInfo.endCursor;
    }
    expect(forward).toEqual(whole);
    const backward: string[] = [];
    let before: string | null = null;
    for (;;) {
      const page: Page = await askData<Page>(running, pageQuery, { orderBy, last: 3, before });
      backward.unshift(...idsOf(page));
      if (!page.sessions.pageInfo.hasPreviousPage) break;
      before = page.sessions.pageInfo.startCursor;
    }
    expect(backward).toEqual(whole);
  });
});

test('the default is newest first', async () => {
  const page = await askData<Page>(running, pageQuery, { first: 1 });
  expect(page.sessions.edges[0]?.node.sessionId).toBe(newest.sessionId);
});

test('totalCount counts what the filter matches, and no further than upTo', async () => {
  const query =
    '{ sessions(first: 1, filter: { socketNames: ["even"] }) { all: totalCount some: totalCount(upTo: 2) } }';
  expect(await askData(running, query)).toEqual({ sessions: { all: 4, some: 2 } });
});

test('totalCount is not counted when it is not asked for', async () => {
  let counted = 0;
  await using watched = await startTestServer(({ catalog }) => ({
    catalog: new Proxy(catalog, {
      get: (target, name) => {
        if (name === 'countSessions') counted += 1;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
  }));
  await askData(watched, '{ sessions { nodes { id } } }');
  expect(counted).toBe(0);
  await askData(watched, '{ sessions { totalCount } }');
  expect(counted).toBe(1);
});

test('an empty list in a filter matches nothing', async () => {
  expect(await askData(running, '{ sessions(filter: { statuses: [] }) { totalCount } }')).toEqual({
    sessions: { totalCount: 0 },
  });
});

test('users and sockets know their sessions, and never those of others', async () => {
  const query = `{ session(sessionId: "${newest.sessionId}") {
    user { user { id identity sessions(first: 1) { totalCount } none: sessions(filter: { userIdentities: ["bob"] }) { totalCount } } }
    socket { socket { id name sessions { totalCount } none: sessions(filter: { socketIds: [] }) { totalCount } } } } }`;
  expect(await askData(running, query)).toMatchObject({
    session: {
      user: { user: { identity: 'ann@example.com', sessions: { totalCount: 7 }, none: { totalCount: 0 } } },
      socket: { socket: { name: 'even', sessions: { totalCount: 4 }, none: { totalCount: 0 } } },
    },
  });
});

test('node and nodes give back what has a global id, and null in the place of what is not there', async () => {
  const query = `{ session(sessionId: "${newest.sessionId}") {
    id recording { id } events(first: 1) { nodes { id } } user { user { id } } socket { socket { id } } } }`;
  const { session } = await askData<{ session: Record<string, unknown> }>(running, query);
  const ids = [...JSON.stringify(session).matchAll(/"id":"([^"]+)"/g)].map((match) => match[1]);
  expect(ids).toHaveLength(5);
  const gone = btoa('Session:93227a7e-8724-4be5-a5c5-2729f615ac50');
  const nodes = await askData(running, 'query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }', {
    ids: [...ids, gone],
  });
  const types = ['Session', 'Recording', 'SessionEvent', 'User', 'Socket'];
  expect(nodes).toEqual({ nodes: [...types.map((type, at) => ({ __typename: type, id: ids[at] })), null] });
  expect(await askData(running, 'query($id: ID!) { node(id: $id) { id } }', { id: gone })).toEqual({ node: null });
});
