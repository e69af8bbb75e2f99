import { expect, test } from 'vitest';
import { type ExchangeKind, writeSessionLog } from '../../../src/format/session-log/session-log.ts';
import { isReading } from '../../../src/format/session-log/statement-kind.ts';
import type { RecordedEvent } from '../../../src/model/recorded-event.ts';
import { runsOf, written } from '../asciicast/asciicast-runs.ts';
import { goldenEvents } from '../events/golden-events.ts';

const startedAtMs = Date.UTC(2026, 0, 2, 3, 4, 5);

const linesOf = async (kind: ExchangeKind, events: readonly RecordedEvent[]): Promise<readonly unknown[]> => {
  const text = await written(writeSessionLog(kind, startedAtMs, runsOf(events, 10)));
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
};

const sql = (timeMs: number, id: string, statement: string): RecordedEvent => ({
  timeMs,
  code: 'sql',
  payload: [id, statement, { database: 'shop' }],
});
const sqlr = (timeMs: number, id: string, fields: object): RecordedEvent => ({
  timeMs,
  code: 'sqlr',
  payload: [id, fields],
});

test('a database is told by statement, with its result; rows are read or affected', async () => {
  const events = [
    sql(0, 'a', 'SELECT 1'),
    sql(5, 'b', 'update t set a = 1'),
    sqlr(7, 'b', { rowCount: 3, durationMs: 1.5 }),
    sqlr(9, 'a', { rowCount: 1, durationMs: 9 }),
    sql(10, 'c', 'DROP TABLE t'),
    sqlr(12, 'c', { errorCode: '42P01', error: 'table "t" does not exist' }),
    sql(20, 'd', 'SELECT pg_sleep(9)'),
  ];
  const line = (time: string, command: string, rest: object): object => ({
    time: `2026-01-02T03:04:05.${time}Z`,
    database: 'shop',
    command,
    status: 'success',
    duration: null,
    rows: null,
    affected_rows: null,
    result: null,
    ...rest,
  });
  expect(await linesOf('DATABASE', events)).toEqual([
    line('000', 'SELECT 1', { duration: 9, rows: 1 }),
    line('005', 'update t set a = 1', { duration: 1.5, affected_rows: 3 }),
    line('010', 'DROP TABLE t', { status: 'error', result: 'table "t" does not exist' }),
    line('020', 'SELECT pg_sleep(9)', { status: null }),
  ]);
});

test('HTTP is told by request, with its response', async () => {
  expect(await linesOf('HTTP', goldenEvents)).toEqual([
    {
      time: '2026-01-02T03:04:06.500Z',
      method: 'POST',
      url: 'https://example.com/a?b=c',
      http_version: 'HTTP/1.1',
      request_headers: [
        ['Host', 'example.com'],
        ['Accept', 'a'],
        ['Accept', 'b'],
      ],
      request_size: 3,
      status: 200,
      status_text: 'OK',
      response_headers: [['Content-Type', 'text/plain']],
      response_size: 4,
      duration: 12.5,
      timings: { blocked: null, dns: 1, connect: 2, ssl: null, send: 0.5, wait: 7, receive: 2 },
      server_address: '192.0.2.1',
      result: null,
    },
    {
      time: '2026-01-02T03:04:10.000Z',
      lost_events: 3,
      lost_bytes: 4096,
      result: 'something was lost here: the spool was full',
    },
  ]);
});

test('Kubernetes is told by request, with its response', async () => {
  const [line] = await linesOf('KUBERNETES', goldenEvents);
  expect(line).toEqual({
    time: '2026-01-02T03:04:08.000Z',
    verb: 'create',
    method: 'POST',
    uri: '/api/v1/namespaces/shop/pods/web-0/exec?command=sh',
    api_group: null,
    api_version: 'v1',
    resource: 'pods',
    subresource: 'exec',
    namespace: 'shop',
    name: 'web-0',
    user_agent: 'kubectl/v1.33.1',
    status: 101,
    duration: 20,
    result: 'Switching Protocols',
  });
});

test('an answer whose request is not there stands alone, and what has not its shape is passed over', async () => {
  const lines = await linesOf('DATABASE', [
    sqlr(3, 'x', { rowCount: 1 }),
    { timeMs: 4, code: 'sql', payload: [5] },
    { timeMs: 5, code: 'gap', payload: [{ lostEvents: 'many' }] },
  ]);
  expect(lines).toMatchObject([
    { time: '2026-01-02T03:04:05.003Z', command: null, rows: null, affected_rows: null },
    { time: '2026-01-02T03:04:05.005Z', result: 'something was lost here' },
  ]);
});

test.for([
  ['SELECT 1', true],
  ['  (select 1)', true],
  ['-- note\n/* a /* b */ ; WITH x AS (SELECT 1) SELECT 2', true],
  ['INSERT INTO t', false],
  ['\n\tdelete from t', false],
  ['-- only this', null],
  ['/* open', null],
  ['5', null],
  ['', null],
  ['/**/'.repeat(20_000), null],
] as const)('%j reads: %s', ([statement, expected]) => {
  expect(isReading(statement)).toBe(expected);
});
