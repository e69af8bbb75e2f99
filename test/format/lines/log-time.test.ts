import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { instantIn, readCommonLogTime, readInstant, readIsoTime } from '../../../src/format/lines/log-time.ts';
import { readSyslogLine, withYear } from '../../../src/format/lines/syslog-line.ts';

test('an instant is the same as Date says, in every way to write its zone', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }), (date) => {
      const text = date.toISOString();
      expect(readInstant(text)).toBe(date.getTime());
      expect(readInstant(text.replace('Z', '999+00:00'))).toBe(date.getTime());
      expect(readInstant(text.replace('.', ',').replace('T', ' ').replace('Z', '-0000'))).toBe(date.getTime());
      expect(readIsoTime(text.replace('Z', ''))).toEqual({ asUtcMs: date.getTime() });
    }),
  );
  expect(readInstant('2026-05-01T10:00:00+02:00')).toBe(Date.UTC(2026, 4, 1, 8));
  expect(readCommonLogTime('01/May/2026:10:00:00 -0330')).toBe(Date.UTC(2026, 4, 1, 13, 30));
  for (const text of ['', 'yesterday', '2026-13-01T00:00:00Z', '2026-05-01', '01/Foo/2026:10:00:00 +0000']) {
    expect([readInstant(text), readCommonLogTime(text)]).toEqual([null, null]);
  }
});

test('a time of a zone is when its clocks show it; the first time of an hour that is twice', () => {
  const at = (zone: string, text: string): string =>
    new Date(instantIn(zone, { asUtcMs: Date.parse(`${text}Z`) })).toISOString();
  expect(at('UTC', '2026-07-01T12:00:00')).toBe('2026-07-01T12:00:00.000Z');
  expect(at('Europe/Paris', '2026-07-01T12:00:00')).toBe('2026-07-01T10:00:00.000Z');
  expect(at('Europe/Paris', '2026-01-01T12:00:00')).toBe('2026-01-01T11:00:00.000Z');
  expect(at('Asia/Kathmandu', '2026-01-01T12:00:00')).toBe('2026-01-01T06:15:00.000Z');
  // Clocks go back at 03:00 to 02:00, and forward at 02:00 to 03:00.
  expect(at('Europe/Paris', '2026-10-25T02:30:00')).toBe('2026-10-25T00:30:00.000Z');
  expect(at('Europe/Paris', '2026-10-25T03:00:00')).toBe('2026-10-25T02:00:00.000Z');
  expect(['2026-03-29T00:30:00.000Z', '2026-03-29T01:30:00.000Z']).toContain(at('Europe/Paris', '2026-03-29T02:30:00'));
});

test('a time without a year is the latest that is not after the last write, and never a day that is none', () => {
  const written = Date.UTC(2026, 0, 10);
  const year = (month: number, day: number): string | undefined => {
    const local = withYear({ month, day, timeMs: 0 }, written);
    return local === null ? undefined : new Date(local.asUtcMs).toISOString().slice(0, 10);
  };
  expect([year(0, 10), year(0, 11), year(0, 12), year(11, 31), year(1, 29), year(1, 30)]).toEqual([
    '2026-01-10',
    '2026-01-11',
    '2025-01-12',
    '2025-12-31',
    '2024-02-29',
    undefined,
  ]);
});

test('a line of a syslog says when, which host, program and process, and what', () => {
  const message = 'it: says [this]';
  const common = { host: 'h', program: 'sshd', pid: 12, message };
  for (const line of [
    `Jan  2 03:04:05 h sshd[12]: ${message}`,
    `<38>Jan 2 03:04:05 h sshd[12]: ${message}`,
    `2026-01-02T03:04:05.000001+00:00 h sshd[12]: ${message}`,
    `<38>1 2026-01-02T03:04:05Z h sshd 12 - [meta a="b\\]" c="]"][x@1] ${message}`,
    `<38>1 2026-01-02T03:04:05Z h sshd 12 - - ${message}`,
  ]) {
    expect(readSyslogLine(line)).toMatchObject(common);
  }
  expect(readSyslogLine('Jan  2 03:04:05 h su: said')).toMatchObject({ program: 'su', pid: null, message: 'said' });
  for (const line of ['', 'Foo  2 03:04:05 h p: m', 'Jan 32 03:04:05 h p: m', 'Jan  2 24:00:00 h p: m', 'text']) {
    expect(readSyslogLine(line)).toBeNull();
  }
});

test('a leap second is the end of the second before it; a day that no month has is none', () => {
  const lastMs = Date.UTC(2016, 11, 31, 23, 59, 59);
  expect(readInstant('2016-12-31T23:59:60.5Z')).toBe(lastMs + 999);
  expect(readCommonLogTime('31/Dec/2016:23:59:60 +0000')).toBe(lastMs + 999);
  expect(readSyslogLine('Dec 31 23:59:60 h sshd[1]: x')?.time).toEqual({ month: 11, day: 31, timeMs: 86_399_000 });
  expect(readInstant('2023-02-29T00:00:00Z')).toBe(null);
  expect(readCommonLogTime('31/Apr/2016:00:00:00 +0000')).toBe(null);
  expect(readInstant('2024-02-29T24:00:00Z')).toBe(Date.UTC(2024, 2, 1));
});
