import { expect, test } from 'vitest';
import { readLegacySudoLog, readSudoFields } from '../../../src/format/sudo-iolog/sudo-log.ts';
import { readSudoTiming } from '../../../src/format/sudo-iolog/sudo-timing.ts';

test('the three lines of older logs are read, also before they had a size', () => {
  expect(
    readLegacySudoLog('1611859113:bob:bob:ldap:/dev/console:24:80\n/var/tmp\n/usr/bin/less /etc/x\n'),
  ).toMatchObject({
    submittedAtMs: 1_611_859_113_000,
    submitUser: 'bob',
    runUser: 'bob',
    runGroup: 'ldap',
    terminal: '/dev/console',
    rows: 24,
    columns: 80,
    submitDirectory: '/var/tmp',
    command: '/usr/bin/less /etc/x',
  });
  expect(readLegacySudoLog('1611859113:bob:root::/dev/console\n/\n/bin/ls')).toMatchObject({
    rows: null,
    runGroup: null,
  });
  for (const text of ['', '12:30:45:1:2\nhello\nworld', '1:a:b:c:d\n/x\n', 'x:a:b:c:d\n/x\nls\n']) {
    expect(readLegacySudoLog(text)).toBeNull();
  }
});

test('a log in JSON is read: the command with its arguments, as a shell would want them', () => {
  const log = {
    timestamp: { seconds: 1_603_746_837, nanoseconds: 16_450_063 },
    command: '/usr/bin/ci',
    runargv: ['ci', '-u', 'two words', "it's"],
    submituser: 'millert',
    submithost: 'xerxes',
    exit_value: 1,
    columns: 80,
    lines: 1e9,
  };
  expect(readSudoFields(log)).toMatchObject({
    submittedAtMs: 1_603_746_837_016,
    command: "/usr/bin/ci -u 'two words' 'it'\\''s'",
    submitHost: 'xerxes',
    exitStatus: 1,
    columns: 80,
    rows: null,
  });
  for (const none of [null, 3, [], {}, { command: 5 }]) expect(readSudoFields(none)).toBeNull();
});

test('lines of timing are read: streams, sizes, suspensions, and the code of sudo 1.8.7', () => {
  expect(readSudoTiming('4 0.032200538 32')).toMatchObject({ stream: 'ttyout', size: 32 });
  expect(readSudoTiming('6 0.000000001 7')).toMatchObject({ stream: 'ttyout', size: 7 });
  expect(readSudoTiming('3 1.5 1')).toMatchObject({ stream: 'ttyin', delayUs: 1_500_000 });
  expect(readSudoTiming('5 0.1 40 100')).toMatchObject({ kind: 'size', rows: 40, columns: 100 });
  expect(readSudoTiming('7 0.002850082 TSTP')).toMatchObject({ kind: 'suspend', signal: 'TSTP' });
  for (const line of ['', '8 0.1 1', '4 0.1', '5 0.1 0 0', '4 -0.1 1', '4 0.1 x', '7 0.1 a b']) {
    expect(readSudoTiming(line)).toBeNull();
  }
});
