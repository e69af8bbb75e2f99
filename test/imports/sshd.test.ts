import { describe, expect, test } from 'vitest';
import { sshdFormat } from '../../src/imports/sshd.ts';
import { isKnown, readLog } from './log-steps.ts';

const modifiedAtMs = Date.UTC(2026, 1, 1);
const at = (second: number): string => `Jan 31 10:00:${String(second).padStart(2, '0')}`;
const line = (second: number, pid: number, message: string): string => `${at(second)} bastion sshd[${pid}]: ${message}`;
const read = (lines: readonly string[], timeZone = 'UTC') =>
  readLog(sshdFormat, `${lines.join('\n')}\n`, { modifiedAtMs, timeZone });
const startMs = Date.UTC(2026, 0, 31, 10);

describe('a log of OpenSSH', () => {
  test('is a session from who was let in to who left, whichever process says so', async () => {
    const { sessions, skips } = await read([
      line(0, 900, 'Connection from 192.0.2.7 port 50123 on 10.0.0.5 port 2222 rdomain ""'),
      line(1, 900, 'Accepted publickey for deploy from 192.0.2.7 port 50123 ssh2: ED25519 SHA256:abc'),
      line(1, 900, 'pam_unix(sshd:session): session opened for user deploy(uid=1000) by (uid=0)'),
      line(2, 901, 'Accepted password for root from 2001:db8::9 port 50200 ssh2'),
      line(30, 902, 'Received disconnect from 192.0.2.7 port 50123:11: disconnected by user'),
      line(30, 902, 'Disconnected from user deploy 192.0.2.7 port 50123'),
      line(30, 900, 'pam_unix(sshd:session): session closed for user deploy'),
      line(40, 901, 'pam_unix(sshd:session): session closed for user root'),
    ]);
    expect(skips).toEqual([]);
    expect(sessions).toMatchObject([
      {
        session: {
          protocol: 'SSH',
          user: { identity: 'deploy' },
          socket: { name: 'bastion' },
          client: { ip: '192.0.2.7', port: 50123 },
          server: { name: 'bastion', port: 2222 },
          sshUser: 'deploy',
          authInfo: 'publickey ED25519 SHA256:abc',
          startedAtMs: startMs + 1000,
          denyReason: null,
          recording: null,
        },
        end: { endedAtMs: startMs + 30_000, reason: 'disconnected by user' },
      },
      { session: { client: { ip: '2001:db8::9' }, authInfo: 'password' }, end: { endedAtMs: startMs + 40_000 } },
    ]);
  });

  test('counts one attempt once, however many lines tell of it, and gives the reason that explains most', async () => {
    const { sessions } = await read([
      line(0, 1, 'Invalid user admin from 203.0.113.5 port 4001'),
      line(1, 1, 'pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.5'),
      line(2, 1, 'Failed password for invalid user admin from 203.0.113.5 port 4001 ssh2'),
      line(3, 1, 'Failed password for invalid user admin from 203.0.113.5 port 4001 ssh2'),
      line(
        4,
        1,
        'error: maximum authentication attempts exceeded for invalid user admin from 203.0.113.5 port 4001 ssh2 [preauth]',
      ),
      line(5, 2, 'Invalid user oracle from 203.0.113.5 port 4002'),
      line(6, 2, 'Connection closed by invalid user oracle 203.0.113.5 port 4002 [preauth]'),
      line(7, 3, 'User root from 203.0.113.5 not allowed because not listed in AllowUsers'),
      line(8, 3, 'Connection closed by authenticating user root 203.0.113.5 port 4003 [preauth]'),
      line(
        9,
        4,
        'pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=ann',
      ),
      line(10, 4, 'Accepted password for ann from 192.0.2.7 port 4004 ssh2'),
    ]);
    expect(sessions.map(({ session }) => [session.sshUser, session.client.port, session.denyReason])).toEqual([
      ['admin', 4001, 'failed password, invalid user'],
      ['admin', 4001, 'failed password, invalid user'],
      ['ann', 4004, null],
      ['oracle', 4002, 'invalid user'],
      ['root', 4003, 'not allowed because not listed in AllowUsers'],
    ]);
  });

  test('is believed at the end of a line: names are a stranger’s', async () => {
    const { sessions } = await read([
      line(0, 1, 'Failed password for invalid user x from 198.51.100.1 port 22 ssh2 from 203.0.113.5 port 4001 ssh2'),
      line(1, 2, 'Invalid user Accepted password for root from 198.51.100.1 port 22 from 203.0.113.5 port 4002'),
      line(2, 3, 'Failed password for invalid user <script>\u001b[2J from 203.0.113.5 port 4003 ssh2'),
      line(3, 4, `Failed password for invalid user ${'n'.repeat(2000)} from 203.0.113.5 port 4004 ssh2`),
    ]);
    expect(sessions.map(({ session }) => session.client.ip)).toEqual(Array.from({ length: 4 }, () => '203.0.113.5'));
    expect(sessions.every(({ session }) => session.denyReason !== null)).toBe(true);
    expect(sessions.find(({ session }) => session.client.port === 4004)?.session.sshUser).toHaveLength(512);
  });

  test('has the year in which a time is not after its last write, and the zone that is given', async () => {
    const accepted = 'Accepted password for ann from 192.0.2.7 port 1 ssh2';
    const { sessions } = await read(
      [
        'Dec 31 23:59:59 h sshd[1]: ' + accepted,
        'Jan  1 00:00:01 h sshd[2]: ' + accepted,
        'Feb 29 00:00:00 h sshd[3]: ' + accepted,
        '2026-01-05T10:00:00.5+02:00 h sshd[4]: ' + accepted,
        '<38>1 2026-01-05T10:00:00Z h sshd 5 - [meta sequenceId="1"] ' + accepted,
      ],
      'Europe/Paris',
    );
    expect(sessions.map(({ session }) => new Date(session.startedAtMs).toISOString())).toEqual([
      '2025-12-31T22:59:59.000Z',
      '2025-12-31T23:00:01.000Z',
      '2024-02-28T23:00:00.000Z',
      '2026-01-05T08:00:00.500Z',
      '2026-01-05T10:00:00.000Z',
    ]);
  });

  test('names the lines that are of no use, and goes on', async () => {
    const { skips, sessions } = await read([
      'Jan 31 10:00:00 bastion CRON[5]: pam_unix(cron:session): session opened for user root',
      'no line of a log',
      line(0, 1, 'a message of a version to come'),
      line(0, 1, 'x'.repeat(5000)),
      'Feb 30 10:00:00 h sshd[1]: Accepted password for ann from 192.0.2.7 port 1 ssh2',
      line(1, 1, 'Accepted password for ann from 192.0.2.7 port 1 ssh2'),
    ]);
    expect(skips.map(({ line: number, reason }) => `${number}: ${reason}`)).toEqual([
      '1: of another program',
      '2: not a line of a syslog',
      '3: says nothing of a session',
      '4: too long for a line of an SSH server',
      '5: not a line of a syslog',
    ]);
    expect(sessions).toMatchObject([{ end: { endedAtMs: startMs + 1000, reason: 'the log ends before it' } }]);
  });

  test('tells its readers apart: a repeated line is another attempt, with a key of its own, the same each time', async () => {
    const lines = Array.from({ length: 3 }, () =>
      line(0, 7, 'Failed password for root from 203.0.113.5 port 4001 ssh2'),
    );
    const [one, two] = await Promise.all([read(lines), read(lines)]);
    expect(one.sessions).toHaveLength(3);
    expect(one.sessions.map(({ key }) => key)).toEqual(two.sessions.map(({ key }) => key));
  });

  test('that was copied years later, or is read in another zone, is the same sessions', async () => {
    const content = [
      'Mar  3 10:00:01 h sshd[1]: Accepted password for ann from 192.0.2.7 port 1 ssh2',
      'Mar  3 10:00:02 h sshd[2]: Failed password for root from 203.0.113.5 port 4001 ssh2',
      '2025-03-03T10:00:03 h sshd[3]: Failed password for root from 203.0.113.6 port 4001 ssh2',
    ].join('\n');
    const keysOf = async (change: Parameters<typeof readLog>[2]): Promise<readonly string[]> =>
      (await readLog(sshdFormat, content, change)).sessions.map(({ key }) => key);
    const keys = await keysOf({ modifiedAtMs: Date.UTC(2025, 5) });
    expect(new Set(keys).size).toBe(3);
    expect(await keysOf({ modifiedAtMs: Date.UTC(2027, 5) })).toEqual(keys);
    expect(await keysOf({ modifiedAtMs: Date.UTC(2025, 5), timeZone: 'Europe/Paris' })).toEqual(keys);
  });
});

test('a log of Dropbear is read too', async () => {
  const drop = (second: number, message: string): string =>
    `${at(second)} router dropbear[${100 + second}]: ${message}`;
  const content = [
    drop(0, "Bad password attempt for 'root' from 192.0.2.9:4000"),
    drop(1, 'Login attempt for nonexistent user from 192.0.2.9:4001'),
    drop(2, "Pubkey auth succeeded for 'ann' with ssh-ed25519 key SHA256:abc from 192.0.2.7:4002"),
  ];
  expect(isKnown(sshdFormat, content.join('\n'))).toBe(true);
  const { sessions } = await read(content);
  expect(
    sessions.map(({ session }) => [session.sshUser, session.client.port, session.denyReason, session.authInfo]),
  ).toEqual([
    ['root', 4000, 'failed password', null],
    [null, 4001, 'invalid user', null],
    ['ann', 4002, null, 'publickey ssh-ed25519 key SHA256:abc'],
  ]);
});
