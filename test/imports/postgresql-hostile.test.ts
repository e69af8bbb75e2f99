import { array, assert, asyncProperty, constantFrom, integer, record, string } from 'fast-check';
import { expect, test } from 'vitest';
import { NotARecording } from '../../src/format/asciicast/not-a-recording.ts';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { postgresqlCsvFormat, postgresqlJsonFormat, postgresqlTextFormat } from '../../src/imports/postgresql.ts';
import { EVENT_BYTES_MAX, IMPORT_LINE_BYTES_MAX } from '../../src/model/limits.ts';
import { noDefaults, sourceOf } from './importing.ts';
import { allSteps, readLog } from './postgresql-steps.ts';

/** Pieces of what logs hold, to be put together wrongly. */
const messages = constantFrom(
  'LOG:  connection received: host=192.0.2.7 port=99999',
  'LOG:  connection authorized: user=ann database=shop',
  'LOG:  disconnection: session time: 9:00:00.000 user=ann database=shop host=[local]',
  'LOG:  statement: select 1',
  'LOG:  duration: 99999999999.000 ms',
  'LOG:  duration: 12.000 ms  bind <unnamed>: select $1',
  'LOG:  duration: 12.000 ms  plan:',
  'LOG:  AUDIT: SESSION,1,2,READ,SELECT,,,"select 1",<none>',
  'LOG:  AUDIT: OBJECT,1,1,READ,SELECT,TABLE,public.t,<previously logged>,<previously logged>',
  "DETAIL:  parameters: $1 = 'a', $2 = NULL, $",
  'ERROR:  division by zero at character 7',
  'FATAL:  password authentication failed for user "ann"',
  'FATAL:  terminating connection due to administrator command',
  'STATEMENT:  select 1',
  '\tand "more" of it, \u0000\ud800',
  '',
);
const whos = constantFrom('', 'ann@shop ', '[unknown]@[unknown] ', '@ ', '__proto__@<b> ');
const anyLine = record({
  second: integer({ min: 0, max: 59 }),
  pid: integer({ min: 1, max: 3 }),
  who: whos,
  message: messages,
});

test('lines in any order make sessions, and events at whole times after their beginning', async () => {
  await assert(
    asyncProperty(array(anyLine, { maxLength: 40 }), async (lines) => {
      const log = lines
        .map(({ second, pid, who, message }) => {
          const isRest = message === '' || message.startsWith('\t');
          return isRest
            ? message
            : `2024-05-01 10:00:${String(second).padStart(2, '0')}.000 UTC [${pid}] ${who}${message}`;
        })
        .join('\n');
      const { sessions } = await readLog(log);
      for (const { session, times } of sessions) {
        expect(session.startedAtMs).toBeGreaterThanOrEqual(0);
        expect(
          Number.isInteger(session.startedAtMs) && times.every((timeMs) => Number.isInteger(timeMs) && timeMs >= 0),
        ).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

test('no bytes whatever make a reader fail in a way that has no name', async () => {
  const fragments = constantFrom(
    '2024-05-01 10:00:00.000 UTC [7] ann@shop LOG:  statement: ',
    '2024-05-01 10:00:00.000 UTC,"ann","shop",7,"[local]",6631f120.7,1,"",2024-05-01 10:00:00 UTC,3/4,0,LOG,00000,"statement: select',
    '{"timestamp":"2024-05-01 10:00:00.000 UTC","pid":7,"error_severity":"LOG","message":"statement: select"',
    '{"record":{"log_time":{},"error_severity":[]},"logger":"postgres","__proto__":{}}',
    'Feb 11 13:15:40 db1 postgres[7]: [5-2] #011',
    '"',
    ',',
    '\n',
    '\r\n',
    '}',
    '\u0000',
  );
  await assert(
    asyncProperty(array(constantFrom('fragment', 'text')), array(fragments), string(), async (kinds, parts, text) => {
      const log = parts.map((part, at) => (kinds[at] === 'text' ? text : part)).join('');
      for (const format of [postgresqlCsvFormat, postgresqlJsonFormat, postgresqlTextFormat]) {
        const source = { ...sourceOf(log, 7), modifiedAtMs: Date.UTC(2026, 0) };
        const [read] = await Promise.allSettled([allSteps(format, source, { defaults: noDefaults })]);
        if (read.status === 'rejected') expect(read.reason).toBeInstanceOf(NotARecording);
      }
    }),
    { numRuns: 200 },
  );
});

test('a statement beyond what an event holds is cut, with its real length beside it; a line beyond what a line holds is skipped', async () => {
  const prefix = '2024-05-01 10:00:00.000 UTC [7] ann@shop ';
  const long = 'é'.repeat(EVENT_BYTES_MAX);
  const log = [
    `${prefix}LOG:  statement: ${long}`,
    `${prefix}DETAIL:  parameters: $1 = '${long}'`,
    `${prefix}LOG:  statement: ${'x'.repeat(IMPORT_LINE_BYTES_MAX)}`,
    `${prefix}LOG:  statement: select 1`,
  ].join('\n');
  const steps = await allSteps(postgresqlTextFormat, sourceOf(log));
  const events = steps.flatMap((step) => (step.kind === 'events' ? step.events : []));
  expect(events.map(({ code }) => code)).toEqual(['sql', 'sql']);
  const batch = encodeBatch(events);
  expect(batch.length).toBeLessThan(EVENT_BYTES_MAX + 1000);
  expect(steps).toContainEqual({ kind: 'skip', line: 3, reason: 'the line has more than 16777216 bytes' });
});
