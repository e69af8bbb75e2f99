import { expect } from 'vitest';
import { toolTest } from '../require.ts';
import { logsOfServer, serverLinePrefix } from './postgresql-server.ts';
import { type FoundLog, type FoundSession, readLog } from './postgresql-steps.ts';

const setUp = `
create role ann login; create role locked login password 'right'; create role mel login;
alter role mel set log_statement = 'all';
create database shop;
\\c shop
grant all on schema public to public;
`;

const annsStatements = `
select 'it''s',
	'two lines' as "a ""b""";
select 1/0;
selec nothing;
create table t (id int, name text);
insert into t values (1, E'\\\\x;\\t''quoted''');
`;

const melsScript = `\\set x 41
select :x::int + 1 as answer;
`;

toolTest('postgres')(
  "a real server's three logs are the same sessions, statements, parameters and errors",
  { timeout: 60_000 },
  async () => {
    const logs = await logsOfServer(async (run) => {
      await run('psql', ['-U', 'root', '-d', 'postgres'], setUp);
      await run('psql', ['-U', 'ann', '-d', 'shop'], annsStatements);
      await run('pgbench', ['-U', 'mel', '-n', '-M', 'prepared', '-t', '2', '-f', '-', 'shop'], melsScript);
      await run('psql', ['-U', 'locked', '-d', 'shop'], '');
      await run('psql', ['-U', 'eve', '-d', 'shop'], '');
      await run('psql', ['-U', 'ann', '-d', 'nowhere'], '');
    });
    const csv = await readLog(logs.csv);
    const json = await readLog(logs.json);
    const stderr = await readLog(logs.stderr, { logLinePrefix: serverLinePrefix });
    expect([csv.format, json.format, stderr.format]).toEqual(['postgresql-csv', 'postgresql-json', 'postgresql']);
    expect(plain(json)).toEqual(plain(csv));
    expect(plain(stderr)).toEqual(plain(csv));

    const said = plain(csv);
    const ann = said.find(({ user, denied }) => user === 'ann' && denied === null);
    expect(ann).toMatchObject({
      database: 'shop',
      client: { ip: '127.0.0.1', software: 'psql' },
      reason: 'disconnection',
    });
    expect(ann?.queries).toMatchObject([
      { statement: `select 'it''s',\n\t'two lines' as "a ""b""";`, error: null },
      { statement: 'select 1/0;', error: 'division by zero', errorCode: '22012' },
      { statement: 'selec nothing;', error: 'syntax error at or near "selec"', errorCode: '42601' },
      { statement: 'create table t (id int, name text);', error: null },
      { statement: `insert into t values (1, E'\\\\x;\\t''quoted''');`, error: null },
    ]);
    for (const { durationMs, error } of ann?.queries ?? []) expect(durationMs === null).toBe(error !== null);

    const melsQueries = said.filter(({ user }) => user === 'mel').flatMap(({ queries }) => queries);
    const answers = melsQueries.filter(({ statement }) => statement.includes('answer'));
    expect(answers).toMatchObject([{ parameters: ['41'] }, { parameters: ['41'] }]);
    for (const { durationMs } of answers) expect(durationMs).toBeGreaterThan(0);

    expect(said.flatMap(({ user, database, denied }) => (denied === null ? [] : [[user, database, denied]]))).toEqual([
      ['locked', 'shop', 'password authentication failed for user "locked"'],
      ['eve', 'shop', 'role "eve" does not exist'],
      ['ann', 'nowhere', 'database "nowhere" does not exist'],
    ]);
  },
);

const pidOf = ({ session }: FoundSession): number => Number(session.labels?.['pid']);

/** What all three logs must agree on, in the order of their backends. */
const plain = ({ sessions }: FoundLog) =>
  sessions
    .toSorted((a, b) => pidOf(a) - pidOf(b))
    .map(({ session, queries, times, end }) => ({
      user: session.user.identity,
      database: session.labels?.['database'] ?? null,
      pid: session.labels?.['pid'],
      client: session.client,
      denied: session.denyReason,
      authInfo: session.authInfo,
      startedAtMs: session.startedAtMs,
      times,
      queries,
      endedAtMs: end?.atMs,
      reason: end?.reason,
    }));
