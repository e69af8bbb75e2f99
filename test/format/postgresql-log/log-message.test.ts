import { readFileSync } from 'node:fs';
import path from 'node:path';
import { array, assert, constantFrom, option, property } from 'fast-check';
import { expect, test } from 'vitest';
import { readLogMessage } from '../../../src/format/postgresql-log/log-message.ts';
import { readLogTime, readSyslogTime } from '../../../src/format/postgresql-log/log-time.ts';
import { PARAMETERS_CHARACTERS_MAX, readParameters } from '../../../src/format/postgresql-log/parameters.ts';
import { readAuditRecord } from '../../../src/format/postgresql-log/pgaudit.ts';
import { corpusDir, corpusTest } from '../../require.ts';

test.for([
  ['duration: 0.027 ms  statement: ', { phase: 'statement', statement: '', durationMs: 0.027 }],
  ['duration: 1.5 ms  parse a: b: select 1', { phase: 'parse', statement: 'b: select 1', durationMs: 1.5 }],
  ['execute fetch from <unnamed>/C_1: select 1', { phase: 'execute', statement: 'select 1', durationMs: null }],
  ['duration: 2 ms  bind S_1/p: select\n 1', { phase: 'bind', statement: 'select\n 1', durationMs: 2 }],
  ['duration: 2 ms', { kind: 'duration', durationMs: 2 }],
  [
    'duration: 2 ms  plan:\nQuery Text: select\n 1\nResult  (cost=0.00..0.01 rows=1 width=4)',
    { phase: 'plan', statement: 'select\n 1' },
  ],
  ['fastpath function call: "lo_open" (OID 952)', { statement: 'fastpath function call: "lo_open" (OID 952)' }],
  [
    'disconnection: session time: 1:02:03.004 user=a database=b host=::1 port=5',
    { sessionMs: 3_723_004, host: '::1', port: 5 },
  ],
  ['replication connection authorized: user=a application_name=b c', { user: 'a', application: 'b c', database: null }],
  ['duration: many ms', { kind: 'other' }],
  ['checkpoint starting: time', { kind: 'other' }],
] as const)('%s', ([message, expected]) => {
  expect(readLogMessage(message)).toMatchObject(expected);
});

test('parameters are what the server quoted', () => {
  const value = option(array(constantFrom("'", "''", '$2 = ', ', ', 'NULL', 'x', '\n')).map((parts) => parts.join('')));
  const holds = property(array(value, { minLength: 1 }), (values) => {
    const texts = values.map(
      (text, at) => `$${at + 1} = ${text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`}`,
    );
    expect(readParameters(`Parameters: ${texts.join(', ')}`)).toEqual(values);
  });
  assert(holds);
  expect(readParameters('prepare: prepare foo (int) as select $1;')).toBeNull();
  expect(readParameters("parameters: $1 = 'cut he")).toEqual(['cut he']);
});

test('long parameters are cut, with their real length beside them', () => {
  const [long, after] = readParameters(`parameters: $1 = '${'x'.repeat(200_000)}', $2 = 'y'`) ?? [];
  expect(long?.length).toBeLessThan(PARAMETERS_CHARACTERS_MAX + 50);
  expect(long).toMatch(/… \[200000 characters\]$/);
  expect(after).toBeUndefined();
});

test('times have a zone by letters or by numbers, or are none', () => {
  const noon = Date.UTC(2024, 4, 1, 12);
  expect(readLogTime('2024-05-01 14:00:00 CEST')).toBe(noon);
  expect(readLogTime('2024-05-01 12:00:00.125 UTC')).toBe(noon + 125);
  expect(readLogTime('2024-05-01 17:30:00 +0530')).toBe(noon);
  expect(readLogTime('2024-05-01T09:00:00.123456789-03:00')).toBe(noon + 123);
  expect(readLogTime('2024-02-30 12:00:00 UTC')).toBeNull();
  expect(readLogTime('2024-05-01 12:00:00 NOWHERE')).toBeNull();
  expect(readLogTime('1960-05-01 12:00:00 UTC')).toBeNull();
  expect(readSyslogTime('Feb 29 12:00:00', Date.UTC(2023, 5))).toBe(Date.UTC(2020, 1, 29, 12));
  expect(readSyslogTime('Feb 30 12:00:00', Date.UTC(2023, 5))).toBeNull();
});

corpusTest("pgaudit's own records are read, and no other line is one", () => {
  const file = path.join(corpusDir ?? '', 'db-postgres/pgaudit__pgaudit/pgaudit-records.txt');
  const text = readFileSync(file, 'utf8');
  const messages = text
    .split(/^(?=(?:NOTICE|WARNING): {2})/m)
    .map((message) => message.replace(/^\w+: {2}/, '').trimEnd());
  const records = messages.map((message) => readAuditRecord(message));
  expect(records.filter((record) => record === null)).toEqual([]);
  expect(records.length).toBe(text.match(/AUDIT: /g)?.length);
  expect(records.filter((record) => record?.statement === null).length).toBe(
    text.match(/,<previously logged>,/g)?.length,
  );
  expect(records[11]).toEqual({
    type: 'SESSION',
    statementId: 1,
    substatementId: 1,
    class: 'DDL',
    command: 'CREATE TABLE',
    objectType: 'TABLE',
    objectName: 'public.test',
    statement: 'CREATE TABLE public.test\n(\n\tid INT\n);',
    parameters: null,
    rowCount: null,
  });
  expect(readAuditRecord('AUDIT: SESSION,1,1,READ,SELECT,,,"select')).toBeNull();
});
