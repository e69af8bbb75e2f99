import { Command } from 'commander';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReadSession } from '../../src/client/read-session.ts';
import { eventLine, shownTime } from '../../src/cli/event-line.ts';
import { csvHead, sessionCsv } from '../../src/cli/session-csv.ts';
import { type FilterOptions, filterOf, withFilterOptions } from '../../src/cli/session-filter-options.ts';
import { SessionTable } from '../../src/cli/session-table.ts';
import { cellsOf, fitted } from '../../src/cli/text-cells.ts';
import { printable, printableJson } from '../../src/cli/printable.ts';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { joinRun } from '../../src/format/run-bytes.ts';
import { type TypedEvent, typedEvents } from '../../src/format/run-events.ts';
import type { SessionId, SocketId } from '../../src/model/ids.ts';
import { everySession, type SessionFilter } from '../../src/model/session-filter.ts';

const typedOf = (code: string, payload: readonly unknown[]): readonly TypedEvent[] => {
  const msgpack = joinRun(0, [
    { firstMs: 1500, lastMs: 1500, msgpack: encodeBatch([{ timeMs: 1500, code, payload }]) },
  ]);
  return [
    ...typedEvents({ firstEvent: 0, eventCount: 1, firstMs: 1500, lastMs: 1500, msgpack, carry: new Uint8Array(0) }),
  ];
};

const parse = (...words: readonly string[]): SessionFilter => {
  const command = withFilterOptions(new Command('list')).exitOverride();
  command.configureOutput({ writeErr: () => {} }).parse(words, { from: 'user' });
  return filterOf(command.opts<FilterOptions>());
};

test('without flags every session is wanted', () => {
  expect(parse()).toEqual(everySession);
});

test('each field of a filter has a flag', () => {
  const words =
    '--protocol ssh,database --protocol HTTP --status killed --upstream mysql --user ann --email a@example.com --socket-id 93227A7E-8724-4be5-a5c5-2729f615ac50 --socket a,b --socket c --client-ip 192.0.2.0/24 --country de --recording-state live,partial --no-killed --from 2026-11-22 --before 2026-11-22T14:05:00+01:00 --min-duration 1.5m';
  expect(parse(...words.split(' '), '--text', 'prod db')).toEqual({
    protocols: ['SSH', 'DATABASE', 'HTTP'],
    statuses: ['KILLED'],
    upstreams: ['mysql'],
    userIdentities: ['ann'],
    userEmails: ['a@example.com'],
    socketIds: ['93227a7e-8724-4be5-a5c5-2729f615ac50' as SocketId],
    socketNames: ['a,b', 'c'],
    clientIps: ['192.0.2.0/24'],
    countryCodes: ['DE'],
    recordingStates: ['LIVE', 'PARTIAL'],
    startedFromMs: Date.UTC(2026, 10, 22),
    startedBeforeMs: Date.UTC(2026, 10, 22, 13, 5),
    minDurationMs: 90_000,
    killed: false,
    text: 'prod db',
  } satisfies SessionFilter);
  expect(parse('--killed').killed).toBe(true);
  const { startedFromMs } = parse('--from', '2h');
  expect(Math.abs((startedFromMs ?? 0) - (Date.now() - 7_200_000))).toBeLessThan(60_000);
});

test.for<readonly [string, string, string]>([
  ['--protocol', 'gopher', 'must be of SSH, KUBERNETES'],
  ['--socket-id', 'db', 'must be a UUID'],
  ['--client-ip', '192.0.2.0/33', '/33'],
  ['--country', 'Germany', 'two letters'],
  ['--from', 'yesterday', 'must be such as'],
  ['--min-duration', 'long', 'must be seconds'],
  ['--user', 'x'.repeat(513), 'at most 512 characters'],
  ['--text', 'x'.repeat(501), 'at most 500 characters'],
])('%s %s is refused, and the message says what would do', ([flag, value, message]) => {
  expect(() => parse(flag, value)).toThrow(message);
});

const session: ReadSession = {
  sessionId: '93227a7e-8724-4be5-a5c5-2729f615ac50' as SessionId,
  protocol: 'SSH',
  upstream: 'ssh',
  status: 'ACTIVE',
  user: {
    identity: '=HYPERLINK("http://evil.example")',
    email: null,
    name: '漢字漢字漢字漢字漢字漢字漢字漢字漢字',
    picture: null,
    sub: null,
    nickname: null,
    isServiceAccount: false,
  },
  socket: { socketId: '93227a7e-8724-4be5-a5c5-2729f615ac51' as SocketId, name: '漢字'.repeat(20), protocol: 'SSH' },
  client: { ip: '192.0.2.7', port: 22, software: '\u001b]0;owned\u0007', location: null },
  server: { name: '@h', port: 22 },
  sshUser: '-root',
  startedAtMs: 0,
  lastSeenAtMs: 1000,
  endedAtMs: null,
  endReason: null,
  durationMs: 1000,
  authInfo: null,
  denyReason: null,
  attemptCount: 1,
  kill: null,
  labels: null,
  recordingState: 'LIVE',
  recordingStateReason: null,
};

test('a table never is wider than its terminal, and always has the whole id', () => {
  for (const width of [36, 40, 57, 80, 81, 100, 132, 180, 300]) {
    const table = new SessionTable(width);
    for (const line of [table.head(), table.line(session)]) expect(cellsOf(line)).toBeLessThanOrEqual(width);
    expect(table.line(session)).toContain(session.sessionId);
  }
  expect(new SessionTable(80).line(session)).toContain('=HYPERLINK(…');
});

test('a cell of CSV is no formula and has no control character; names and cells are as many', () => {
  const line = sessionCsv(session);
  expect(line).toContain(`"'=HYPERLINK(""http://evil.example"")"`);
  expect(line).toContain(",'-root,");
  expect(line).toContain(",'@h,");
  // oxlint-disable-next-line no-control-regex -- what must not be there
  expect(line).not.toMatch(/[\u0000-\u0009\u000b\u000c\u000e-\u001f]/);
  const plain = sessionCsv({ ...session, user: { ...session.user, identity: 'ann' } });
  expect(plain.split(',').length).toBe(csvHead().split(',').length);
});

test('wide characters take two cells, joined ones none, and a cut is where they end', () => {
  expect(['abc', 'é', 'e\u0301', '漢字', '👩‍💻', '⚠️', 'ﾊ'].map(cellsOf)).toEqual([3, 1, 1, 4, 2, 2, 1]);
  expect(fitted('漢字', 3)).toBe('漢…');
  expect(fitted('漢字漢', 4)).toBe('漢… ');
  expect(fitted('ab', 4)).toBe('ab  ');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, width) => {
      expect(cellsOf(fitted(printable(text), width))).toBe(width);
    }),
  );
});

test('JSON before a terminal says the same, and has no character that it obeys', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = printableJson(JSON.stringify({ text }));
      expect(JSON.parse(json)).toEqual({ text });
      // oxlint-disable-next-line no-control-regex -- what must not be there
      expect(json).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    }),
  );
});

test.for<readonly [string, readonly unknown[], string]>([
  ['sql', ['1', 'SELECT \u001b[2J', {}], String.raw`0:00:01.500  sql   1 SELECT \u{1b}[2J`],
  ['sqlr', ['1', { rowCount: 3, durationMs: 1.23456 }], '0:00:01.500  sqlr  1 3 rows in 1.235 ms'],
  ['req', ['7', { method: 'GET', url: 'https://x/' }], '0:00:01.500  req   7 GET https://x/'],
  ['k8sr', ['7', { status: 403, reason: 'Forbidden' }], '0:00:01.500  k8sr  7 403 Forbidden'],
  [
    'gap',
    [{ lostEvents: 5, lostBytes: null, cause: 'file is missing' }],
    '0:00:01.500  gap   lost: 5 events file is missing',
  ],
  ['later', ['x', { a: 1 }], '0:00:01.500  later x {"a":1}'],
])('an event %s is one line', ([code, payload, line]) => {
  const [typed] = typedOf(code, payload);
  expect(typed && eventLine(typed)).toBe(line);
});

test('times are hours, minutes, seconds and milliseconds', () => {
  expect([0, 61_001, 360_000_000].map(shownTime)).toEqual(['0:00:00.000', '0:01:01.001', '100:00:00.000']);
});
