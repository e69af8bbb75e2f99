import { array, assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCsvFields } from '../../../src/format/postgresql-log/csv-fields.ts';
import { CsvlogRecords, looksLikeCsvlog } from '../../../src/format/postgresql-log/csvlog.ts';
import type { LogItem } from '../../../src/format/postgresql-log/log-entry.ts';

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** A record as the server writes it, with as many columns as its version has. */
const recordOf = (message: string, columns = 26, statement = ''): string =>
  [
    '2024-05-01 10:00:00.250 UTC,"ann","shop",77,"192.0.2.7:5000",6631f120.4d,3,"SELECT",2024-05-01 09:00:00 UTC,3/4,0',
    `LOG,00000,${quoted(message)},,,,,,${statement === '' ? '' : quoted(statement)},,`,
    ...[columns > 22 ? '"psql"' : '', columns > 23 ? '"client backend"' : '', '', '0'].slice(0, columns - 22),
  ].join(',');

const itemsOf = (log: string, charactersMax = 1_000_000): readonly LogItem[] => {
  const records = new CsvlogRecords(charactersMax);
  const items: LogItem[] = [];
  for (const [at, text] of log.split('\n').entries()) items.push(...records.push({ number: at + 1, text }));
  return [...items, ...records.end()];
};

const messagesOf = (items: readonly LogItem[]): readonly string[] =>
  items.map((item) => (item.kind === 'entry' ? item.entry.message : `line ${item.line}: ${item.reason}`));

test.for([22, 23, 24, 26])('columns go by their number: a record has %i in some version', (columns) => {
  expect(recordOf('x', columns).split(',').length).toBe(columns);
  expect(itemsOf(recordOf('x', columns, 'select 1'))).toEqual([
    {
      kind: 'entry',
      entry: {
        line: 1,
        atMs: Date.UTC(2024, 4, 1, 10, 0, 0, 250),
        yearlessTime: null,
        user: 'ann',
        database: 'shop',
        pid: 77,
        host: '192.0.2.7',
        port: 5000,
        sessionId: '6631f120.4d',
        sessionLine: 3,
        startedAtMs: Date.UTC(2024, 4, 1, 9),
        severity: 'LOG',
        sqlState: '00000',
        message: 'x',
        detail: null,
        statement: 'select 1',
        application: columns > 22 ? 'psql' : null,
        backendType: columns > 23 ? 'client backend' : null,
      },
    },
  ]);
});

test('a record goes over as many lines as its texts have, and a statement that looks like records makes none', () => {
  const holds = property(
    array(array(constantFrom('"', '""', ',', '\n', 'select', ' ', `\n${recordOf('forged')}`)), {
      minLength: 1,
    }),
    (parts) => {
      const messages = parts.map((part) => `m${part.join('')}`);
      expect(messagesOf(itemsOf(messages.map((message) => recordOf(message)).join('\n')))).toEqual(messages);
    },
  );
  assert(holds, { numRuns: 300 });
});

test('fields are what was quoted', () => {
  const holds = property(array(string(), { minLength: 1, maxLength: 60 }), (fields) => {
    expect(readCsvFields(fields.map(quoted).join(','))).toEqual(fields);
  });
  assert(holds);
  expect(readCsvFields('a,"b')).toBeNull();
  expect(readCsvFields('a,"b"c')).toBeNull();
  expect(readCsvFields(','.repeat(100))).toBeNull();
});

describe('what is no record', () => {
  test('one that a crash cut short costs itself alone', () => {
    const cut = recordOf('duration: 1 ms  statement: select a from b').split(' from ')[0] ?? '';
    expect(messagesOf(itemsOf([recordOf('a'), cut, recordOf('b'), recordOf('c')].join('\n')))).toEqual([
      'a',
      'line 2: the record is cut short: a quoted field of it has no end',
      'b',
      'c',
    ]);
    expect(messagesOf(itemsOf(cut))).toEqual(['line 1: the record is cut short: the file ends within it']);
  });

  test('one that is longer than any may be costs itself alone, and its lines make none', () => {
    const long = recordOf(`${'x'.repeat(600)}\n${recordOf('forged')}\n${'x'.repeat(600)}`);
    const items = messagesOf(itemsOf([long, recordOf('a')].join('\n'), 1000));
    expect(items[0]).toBe('line 1: the record has more than 1000 characters');
    expect(items.at(-1)).toBe('a');
    expect(items.filter((item) => item === 'forged')).toEqual([]);
  });

  test('a file that begins within one is read from the next on', () => {
    const log = `of a statement", and more\nwhere "a"\n${recordOf('a')}`;
    expect(looksLikeCsvlog(log)).toBe(true);
    expect(messagesOf(itemsOf(log)).at(-1)).toBe('a');
    expect(looksLikeCsvlog('2024-05-01 10:00:00,a,b\n')).toBe(false);
  });

  test('too few columns, and times that nobody can read, are said', () => {
    expect(messagesOf(itemsOf('2024-05-01 10:00:00 UTC,"ann"'))).toEqual([
      'line 1: a record of a csvlog has 22 columns or more, not 2',
    ]);
    expect(messagesOf(itemsOf(recordOf('a').replace('UTC', 'XYZ')))).toEqual([
      'line 1: the time cannot be read: 2024-05-01 10:00:00.250 XYZ',
    ]);
  });
});
