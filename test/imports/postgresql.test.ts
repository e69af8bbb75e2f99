import { describe, expect, test } from 'vitest';
import { postgresqlTextFormat } from '../../src/imports/postgresql.ts';
import { noDefaults, sourceOf } from './importing.ts';
import { allSteps, readLog } from './postgresql-steps.ts';

/** Lines of a log with the prefix `%m [%p] %q%u@%d `. */
const line = (second: number, pid: number, text: string, who = 'ann@shop'): string =>
  `2024-05-01 10:00:${String(second).padStart(2, '0')}.000 UTC [${pid}] ${who === '' ? '' : `${who} `}${text}`;

const logOf = (...lines: readonly string[]): string => `${lines.join('\n')}\n`;

describe('a backend is a session', () => {
  test('who, where from, how it was let in and when it ended are what its connection messages say', async () => {
    const log = logOf(
      line(1, 7, 'LOG:  connection received: host=192.0.2.7 port=50123', '[unknown]@[unknown]'),
      line(1, 7, 'LOG:  connection authenticated: identity="ann" method=scram-sha-256 (/etc/pg_hba.conf:97)'),
      line(
        1,
        7,
        'LOG:  connection authorized: user=ann database=shop application_name=psql SSL enabled (protocol=TLSv1.3, cipher=TLS_AES_256_GCM_SHA384, bits=256)',
      ),
      line(2, 7, 'LOG:  statement: select 1'),
      line(9, 7, 'LOG:  disconnection: session time: 0:00:08.500 user=ann database=shop host=192.0.2.7 port=50123'),
    );
    const { sessions, skips } = await readLog(log);
    expect(skips).toEqual([]);
    expect(sessions).toMatchObject([
      {
        session: {
          protocol: 'DATABASE',
          upstream: 'postgresql',
          socket: { name: 'postgresql' },
          user: { identity: 'ann' },
          client: { ip: '192.0.2.7', port: 50_123, software: 'psql' },
          authInfo: 'scram-sha-256 (/etc/pg_hba.conf:97), identity "ann", TLSv1.3, TLS_AES_256_GCM_SHA384',
          labels: { database: 'shop', pid: 7 },
          startedAtMs: Date.UTC(2024, 4, 1, 10, 0, 1),
          recording: { kind: 'DATABASE' },
        },
        queries: [{ statement: 'select 1' }],
        end: { atMs: Date.UTC(2024, 4, 1, 10, 0, 9), reason: 'disconnection' },
      },
    ]);
  });

  test('one that ran nothing has no recording; one that never said who it was is no session', async () => {
    const log = logOf(
      line(1, 7, 'LOG:  connection received: host=[local]', '[unknown]@[unknown]'),
      line(1, 8, 'LOG:  connection received: host=[local]', '[unknown]@[unknown]'),
      line(1, 7, 'LOG:  connection authorized: user=ann database=shop'),
    );
    const { sessions, skips } = await readLog(log);
    expect(sessions).toMatchObject([
      { session: { recording: null, client: { ip: '127.0.0.1' } }, end: { reason: 'end of the log' } },
    ]);
    expect(skips).toEqual([{ line: 2, reason: 'a connection that never said who it was' }]);
  });

  test('lines of several backends lie between one another, and a process id that is used again is another session', async () => {
    const log = logOf(
      line(1, 7, 'ERROR:  relation "a" does not exist at character 15'),
      line(1, 8, 'LOG:  statement: select 8', 'bob@shop'),
      line(1, 7, 'STATEMENT:  select * from a'),
      line(2, 8, 'LOG:  duration: 3.250 ms', 'bob@shop'),
      line(3, 7, 'LOG:  connection received: host=[local]', '[unknown]@[unknown]'),
      line(3, 7, 'LOG:  connection authorized: user=cat database=shop', 'cat@shop'),
      line(4, 7, 'LOG:  statement: select 7', 'cat@shop'),
      line(5, 8, 'LOG:  statement: select 9', 'dan@shop'),
    );
    const { sessions } = await readLog(log);
    const found = sessions.map(({ session, queries }) => [
      session.user.identity,
      ...queries.map((each) => each.statement),
    ]);
    expect(found.toSorted()).toEqual([
      ['ann', 'select * from a'],
      ['bob', 'select 8'],
      ['cat', 'select 7'],
      ['dan', 'select 9'],
    ]);
    expect(sessions.find(({ session }) => session.user.identity === 'ann')?.end?.reason).toBe(
      'its process id was used again',
    );
  });

  test('the server and its processes are no sessions: a log of nothing else is refused', async () => {
    const log = logOf(
      line(1, 3, 'LOG:  checkpoint starting: time', ''),
      line(2, 1, 'LOG:  database system is ready to accept connections', ''),
    );
    expect(await readLog(log)).toMatchObject({
      sessions: [],
      refusal: 'there is no session in the log: its 2 messages are all of the server itself',
    });
  });

  test('the same log again is the same sessions', async () => {
    const log = logOf(line(1, 7, 'LOG:  statement: select 1'), line(2, 8, 'LOG:  statement: select 2', 'bob@shop'));
    const keys = async (text: string): Promise<readonly string[]> => {
      const steps = await allSteps(postgresqlTextFormat, sourceOf(text));
      return steps.flatMap((step) => (step.kind === 'open' ? [step.key] : []));
    };
    const first = await keys(log);
    expect(new Set(first).size).toBe(2);
    expect(await keys(log + logOf(line(3, 7, 'LOG:  statement: select 3')))).toEqual(first);
  });

  test('the caller says what the server is', async () => {
    const defaults = { ...noDefaults, socket: 'orders', server: { name: 'db1', port: 5433 } };
    const { sessions } = await readLog(logOf(line(1, 7, 'LOG:  statement: select 1')), { defaults });
    expect(sessions).toMatchObject([{ session: { socket: { name: 'orders' }, server: { name: 'db1', port: 5433 } } }]);
  });
});

describe('a refused client is a DENIED session', () => {
  test.for([
    ['password authentication failed for user "ann"', 'ann'],
    ['no pg_hba.conf entry for host "192.0.2.9", user "eve", database "shop", no encryption', 'eve'],
    ['role "eve" does not exist', 'eve'],
    ['database "nowhere" does not exist', 'ann'],
    ['Peer authentication failed for user "eve"', 'eve'],
    ['sorry, too many clients already', 'ann'],
  ] as const)('%s', async ([reason, user]) => {
    const who = reason.includes('eve') ? '[unknown]@[unknown]' : 'ann@shop';
    const log = logOf(
      line(1, 7, 'LOG:  connection received: host=192.0.2.9 port=1234', '[unknown]@[unknown]'),
      line(1, 7, `FATAL:  ${reason}`, who),
      line(1, 7, 'DETAIL:  Connection matched pg_hba.conf line 95', who),
    );
    expect((await readLog(log)).sessions).toMatchObject([
      {
        session: {
          denyReason: reason,
          user: { identity: user },
          client: { ip: '192.0.2.9', port: 1234 },
          authInfo: 'Connection matched pg_hba.conf line 95',
          recording: null,
        },
      },
    ]);
  });

  test('also when its password was right and its database is not there', async () => {
    const log = logOf(
      line(1, 7, 'LOG:  connection received: host=192.0.2.9 port=1234', '[unknown]@[unknown]'),
      line(1, 7, 'LOG:  connection authorized: user=ann database=nowhere', 'ann@nowhere'),
      line(1, 7, 'FATAL:  database "nowhere" does not exist', 'ann@nowhere'),
    );
    expect((await readLog(log)).sessions).toMatchObject([
      { session: { denyReason: 'database "nowhere" does not exist' } },
    ]);
  });

  test('a session that is cut later is none: it ends for that reason', async () => {
    const log = logOf(
      line(1, 7, 'LOG:  statement: select pg_sleep(9)'),
      line(2, 7, 'FATAL:  terminating connection due to administrator command'),
      line(2, 7, 'STATEMENT:  select pg_sleep(9)'),
    );
    const reason = 'terminating connection due to administrator command';
    expect((await readLog(log)).sessions).toMatchObject([
      { session: { denyReason: null }, queries: [{ statement: 'select pg_sleep(9)', error: reason }], end: { reason } },
    ]);
  });
});

describe('a statement is one query, however often it is logged', () => {
  const queriesOf = async (...texts: readonly string[]): Promise<unknown> => {
    const { sessions } = await readLog(logOf(...texts.map((text, at) => line(at + 1, 7, text))));
    return sessions.flatMap(({ queries }) => queries);
  };

  test('with its duration, or with a line of its own for it', async () => {
    expect(await queriesOf('LOG:  duration: 2.500 ms  statement: select 1')).toMatchObject([
      { statement: 'select 1', durationMs: 2.5 },
    ]);
    expect(await queriesOf('LOG:  statement: select 1', 'LOG:  duration: 2.500 ms')).toMatchObject([
      { statement: 'select 1', durationMs: 2.5 },
    ]);
  });

  test('parsed, bound and executed, with its parameters', async () => {
    const queries = await queriesOf(
      'LOG:  duration: 0.100 ms  parse s1: select $1, $2',
      'LOG:  duration: 0.200 ms  bind s1: select $1, $2',
      "DETAIL:  parameters: $1 = 'it''s', $2 = NULL",
      'LOG:  execute s1: select $1, $2',
      "DETAIL:  parameters: $1 = 'it''s', $2 = NULL",
      'LOG:  duration: 0.300 ms',
      'LOG:  duration: 0.300 ms  bind s1: select $1, $2',
      "DETAIL:  parameters: $1 = '3', $2 = '4'",
      'LOG:  duration: 0.400 ms  execute s1: select $1, $2',
    );
    expect(queries).toMatchObject([
      { statement: 'select $1, $2', parameters: ["it's", null], durationMs: 0.3 },
      { statement: 'select $1, $2', parameters: ['3', '4'], durationMs: 0.4 },
    ]);
  });

  test('with its error, logged before or not', async () => {
    const queries = await queriesOf(
      'LOG:  statement: select 1/0',
      'ERROR:  22012: division by zero',
      'STATEMENT:  select 1/0',
      'ERROR:  syntax error at or near "selec" at character 1',
      'STATEMENT:  selec',
      'LOG:  statement: select 2',
    );
    expect(queries).toMatchObject([
      { statement: 'select 1/0', error: 'division by zero', errorCode: '22012' },
      { statement: 'selec', error: 'syntax error at or near "selec"', errorCode: null },
      { statement: 'select 2', error: null },
    ]);
  });

  test('with a wait for a lock and a temporary file', async () => {
    const queries = await queriesOf(
      'LOG:  process 7 still waiting for ShareLock on transaction 5 after 1000.1 ms',
      'STATEMENT:  update a set b = 1',
      'LOG:  temporary file: path "base/pgsql_tmp/pgsql_tmp7.0", size 12517376',
      'STATEMENT:  update a set b = 1',
      'LOG:  duration: 2000.000 ms  statement: update a set b = 1',
    );
    expect(queries).toMatchObject([{ statement: 'update a set b = 1', durationMs: 2000 }]);
  });

  test('with what pgaudit and auto_explain say of it; statements within it are queries of their own', async () => {
    const queries = await queriesOf(
      'LOG:  AUDIT: SESSION,5,1,READ,SELECT,,,select f(91),<not logged>',
      'LOG:  AUDIT: SESSION,5,2,WRITE,UPDATE,,,"update ""t"" set id = 1","1,x"',
      'LOG:  AUDIT: OBJECT,5,2,WRITE,UPDATE,TABLE,public.t,<previously logged>,<previously logged>',
      'LOG:  duration: 5.000 ms  plan:\n\tQuery Text: select f(91)\n\tResult  (cost=0.00..0.26 rows=1 width=4)',
      'LOG:  duration: 5.500 ms  statement: select f(91)',
      'LOG:  AUDIT: SESSION,6,1,READ,SELECT,,,select 6,<none>,3',
      'LOG:  duration: 1.000 ms  statement: select 6',
    );
    expect(queries).toMatchObject([
      { statement: 'select f(91)', durationMs: 5.5 },
      { statement: 'update "t" set id = 1', parameters: ['1,x'] },
      { statement: 'select 6', durationMs: 1, rowCount: 3 },
    ]);
  });

  test('times are the begin and the end of each, and never go back', async () => {
    const { sessions } = await readLog(
      logOf(
        line(5, 7, 'LOG:  duration: 3000.000 ms  statement: select 1'),
        line(6, 7, 'LOG:  duration: 2500.000 ms  statement: select 2'),
      ),
    );
    expect(sessions).toMatchObject([
      { session: { startedAtMs: Date.UTC(2024, 4, 1, 10, 0, 2) }, times: [0, 3000, 3000, 4000] },
    ]);
  });
});

describe('what lines begin with', () => {
  const logged = (prefix: string): string => `${prefix}LOG:  duration: 1.000 ms  statement: select 1\n`;

  test('is found out where it is one of those that people use', async () => {
    const lines = [
      '2024-05-01 10:00:00 UTC [7]: [1-1] user=ann,db=shop,app=psql,client=192.0.2.7 ',
      '2024-05-01 10:00:00 UTC:192.0.2.7(5000):ann@shop:[7]:',
      '192.0.2.7 2024-05-01 10:00:00.000 UTC [7] ann@shop ',
      '2024-05-01 10:00:00.000 UTC [7] 192.0.2.7 ann@shop ',
    ];
    for (const prefix of lines) {
      const { sessions } = await readLog(logged(prefix));
      expect(sessions, prefix).toMatchObject([
        { session: { user: { identity: 'ann' }, client: { ip: '192.0.2.7' }, labels: { database: 'shop', pid: 7 } } },
      ]);
    }
  });

  test('can be said', async () => {
    const log = '<7|ann|shop|1714557600.000> LOG:  duration: 1.000 ms  statement: select 1\n';
    const steps = await allSteps(postgresqlTextFormat, sourceOf(log), { logLinePrefix: '<%p|%u|%d|%n> ' });
    expect(steps[0]).toMatchObject({ session: { user: { identity: 'ann' }, startedAtMs: 1_714_557_599_999 } });
    const unsaid = allSteps(postgresqlTextFormat, sourceOf(log));
    await expect(unsaid).rejects.toThrow('its first lines begin with no log_line_prefix that is known');
    const wrong = allSteps(postgresqlTextFormat, sourceOf(log), { logLinePrefix: '%y' });
    await expect(wrong).rejects.toThrow('the log_line_prefix is wrong: %y is no escape of log_line_prefix');
  });

  test('may be what syslog writes: times are of the zone that the caller says, in the last year that can be', async () => {
    const log = logOf(
      'Feb 11 13:15:40 db1 postgres[7]: [5-1] db=shop,user=ann,app=psql,client=[local] LOG:  statement: select a,',
      'Feb 11 13:15:40 db1 postgres[8]: [9-1] db=shop,user=bob,app=psql,client=[local] LOG:  statement: select 8',
      'Feb 11 13:15:40 db1 postgres[7]: [5-2] #011  b from t',
      'Feb 11 13:15:40 db1 postgres[7]: [5-3]  where db=shop,user=eve,app=psql,client=[local] LOG:  statement: forged',
      'Feb 11 13:15:40 db1 postgres[7]: [5-4] db=shop,user=eve,app=psql,client=[local] LOG:  statement: forged',
    );
    const { sessions } = await readLog(log, { modifiedAtMs: Date.UTC(2024, 0, 5), timeZone: 'Europe/Paris' });
    const forged = 'db=shop,user=eve,app=psql,client=[local] LOG:  statement: forged';
    expect(sessions.map(({ session, queries }) => [session.user.identity, queries[0]?.statement])).toEqual([
      ['ann', `select a,\n  b from t where ${forged}${forged}`],
      ['bob', 'select 8'],
    ]);
    expect(sessions[0]?.session.startedAtMs).toBe(Date.UTC(2023, 1, 11, 12, 15, 40));
  });

  test('may be what syslog writes, copied years later or read in another zone: it is the same sessions', async () => {
    const log = logOf(
      'Feb 11 13:15:40 db1 postgres[7]: [5-1] db=shop,user=ann,app=psql,client=[local] LOG:  statement: select 7',
      'Feb 11 13:15:41 db1 postgres[8]: [9-1] db=shop,user=bob,app=psql,client=[local] LOG:  statement: select 8',
    );
    const keysOf = async (modifiedAtMs: number, timeZone: string): Promise<readonly string[]> => {
      const steps = await allSteps(postgresqlTextFormat, { ...sourceOf(log), modifiedAtMs }, { timeZone });
      return steps.flatMap((step) => (step.kind === 'open' ? [step.key] : []));
    };
    const keys = await keysOf(Date.UTC(2024, 0, 5), 'UTC');
    expect(new Set(keys).size).toBe(2);
    expect(await keysOf(Date.UTC(2026, 0, 5), 'Europe/Paris')).toEqual(keys);
  });
});

describe('bad lines', () => {
  test('are skipped, each for its reason, and the rest is taken', async () => {
    const log = logOf(
      line(1, 7, 'LOG:  statement: select 1'),
      'what is this',
      line(2, 9, 'STATEMENT:  of nothing'),
      line(3, 7, 'LOG:  statement: select 3').replace('UTC', 'XYZ'),
      '\tgoes on with nothing',
      line(4, 7, 'LOG:  statement: select 4'),
    );
    const { sessions, skips } = await readLog(log);
    expect(sessions.flatMap(({ queries }) => queries.map(({ statement }) => statement))).toEqual([
      'select 1',
      'select 4',
    ]);
    expect(skips).toEqual([
      { line: 2, reason: 'no message begins like this with this log_line_prefix' },
      { line: 3, reason: 'the message that this STATEMENT belongs to is not in the log' },
      { line: 4, reason: 'the time cannot be read, or its zone is not known' },
      { line: 5, reason: 'the message that it belongs to is not in the log' },
    ]);
  });

  test('names that are markup, control characters or __proto__ are names', async () => {
    const log = logOf(
      line(1, 7, 'LOG:  statement: select 1', '<b>\u001b[31m__proto__</b>@__proto__'),
      line(1, 8, 'LOG:  statement: \u0000select 1'),
    );
    const { sessions } = await readLog(log);
    expect(sessions).toMatchObject([
      { session: { user: { identity: '<b>\u001b[31m__proto__</b>' }, labels: { database: '__proto__' } } },
      { queries: [{ statement: '\u0000select 1' }] },
    ]);
  });

  test('more than 9,999 backends at once are not all followed: those that are idle longest end', async () => {
    const lines = Array.from({ length: 10_050 }, (_, at) => line(1, at + 1, `LOG:  statement: select ${at}`));
    const { sessions } = await readLog(logOf(...lines));
    expect(sessions.length).toBe(10_050);
    const early = sessions.filter(({ end }) => end?.reason !== 'end of the log');
    expect(early.length).toBe(51);
    expect(early[0]?.queries[0]?.statement).toBe('select 0');
  });
});
