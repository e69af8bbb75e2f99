import { expect, test } from 'vitest';
import {
  fittingPrefixes,
  knownInnerPrefixes,
  knownPrefixes,
} from '../../../src/format/postgresql-log/known-prefixes.ts';
import { LinePrefix, type PrefixFields } from '../../../src/format/postgresql-log/line-prefix.ts';

const fieldsOf = (prefix: string, line: string): PrefixFields | null =>
  new LinePrefix(prefix).read(line)?.fields ?? null;

test('every escape of log_line_prefix is read', () => {
  const prefix = '%m|%t|%n|%a|%u|%d|%r|%h|%L|%b|%p|%P|%i|%e|%c|%l|%s|%v|%x|%Q|%% ';
  const line =
    '2024-05-01 10:00:00.250 UTC|2024-05-01 10:00:00 UTC|1714557600.250|my app|ann|shop|192.0.2.7(5000)|192.0.2.7|10.0.0.1|client backend|77|70|SELECT|00000|6631f120.4d|3|2024-05-01 09:00:00 UTC|3/4|0|-12|% LOG:  hi: there';
  expect(new LinePrefix(prefix).read(line)).toEqual({
    severity: 'LOG',
    text: 'hi: there',
    fields: {
      atMs: Date.UTC(2024, 4, 1, 10, 0, 0, 250),
      pid: 77,
      sessionId: '6631f120.4d',
      sessionLine: 3,
      startedAtMs: Date.UTC(2024, 4, 1, 9),
      user: 'ann',
      database: 'shop',
      host: '192.0.2.7',
      port: 5000,
      application: 'my app',
      backendType: 'client backend',
      sqlState: '00000',
    },
  });
});

test('%q ends it for processes of the server, and a padded escape has spaces around it', () => {
  const prefix = '%m [%6p] %q%-8u@%d ';
  expect(fieldsOf(prefix, '2024-05-01 10:00:00.250 +02 [    77] ann     @shop ERROR:  x')).toMatchObject({
    atMs: Date.UTC(2024, 4, 1, 8, 0, 0, 250),
    pid: 77,
    user: 'ann',
    database: 'shop',
  });
  expect(fieldsOf(prefix, '2024-05-01 10:00:00.250 +02 [    77] LOG:  checkpoint')).toMatchObject({
    pid: 77,
    user: null,
  });
  expect(fieldsOf(prefix, 'something LOG:  x')).toBeNull();
});

test('what is no log_line_prefix says why', () => {
  expect(() => new LinePrefix('%m %y ')).toThrow('%y is no escape of log_line_prefix');
  expect(() => new LinePrefix('x'.repeat(300))).toThrow('it has more than 256 characters');
  expect(fieldsOf('(.*)+[a-z]{3} %m ', '(.*)+[a-z]{3} 2024-05-01 10:00:00.250 UTC LOG:  x')).not.toBeNull();
});

test('the prefix that says most is found among those that are known', () => {
  const found = (...lines: readonly string[]): string | undefined => fittingPrefixes(lines, knownPrefixes)[0]?.text;
  expect(found('2024-05-01 10:00:00.250 UTC [77] LOG:  x')).toMatch(/^%m \[%p\] /);
  expect(found('2024-05-01 10:00:00.250 UTC [77] LOG:  x', '2024-05-01 10:00:00.250 UTC [77] a@b LOG:  x')).toBe(
    '%m [%p] %q%u@%d ',
  );
  expect(found('2024-05-01 10:00:00.250 UTC [77] [queryid=5] a@b LOG:  x')).toBe('%m [%p] [queryid=%Q] %u@%d ');
  expect(found('2024-05-01 10:00:00.250 UTC [77] 192.0.2.7 a@b LOG:  x')).toBe('%m [%p] %h %u@%d ');
  expect(found('nothing of the kind')).toBeUndefined();
});

test('no line makes the search long', () => {
  const spaces = `2024-05-01 10:00:00.250 UTC [77] ${'@ '.repeat(500_000)}`;
  for (const prefix of knownInnerPrefixes) expect(prefix.read(spaces)).toBeNull();
});
