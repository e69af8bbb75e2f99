import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { runProgram, temporaryFolder } from './program.ts';

const access = (second: number, request: string): string =>
  `192.0.2.7 - - [01/May/2026:10:00:${String(second).padStart(2, '0')} +0000] "${request}" 200 12 "-" "curl/8.5.0"`;
const ssh = 'May  1 10:00:00 bastion sshd[7]: Failed password for root from 192.0.2.9 port 4000 ssh2';

test('logs of a folder are known by their content, whatever they are called; what is no log says so; nothing is listed twice', async () => {
  await using folder = await temporaryFolder();
  const [data, logs] = [path.join(folder.path, 'data'), path.join(folder.path, 'logs')];
  await mkdir(logs);
  await writeFile(path.join(logs, 'access.log.1.gz'), gzipSync(`${access(1, 'GET /a HTTP/1.1')}\nnoise\nmore noise\n`));
  await writeFile(path.join(logs, 'auth'), `${ssh}\n`);
  await writeFile(path.join(logs, 'empty'), '');
  await writeFile(path.join(logs, 'picture.png'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]));
  const words = ['import', '--data', data, logs];
  const first = await runProgram([...words, '--json']);
  expect(first.code).toBe(1);
  const outcomes = first.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    .sort((one, other) => String(one['file']).localeCompare(String(other['file'])));
  expect(outcomes).toEqual([
    {
      file: path.join(logs, 'access.log.1.gz'),
      format: 'web-access',
      status: 'imported',
      sessionId: expect.any(String),
      recordingId: expect.any(String),
      sessions: 1,
      refusedSessions: 0,
      events: 2,
      skipped: {
        count: 2,
        first: [2, 3].map((line) => ({ line, reason: 'not in a format of access logs that this program knows' })),
      },
      reason: null,
      line: null,
    },
    expect.objectContaining({ format: 'sshd', status: 'imported', sessions: 1, events: 0, recordingId: null }),
    expect.objectContaining({ format: null, status: 'refused', reason: 'the file is empty' }),
    expect.objectContaining({ format: null, status: 'refused', reason: 'no format that this program knows' }),
  ]);
  const again = await runProgram(words);
  expect(again.stderr).toContain(
    `skipped 2 lines of ${path.join(logs, 'access.log.1.gz')}: 2 not in a format of access logs that this program knows\n`,
  );
  expect(again.stderr).toContain(`refused ${path.join(logs, 'empty')}: the file is empty\n`);
  expect(again.stderr).toContain('0 imported, 2 known, 2 refused\n');
  const listed = await runProgram(['list', '--data', data, '--json']);
  const sessions = listed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  expect(sessions.map(({ protocol, status, denyReason }) => [protocol, status, denyReason]).toSorted()).toEqual([
    ['HTTP', 'ENDED', null],
    ['SSH', 'DENIED', 'failed password'],
  ]);
});

test('--format says what files are: a word that is none is told with all that there are, and a file that is another is refused', async () => {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, 'auth.log');
  await writeFile(file, `${ssh}\n`);
  const wrong = await runProgram(['import', '--data', folder.path, '--format', 'tape', file]);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/Allowed choices are .*asciicast.*kubernetes-audit.*teleport.*sshd.*web-access/);
  const other = await runProgram(['import', '--data', folder.path, '--format', 'web-access', '--quiet', file]);
  expect(other).toMatchObject({ code: 1 });
  expect(other.stderr).toContain(
    `refused ${file}: line 1: there is no session in it: not in a format of access logs that this program knows\n`,
  );
});

test('--time-zone is the zone of times that name none', async () => {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, 'auth.log');
  await writeFile(file, `${ssh}\n`);
  const wrong = await runProgram(['import', '--data', folder.path, '--time-zone', 'Mars/Olympus', file]);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('Europe/Paris') });
  await runProgram(['import', '--data', folder.path, '--time-zone', 'Asia/Tokyo', file]);
  const listed = await runProgram(['list', '--data', folder.path, '--json']);
  expect(JSON.parse(listed.stdout)).toMatchObject({ startedAt: expect.stringMatching(/-05-01T01:00:00\.000Z$/) });
});
