import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Installation } from '../../src/cli/compose.ts';
import { openForReading } from '../../src/store/catalog/open-database.ts';
import { SqliteReader } from '../../src/store/catalog/sqlite-reader.ts';
import type { SurveyRunner } from '../../src/store/catalog/surveys/survey.ts';
import { SurveysHere } from '../../src/store/catalog/surveys/surveys-here.ts';
import { ask, askData, headersOf } from './asking.ts';
import { aSession } from './feeding.ts';
import { producer, startTestServer, type Running } from './running.ts';

let running: Running;

/** Three by Ann in the night in which clocks go forward, one of them refused, and one by somebody without a name. */
beforeAll(async () => {
  running = await startTestServer();
  const { intake } = running.installation;
  const starts = ['2026-03-28T22:30:00Z', '2026-03-28T23:30:00Z', '2026-03-29T21:30:00Z'];
  for (const [index, start] of starts.entries()) {
    await intake.openSession(
      producer,
      aSession({ startedAtMs: Date.parse(start), denyReason: index === 2 ? 'no policy' : null, recording: null }),
    );
  }
  await intake.openSession(
    producer,
    aSession({
      startedAtMs: Date.parse('2026-03-30T08:00:00Z'),
      user: { ...aSession().user, identity: 'postgres', email: null, name: null, picture: null },
      socket: { socketId: null, name: 'orders%_db' },
      protocol: 'DATABASE',
      recording: null,
    }),
  );
});
afterAll(() => running[Symbol.asyncDispose]());

type Stats = { readonly sessionStats: readonly Readonly<Record<string, unknown>>[] };
const statsQuery = (given: string): string =>
  `{ sessionStats(${given}) { key label count killedCount deniedCount totalDuration } }`;
const stats = async (given: string) => (await askData<Stats>(running, statsQuery(given))).sessionStats;

describe('sessionStats', () => {
  test('groups by value are the largest first, with what people call them', async () => {
    const none = { killedCount: 0, totalDuration: 0 };
    expect(await stats('groupBy: USER')).toEqual([
      { ...none, key: 'ann@example.com', label: 'Ann', count: 3, deniedCount: 1 },
      { ...none, key: 'postgres', label: 'postgres', count: 1, deniedCount: 0 },
    ]);
    expect(await stats('groupBy: USER, limit: 1')).toHaveLength(1);
    expect(await stats('groupBy: COUNTRY')).toEqual([{ ...none, key: '', label: 'unknown', count: 4, deniedCount: 1 }]);
    expect(await stats('groupBy: PROTOCOL, filter: { statuses: [ACTIVE] }')).toEqual([
      { ...none, key: 'SSH', label: 'SSH', count: 2, deniedCount: 0 },
      { ...none, key: 'DATABASE', label: 'DATABASE', count: 1, deniedCount: 0 },
    ]);
  });

  test('groups by time are all, oldest first, as the time zone has them', async () => {
    const days = (await stats('groupBy: DAY, limit: 1, timeZone: "Europe/Berlin"')).map(({ key, count }) => [
      key,
      count,
    ]);
    expect(days).toEqual([
      ['2026-03-28T00:00:00+01:00', 1],
      ['2026-03-29T00:00:00+01:00', 2],
      ['2026-03-30T00:00:00+02:00', 1],
    ]);
    expect((await stats('groupBy: WEEK')).map(({ key, label }) => [key, label])).toEqual([
      ['2026-03-23T00:00:00Z', '2026-W13'],
      ['2026-03-30T00:00:00Z', '2026-W14'],
    ]);
  });

  test.each([
    ['groupBy: USER, limit: 0', 'limit', 'from 1 to 1000, got 0'],
    ['groupBy: USER, limit: 1001', 'limit', 'from 1 to 1000, got 1001'],
    ['groupBy: DAY, timeZone: "Europe/Atlantis"', 'timeZone', 'got Europe/Atlantis'],
    ['groupBy: DAY, timeZone: "+00:07"', 'timeZone', 'such as Europe/Berlin, got +00:07'],
    ['groupBy: DAY, timeZone: "-05:00"', 'timeZone', 'got -05:00'],
    [`groupBy: DAY, timeZone: "${'a'.repeat(65)}"`, 'timeZone', 'must be the name of a time zone'],
  ])('%s is refused by name', async (given, argument, says) => {
    const { data, errors } = await ask(running, statsQuery(given));
    expect(data).toEqual({ sessionStats: null });
    expect(errors).toMatchObject([
      { message: expect.stringContaining(says), extensions: { code: 'BAD_USER_INPUT', argument } },
    ]);
  });
});

describe('sockets and users', () => {
  test('are listed most recent first, and found by a part of their names', async () => {
    const query = `{ sockets { nodes { name } totalCount } some: sockets(nameContains: "%_D") { nodes { name } totalCount }
      users { edges { cursor node { identity sessions { totalCount } } } pageInfo { hasNextPage endCursor } } }`;
    const data = await askData<Record<string, unknown>>(running, query);
    expect(data).toMatchObject({
      sockets: { nodes: [{ name: 'orders%_db' }, { name: 'db-bastion' }], totalCount: 2 },
      some: { nodes: [{ name: 'orders%_db' }], totalCount: 1 },
      users: {
        edges: [
          { node: { identity: 'postgres', sessions: { totalCount: 1 } } },
          { node: { identity: 'ann@example.com', sessions: { totalCount: 3 } } },
        ],
        pageInfo: { hasNextPage: false },
      },
    });
  });

  test('go on after a cursor, and refuse one of another list', async () => {
    type Users = { readonly users: { readonly pageInfo: { readonly endCursor: string } } };
    const first = await askData<Users>(running, '{ users(first: 1) { pageInfo { endCursor } } }');
    const after = first.users.pageInfo.endCursor;
    expect(await askData(running, `{ users(first: 1, after: "${after}") { nodes { identity } } }`)).toEqual({
      users: { nodes: [{ identity: 'ann@example.com' }] },
    });
    const { errors } = await ask(running, `{ sockets(after: "${after}") { nodes { name } } }`);
    expect(errors?.[0]?.message).toContain('cursor of the order user');
  });

  test.each([
    [`sockets(nameContains: "${'a'.repeat(513)}") { nodes { name } }`, 'nameContains'],
    ['users { totalCount(upTo: 0) }', 'upTo'],
    ['users { totalCount(upTo: 100001) }', 'upTo'],
  ])('%s is refused by name', async (asked, argument) => {
    const { errors } = await ask(running, `{ ${asked} }`);
    expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', argument });
  });
});

const get = async (
  path: string,
  of: Running = running,
): Promise<{ readonly status: number; readonly body: unknown }> => {
  const response = await fetch(`${of.url}${path}`, { headers: headersOf(of.tokens.AUDITOR) });
  return { status: response.status, body: await response.json() };
};

describe('the statistics of the session-log API', () => {
  test('tell the most frequent first', async () => {
    expect(await get('/api/v1/sessions/stats/users')).toEqual({
      status: 200,
      body: {
        users: [
          { count: 3, user_email: 'ann@example.com', picture: 'https://example.com/ann.png' },
          { count: 1, user_email: 'postgres', picture: '' },
        ],
      },
    });
    expect((await get('/api/v1/sessions/stats/sockets')).body).toEqual({
      sockets: [
        { count: 3, socket_name: 'db-bastion', socket_type: 'ssh' },
        { count: 1, socket_name: 'orders%_db', socket_type: 'database' },
      ],
    });
    expect((await get('/api/v1/sessions/stats/locations')).body).toEqual({
      locations: [
        {
          count: 4,
          client_ip: '192.0.2.7',
          city_name: null,
          country_code: null,
          country_name: null,
          isp: null,
          latitude: null,
          longitude: null,
          region_code: null,
          region_name: null,
        },
      ],
    });
  });

  test('a page beyond those that there are is 400, with a place to go on from where there is more', async () => {
    const { status, body } = await get('/api/v1/sessions?page=1001&page_size=100');
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { code: 'BAD_USER_INPUT', field: 'page', next_cursor: null } });
  });
});

test('a full page of which is not known what comes after it has a next one', async () => {
  await using stack = new AsyncDisposableStack();
  // Pages are read as ever, and no total is counted in time.
  const uncounted = stack.use(
    await startTestServer((parts) => {
      const { folder } = parts as unknown as Installation;
      const database = openForReading({ path: folder.catalog, nativeBinding: null });
      stack.defer(() => void database.close());
      const inTime = new SurveysHere(database);
      const late = new SurveysHere(database, { readMs: 0, statsMs: 0, sliceRows: 10, valuesMax: 10 });
      const surveys: SurveyRunner = {
        run: (name, input, asker) => (name === 'sessionTotal' ? late : inTime).run(name, input, asker),
      };
      return { catalog: new SqliteReader(database, surveys) };
    }),
  );
  for (let index = 0; index < 3; index += 1) {
    await uncounted.installation.intake.openSession(producer, aSession({ recording: null }));
  }
  const pageAt = async (page: number): Promise<unknown> =>
    (await get(`/api/v1/sessions?killed=false&page_size=2&page=${page}`, uncounted)).body;
  expect(await pageAt(1)).toMatchObject({
    pagination: { next_page: 2, total_records: 2, total_records_capped: true, actual_page_size: 2 },
  });
  expect(await pageAt(2)).toMatchObject({
    pagination: { next_page: null, total_records: 3, total_records_capped: true, actual_page_size: 1 },
  });
});

test('what cannot be counted in time is null, or refused, which says so', async () => {
  await using stack = new AsyncDisposableStack();
  // The same catalog, read by one who never has time for much of it.
  const late = stack.use(
    await startTestServer((parts) => {
      const { folder } = parts as unknown as Installation;
      const database = openForReading({ path: folder.catalog, nativeBinding: null });
      stack.defer(() => void database.close());
      return {
        catalog: new SqliteReader(
          database,
          new SurveysHere(database, { readMs: 0, statsMs: 0, sliceRows: 10, valuesMax: 10 }),
        ),
      };
    }),
  );
  await late.installation.intake.openSession(producer, aSession({ recording: null }));
  expect(await ask(late, '{ sessions(filter: { killed: false }) { totalCount } }')).toMatchObject({
    data: { sessions: { totalCount: null } },
  });
  const { data, errors } = await ask(late, statsQuery('groupBy: USER'));
  expect(data).toEqual({ sessionStats: null });
  expect(errors).toMatchObject([
    { message: expect.stringContaining('narrow the filter'), extensions: { code: 'BUDGET_EXCEEDED' } },
  ]);
  expect(await get('/api/v1/sessions/stats/users', late)).toMatchObject({
    status: 503,
    body: { error: { code: 'BUDGET_EXCEEDED' } },
  });
  expect(await get('/api/v1/sessions?auth_result=success', late)).toMatchObject({
    status: 503,
    body: { error: { code: 'BUDGET_EXCEEDED' } },
  });
});
