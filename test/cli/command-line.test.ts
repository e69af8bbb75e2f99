import path from 'node:path';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { nearestName } from '../../src/cli/nearest-name.ts';
import { printable } from '../../src/cli/printable.ts';
import { readListen } from '../../src/cli/settings.ts';
import { ended, projectRoot, runProgram, startProgram, startServerProcess, temporaryFolder } from './program.ts';

test('--version prints the version of package.json, and --help the verbs', async () => {
  const { version } = JSON.parse(await readFile(path.join(projectRoot, 'package.json'), 'utf8')) as { version: string };
  const [said, help] = await Promise.all([runProgram(['--version']), runProgram(['--help'])]);
  expect(said).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  expect(help.code).toBe(0);
  for (const verb of ['serve', 'import', 'list', 'show', 'export', 'verify', 'reindex', 'token', 'audit'])
    expect(help.stdout).toContain(`  ${verb} `);
});

test.for([
  [['serv'], 'Did you mean serve?'],
  [['serve', '--lisen', '127.0.0.1:0'], 'Did you mean --listen?'],
  [['serve', '--listen', 'nowhere'], 'must be HOST:PORT with a port from 0 to 65535'],
  [['serve', '--listen', '127.0.0.1:65536'], 'must be HOST:PORT with a port from 0 to 65535'],
  [['serve', '--log-level', 'loud'], 'error, warn, info, debug, silent'],
  [['list', '--limit', '1001'], 'from 1 to 1000'],
  [['import', '--started-at', 'yesterday', 'x'], 'must be a time such as'],
  [['import'], "missing required argument 'file'"],
] as const)('reeltime %j is refused, and the message says what would do', async ([words, message]) => {
  const { code, stdout, stderr } = await runProgram(words);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
});

test('a setting that nobody knows is refused with the nearest name', async () => {
  const { code, stderr } = await runProgram(['list'], { env: { REELTIME_DTA: 'x' } });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'reeltime: unknown setting REELTIME_DTA: did you mean REELTIME_DATA?\n',
  });
});

test('flags win over the environment, and the environment over defaults', async () => {
  await using folder = await temporaryFolder();
  const [flag, setting] = [path.join(folder.path, 'flag'), path.join(folder.path, 'setting')];
  await using byFlag = await startServerProcess(flag, [], { env: { REELTIME_DATA: setting } });
  expect(byFlag.greeting).toContain(flag);
  await using bySetting = await startServerProcess(setting, ['--data', setting], {
    env: { REELTIME_LISTEN: '127.0.0.1:1', REELTIME_ADMIN_TOKEN: 'a-token-that-somebody-chose' },
  });
  expect(bySetting.url).not.toContain(':1/');
  const listed = await runProgram(['list'], { env: { REELTIME_DATA: setting } });
  expect(listed).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('a token that people chose has no white space, and one that may be guessed is warned of', async () => {
  await using folder = await temporaryFolder();
  const words = ['serve', '--data', folder.path, '--listen', '127.0.0.1:0'];
  const spaced = await runProgram(words, { env: { REELTIME_ADMIN_TOKEN: 'two words' } });
  expect(spaced).toMatchObject({
    code: 2,
    stderr: 'reeltime: the admin token in REELTIME_ADMIN_TOKEN must not be empty, and must have no white space\n',
  });
  const child = startProgram(words, { env: { REELTIME_ADMIN_TOKEN: 'secret' } });
  child.stdout?.on('data', (text: Buffer) => text.includes('listening on') && child.kill('SIGTERM'));
  const { code, stderr } = await ended(child);
  expect(code).toBe(0);
  expect(stderr).toContain('so short that it may be guessed');
  expect(stderr).not.toContain('secret');
});

test('an IPv6 host is written in brackets', () => {
  expect(readListen('[::1]:4800')).toEqual({ host: '::1', port: 4800 });
  expect(readListen('localhost:0')).toEqual({ host: 'localhost', port: 0 });
});

test('a name is near when few letters differ', () => {
  expect(nearestName('REELTIME_LISTN', ['REELTIME_DATA', 'REELTIME_LISTEN'])).toBe('REELTIME_LISTEN');
  expect(nearestName('zzz', ['data', 'listen'])).toBeNull();
});

test('what somebody else named is written out for a terminal: no control character, no change of direction', () => {
  expect(printable('\u001b[2Jroot\r\n\u202egpj')).toBe(String.raw`\u{1b}[2Jroot\u{d}\u{a}\u{202e}gpj`);
  expect(printable('zażółć 漢字 👩‍💻')).toBe('zażółć 漢字 👩‍💻');
});
