import { expect, test } from 'vitest';
import { formatOf, isCompanion } from '../../src/imports/import-file.ts';
import { rawTerminalFormat } from '../../src/imports/raw-terminal.ts';
import { sudoEventsFormat } from '../../src/imports/sudo-events.ts';
import { readLog } from './log-steps.ts';
import { sudoIologFormat } from '../../src/imports/sudo-iolog.ts';
import { ttyrecFormat } from '../../src/imports/ttyrec.ts';
import { typescriptFormat } from '../../src/imports/typescript.ts';
import { output, writeTtyrec } from '../format/ttyrec/ttyrec-writer.ts';
import { testStartMs } from '../store/opened-folder.ts';
import { headOf, type MemoryFolder } from './memory-folder.ts';
import { bytesOf, readTerminal, written } from './read-terminal.ts';

const beganUs = 1_700_000_000_250_000;

test('a ttyrec is a session that began with its first frame, of the size that is said', async () => {
  const folder = { 'a.ttyrec': writeTtyrec([output(beganUs, 'one'), output(beganUs + 1_500_000, 'two')]) };
  const { sessions } = await readTerminal(ttyrecFormat, folder, 'a.ttyrec');
  expect(sessions).toMatchObject([
    {
      session: {
        protocol: 'SSH',
        startedAtMs: 1_700_000_000_250,
        recording: { kind: 'TERMINAL', columns: 80, rows: 24 },
        labels: { ttyrec: 1, size: 'assumed' },
      },
      end: { afterMs: 1500 },
    },
  ]);
  expect(written(sessions[0]?.events ?? [])).toEqual([
    [0, 'o', 'one'],
    [1500, 'o', 'two'],
  ]);
  const wide = await readTerminal(ttyrecFormat, folder, 'a.ttyrec', { columns: 132, rows: 50 });
  expect(wide.sessions[0]?.session).toMatchObject({ recording: { columns: 132, rows: 50 }, labels: { ttyrec: 1 } });
});

test('a ttyrec that is torn is kept with a gap that says what is lost; one without a frame is refused', async () => {
  const whole = writeTtyrec([output(beganUs, 'one'), output(beganUs + 1000, 'two')]);
  const torn = await readTerminal(ttyrecFormat, { f: whole.subarray(0, -1) }, 'f', {}, 1);
  expect(written(torn.sessions[0]?.events ?? [])).toEqual([
    [0, 'o', 'one'],
    [0, 'gap', { lostEvents: null, lostBytes: 14, cause: expect.stringContaining('frame 2 cannot be read') }],
  ]);
  expect(torn.skips).toEqual([expect.stringMatching(/^2: frame 2 cannot be read/)]);
  await expect(readTerminal(ttyrecFormat, { f: whole.subarray(0, 14) }, 'f')).rejects.toThrow('frame 1 cannot be read');
  await expect(readTerminal(ttyrecFormat, { f: '' }, 'f')).rejects.toThrow('the file is empty');
});

test('input of a ttyrec of two channels is input', async () => {
  const frames = [
    output(beganUs, 'out'),
    { timeUs: beganUs + 5000, channel: 1, bytes: Buffer.from('in') },
    { timeUs: beganUs + 6000, channel: 2, bytes: Buffer.from('score') },
    output(beganUs + 9000, 'more'),
  ];
  const file = writeTtyrec(frames, { isLittleEndian: true, hasChannel: true });
  const { sessions } = await readTerminal(ttyrecFormat, { f: file }, 'f');
  expect(written(sessions[0]?.events ?? [])).toEqual([
    [0, 'o', 'out'],
    [5, 'i', 'in'],
    [9, 'o', 'more'],
  ]);
});

const classic: MemoryFolder = {
  stdout: 'żółć!',
  'stdout.time': '1.25 3\n0.5 6\n',
  'meta.json': '{"term":{"columns":100,"lines":30}}',
};

test('script output is played by its times, whatever pieces it comes in; its other files are not taken for themselves', async () => {
  for (const pieceBytes of [1, 2, 5, 100]) {
    const { sessions } = await readTerminal(typescriptFormat, classic, 'stdout', {}, pieceBytes);
    const events = sessions[0]?.events ?? [];
    expect([...new Set(events.map(({ timeMs }) => timeMs))]).toEqual([1250, 1750]);
    expect(bytesOf(events, 'o').toString()).toBe('żółć!');
    expect(
      bytesOf(
        events.filter(({ timeMs }) => timeMs === 1250),
        'o',
      ),
    ).toHaveLength(3);
    expect(sessions[0]?.session).toMatchObject({ startedAtMs: testStartMs, recording: { columns: 100, rows: 30 } });
  }
  expect(formatOf(headOf(classic, 'stdout')).name).toBe('typescript');
  expect(Object.keys(classic).map((name) => isCompanion(headOf(classic, name)))).toEqual([false, true, true]);
});

const typed: MemoryFolder = {
  'out.log':
    'Script started on 2022-01-05 10:04:05+01:00 [TERM="xterm" TTY="/dev/pts/1" COLUMNS="90" LINES="20"]\nhello\r\nbye\r\n\nScript done on 2022-01-05 10:04:09+01:00 [COMMAND_EXIT_CODE="3"]\n',
  'in.log': 'Script started on 2022-01-05 10:04:05+01:00\nls\r\nScript done on 2022-01-05 10:04:09+01:00\n',
  'out.timing': [
    'H 0.000000 START_TIME 2022-01-05 10:04:05+01:00',
    'H 0.000000 TERM xterm',
    'H 0.000000 COLUMNS 90',
    'H 0.000000 LINES 20',
    'H 0.000000 SHELL /bin/bash',
    'H 0.000000 COMMAND ls',
    'H 0.000000 OUTPUT_LOG /home/me/out.log',
    'H 0.000000 INPUT_LOG /home/me/in.log',
    'I 0.500000 3',
    'O 0.250000 7',
    'S 0.250000 SIGWINCH ROWS=40 COLS=120',
    'S 0.000000 SIGTERM',
    'O 1.000000 5',
    'H 0.000000 DURATION 2.500000',
    'H 0.000000 EXIT_CODE 3',
    '',
  ].join('\n'),
};

test('a typed timing file gives sizes, signals, input, the exit and what was run; the lines around the output are not output', async () => {
  const { sessions } = await readTerminal(typescriptFormat, typed, 'out.log', {}, 4);
  const [found] = sessions;
  const events = found?.events ?? [];
  expect(found?.session).toMatchObject({
    startedAtMs: Date.UTC(2022, 0, 5, 9, 4, 5),
    recording: { columns: 90, rows: 20 },
    labels: { command: 'ls', shell: '/bin/bash', term: 'xterm', tty: '/dev/pts/1' },
  });
  expect(bytesOf(events, 'o').toString()).toBe('hello\r\nbye\r\n');
  expect(bytesOf(events, 'i').toString()).toBe('ls\r');
  expect(written(events.filter(({ code }) => !'io'.includes(code)))).toEqual([
    [1000, 'r', 120, 40],
    [1000, 'm', 'SIGTERM'],
    [2500, 'x', 3, null],
  ]);
  expect(found?.told).toEqual([]);
  expect(found?.end).toMatchObject({ afterMs: 2500 });
});

test('output without times, times without output, and output that ends early each say so', async () => {
  const { 'in.log': _input, ...withoutInput } = typed;
  expect((await readTerminal(typescriptFormat, withoutInput, 'out.log')).sessions[0]?.told).toEqual([
    '1 inputs have times, but the file with them is not beside the output',
  ]);
  const untimed = { t: 'Script started on 2022-01-05 10:04:05+01:00\nhi\r\n' };
  expect(written((await readTerminal(typescriptFormat, untimed, 't')).sessions[0]?.events ?? [])).toEqual([
    [0, 'o', 'hi\r\n'],
  ]);
  const lone = { 'a.time': '0.5 3\n0.5 2\n' };
  expect(formatOf(headOf(lone, 'a.time')).name).toBe('typescript');
  await expect(readTerminal(typescriptFormat, lone, 'a.time')).rejects.toThrow('whose output is not beside it');
  const early = await readTerminal(typescriptFormat, { a: 'abc', 'a.time': '0.5 2\n0.5 900\n' }, 'a');
  expect(written(early.sessions[0]?.events ?? [])).toEqual([
    [500, 'o', 'ab'],
    [1000, 'o', 'c'],
    [1000, 'gap', { lostEvents: null, lostBytes: 899, cause: 'the output ends before its times do' }],
  ]);
  const late = await readTerminal(typescriptFormat, { a: 'abcd', 'a.time': '0.5 2\n' }, 'a');
  expect(late.sessions[0]?.told).toEqual([
    '2 bytes of output come after the last line of timing: they stand at its end',
  ]);
  const broken = readTerminal(typescriptFormat, { a: 'abc', 'a.time': '0.5 2\nx\n0.5 1\n' }, 'a');
  await expect(broken).rejects.toMatchObject({ line: 2 });
  const named = readTerminal(typescriptFormat, { a: 'abc', elsewhere: '0.5 3\n' }, 'a', { timing: 'elsewhere' });
  expect((await named).sessions[0]?.end).toMatchObject({ afterMs: 500 });
});

const iolog: MemoryFolder = {
  log: '1645151020:millert:root::/dev/ttypb:24:80\n/home/millert\n/usr/bin/passwd\n',
  timing: '4 0.5 4\n3 0.25 2\n5 0.0 40 100\n7 0.25 TSTP\n7 1.0 CONT\n1 0.0 3\n4 0.5 3\n',
  ttyout: 'one\ntwo',
  ttyin: '*\r',
  stdout: 'out',
};

test('a sudo I/O log is one session of its folder: who, as whom, what, and what went through each stream', async () => {
  const { sessions } = await readTerminal(sudoIologFormat, iolog, 'log', {}, 3);
  const [found] = sessions;
  expect(found?.session).toMatchObject({
    upstream: 'sudo',
    user: { identity: 'millert' },
    sshUser: 'root',
    startedAtMs: 1_645_151_020_000,
    labels: { command: '/usr/bin/passwd', directory: '/home/millert', tty: '/dev/ttypb' },
  });
  const events = found?.events ?? [];
  expect(bytesOf(events, 'o').toString()).toBe('one\nouttwo');
  expect(bytesOf(events, 'i').toString()).toBe('*\r');
  expect(written(events.filter(({ code }) => !'io'.includes(code)))).toEqual([
    [0, 'cmd', '/usr/bin/passwd', { directory: '/home/millert', exitStatus: null }],
    [750, 'r', 100, 40],
    [1000, 'm', 'suspended (SIGTSTP)'],
    [2000, 'm', 'continued'],
  ]);
  expect(found?.end).toMatchObject({ afterMs: 2500 });
  expect(Object.keys(iolog).map((name) => isCompanion(headOf(iolog, name)))).toEqual([false, true, true, true, true]);
});

test('a sudo I/O log whose streams end early has a gap; one without times or streams is refused', async () => {
  const short = await readTerminal(sudoIologFormat, { ...iolog, ttyout: 'on' }, 'log');
  expect(written(short.sessions[0]?.events ?? [])).toContainEqual([
    2500,
    'gap',
    { lostEvents: null, lostBytes: 5, cause: 'ttyout ends before its times do' },
  ]);
  const { timing, log } = iolog;
  await expect(readTerminal(sudoIologFormat, { log: log ?? '' }, 'log')).rejects.toThrow('timing file');
  await expect(readTerminal(sudoIologFormat, { log: log ?? '', timing: timing ?? '' }, 'log')).rejects.toThrow(
    'ttyout',
  );
  const broken = readTerminal(sudoIologFormat, { ...iolog, timing: '4 0.5 4\nx\n4 0.5 1\n' }, 'log');
  await expect(broken).rejects.toMatchObject({ line: 2 });
});

test('raw bytes with a size are one moment, in pieces that cut no character', async () => {
  const text = 'żółć'.repeat(30_000);
  const folder = { 'a__x.recording': text, 'a__size.json': '{"columns":106,"screen_lines":30}' };
  expect(formatOf(headOf(folder, 'a__x.recording')).name).toBe('raw-terminal');
  expect(isCompanion(headOf(folder, 'a__size.json'))).toBe(true);
  const { sessions } = await readTerminal(rawTerminalFormat, folder, 'a__x.recording');
  const events = sessions[0]?.events ?? [];
  expect(sessions[0]?.session.recording).toMatchObject({ columns: 106, rows: 30 });
  expect(new Set(events.map(({ timeMs }) => timeMs))).toEqual(new Set([0]));
  expect(events.map(({ payload }) => Buffer.from(payload[0] as Uint8Array).toString()).join('')).toBe(text);
  await expect(readTerminal(rawTerminalFormat, { x: text }, 'x')).rejects.toThrow('need a size');
  const sized = await readTerminal(rawTerminalFormat, { x: 'hi' }, 'x', { columns: 10, rows: 5 });
  expect(sized.sessions[0]?.session.recording).toMatchObject({ columns: 10, rows: 5 });
});

test('sudo lines of a syslog: what was let run is a session that ends with its exit, what was not is DENIED with the reason', async () => {
  const log = [
    'Mar  1 02:44:33 xerxes sudo[12]:  millert : TTY=pts/1 ; PWD=/etc ; USER=root ; TSID=000001 ; COMMAND=/usr/bin/ci -u a ; b',
    'Mar  1 02:44:40 xerxes sudo[13]:    mallory : user NOT in sudoers ; TTY=pts/2 ; PWD=/ ; USER=root ; COMMAND=/bin/sh',
    'Mar  1 02:44:41 xerxes cron[14]: nothing of sudo',
    'Mar  1 02:45:33 xerxes sudo[12]:  millert : TTY=pts/1 ; PWD=/etc ; USER=root ; TSID=000001 ; COMMAND=/usr/bin/ci -u a ; b ; EXIT=1',
    '',
  ].join('\n');
  expect(formatOf(headOf({ log }, 'log')).name).toBe('sudo-events');
  const { sessions, skips } = await readTerminal(sudoEventsFormat, { log }, 'log');
  expect(sessions).toMatchObject([
    {
      session: {
        user: { identity: 'millert' },
        sshUser: 'root',
        server: { name: 'xerxes' },
        recording: null,
        denyReason: null,
      },
      end: { afterMs: 60_000, reason: 'exit status 1' },
    },
    { session: { user: { identity: 'mallory' }, denyReason: 'user NOT in sudoers' }, end: null },
  ]);
  expect(sessions[0]?.session.labels).toMatchObject({ command: '/usr/bin/ci -u a ; b' });
  expect(skips).toEqual(['3: not a command of sudo']);
});

test('sudo events in JSON, in one object with the same names again and again, or one a line', async () => {
  const time = (seconds: number) => ({ seconds, nanoseconds: 5_000_000 });
  const accept = {
    uuid: 'u1',
    submit_time: time(100),
    submituser: 'a',
    command: '/bin/ls',
    runuser: 'root',
    submithost: 'h',
  };
  const reject = { ...accept, uuid: 'u2', reason: 'command not allowed' };
  const events = [
    { accept },
    { reject },
    { exit: { uuid: 'u1', server_time: time(107), exit_value: 2 } },
    { alert: accept },
  ];
  const lines = events.map((event) => `@cee:${JSON.stringify({ sudo: event })}\n`).join('');
  const members = events.map((event) => JSON.stringify(event, null, 4).split('\n').slice(1, -1).join('\n'));
  for (const log of [lines, `{\n${members.join(',\n')}\n}\n`]) {
    expect(formatOf(headOf({ log }, 'log')).name).toBe('sudo-events');
    const { sessions, skips } = await readTerminal(sudoEventsFormat, { log }, 'log');
    expect(sessions).toMatchObject([
      { session: { startedAtMs: 100_005 }, end: { afterMs: 7000, reason: 'exit status 2' } },
      { session: { denyReason: 'command not allowed' } },
    ]);
    expect(skips).toHaveLength(1);
  }
});

test("a log of sudo's commands that was copied years later, or is read in another zone, is the same sessions", async () => {
  const line = (pid: number, command: string): string =>
    `Mar  3 10:00:01 h sudo[${pid}]:   ann : TTY=pts/0 ; PWD=/home/ann ; USER=root ; COMMAND=${command}`;
  const content = `${line(1, '/bin/ls')}\n${line(2, '/bin/ls')}\n${line(3, '/bin/id')}\n`;
  const keysOf = async (change: Parameters<typeof readLog>[2]): Promise<readonly string[]> =>
    (await readLog(sudoEventsFormat, content, change)).sessions.map(({ key }) => key);
  const keys = await keysOf({ modifiedAtMs: Date.UTC(2025, 5) });
  expect(new Set(keys).size).toBe(3);
  expect(await keysOf({ modifiedAtMs: Date.UTC(2027, 5), timeZone: 'Europe/Paris' })).toEqual(keys);
});
