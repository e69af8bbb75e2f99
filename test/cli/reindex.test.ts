import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ask, runProgram, sample, startServerProcess, temporaryFolder } from './program.ts';

type Listed = { readonly sessionId: string };

const everyState = '{ sessions { nodes { recordingState } } }';
const statesOf = (answer: unknown): readonly string[] =>
  (answer as { data: { sessions: { nodes: readonly { recordingState: string }[] } } }).data.sessions.nodes.map(
    ({ recordingState }) => recordingState,
  );

const run = async (verb: string, data: string, ...words: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await runProgram([verb, '--data', data, ...words]);
  if (code !== 0) throw new Error(`${verb} ended with ${code}: ${stderr}`);
  return stdout;
};

const listed = async (data: string): Promise<readonly Listed[]> =>
  (await run('list', data, '--json', '--limit', '100'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Listed);

/** What people see of the folder: the list, and each session's recording. */
const seen = async (data: string, sessionIds: readonly string[]): Promise<readonly unknown[]> =>
  Promise.all([listed(data), ...sessionIds.map((sessionId) => run('export', data, sessionId))]);

const loseCatalog = async (data: string): Promise<void> => {
  for (const ending of ['', '-wal', '-shm']) await rm(path.join(data, `catalog.db${ending}`), { force: true });
};

const samples = ['fish-prompt-emoji.cast', 'vim-machine-learning.cast'].map(sample);

test('a catalog that was deleted comes back from the files: every session, and every export byte for byte', async () => {
  await using folder = await temporaryFolder();
  const data = folder.path;
  await run('import', data, '--quiet', '--user', 'maya', '--socket', 'bastion', '--ssh-user', 'root', ...samples);
  const sessionIds = (await listed(data)).map(({ sessionId }) => sessionId);
  const before = await seen(data, sessionIds);
  await loseCatalog(data);
  const strange = path.join(data, 'recordings', 'strange.rec.zst');
  await writeFile(strange, 'not a recording');

  const first = await runProgram(['reindex', '--data', data]);
  expect(first).toMatchObject({ code: 1, stdout: '' });
  expect(first.stderr).toContain('the catalog is gone, and a new one is made');
  expect(first.stderr).toContain('strange.rec.zst: left where it is: it does not begin with the header of a recording');
  expect(first.stderr).toContain(
    '2 recordings and 2 sessions restored, 0 known, 1 refused; 2 are sealed by a key that this installation does not have\n',
  );
  expect(await seen(data, sessionIds)).toEqual(before);

  await rm(strange);
  expect(await runProgram(['reindex', '--data', data])).toEqual({
    code: 0,
    stdout: '',
    stderr: '0 recordings and 0 sessions restored, 2 known, 0 refused\n',
  });
  const [verified, again] = await Promise.all([runProgram(['verify', '--data', data]), listed(data)]);
  expect(again).toEqual(before[0]);
  expect(verified.code).toBe(1);
  expect(verified.stdout).toContain('the seal is signed by a key that this installation does not have');
  expect(verified.stdout).toContain('\n0 recordings hold, 0 do not, 2 are signed by a key that is not there\n');
});

test("a server's copy of the catalog put back, and reindex after it, lose nothing; beside a server it is refused", async () => {
  await using folder = await temporaryFolder();
  const data = path.join(folder.path, 'data');
  await mkdir(data);
  {
    await using server = await startServerProcess(data);
    await run('import', data, '--quiet', ...samples.slice(0, 1));
    await expect.poll(async () => statesOf(await ask(server, everyState)), { timeout: 20_000 }).toEqual(['COMPLETE']);
    const refused = await runProgram(['reindex', '--data', data]);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('another reeltime writes to the data folder');
    const copies = path.join(data, 'copies');
    await expect
      .poll(async () => (await readdir(copies)).filter((name) => name.endsWith('Z.db')), { timeout: 20_000 })
      .toHaveLength(1);
    await run('import', data, '--quiet', ...samples.slice(1));
    // Sealing follows the import soon; until then the last events are in the catalog alone.
    await expect
      .poll(async () => statesOf(await ask(server, everyState)), { timeout: 20_000 })
      .toEqual(['COMPLETE', 'COMPLETE']);
  }
  const sessionIds = (await listed(data)).map(({ sessionId }) => sessionId);
  const before = await seen(data, sessionIds);
  const [copy] = await readdir(path.join(data, 'copies'));
  await loseCatalog(data);
  await copyFile(path.join(data, 'copies', copy ?? ''), path.join(data, 'catalog.db'));
  {
    await using server = await startServerProcess(data);
    // What the copy knows is brought to where its file is; what came after the copy is in its file, for reindex.
    const states = statesOf(await ask(server, everyState));
    expect(states).toEqual(states.map(() => 'COMPLETE'));
    expect(states.length).toBeLessThan(2);
  }
  await run('reindex', data);
  expect(await seen(data, sessionIds)).toEqual(before);
  expect(await run('verify', data)).toBe('2 recordings hold, 0 do not\n');
});
