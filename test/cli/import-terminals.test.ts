import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { corpusDir, corpusTest } from '../require.ts';
import { runProgram, temporaryFolder } from './program.ts';

type Outcome = {
  readonly file: string;
  readonly format: string;
  readonly status: string;
  readonly reason: string | null;
};

corpusTest('import takes a terminal of the size that is given, and bzip2 by its content', async () => {
  await using folder = await temporaryFolder();
  const fileAt = (name: string): string => path.join(folder.path, name);
  const run = async (...words: readonly string[]): Promise<readonly Outcome[]> => {
    const { stdout, stderr } = await runProgram(['import', '--json', '-q', '--data', fileAt('data'), ...words]);
    expect(stderr).toMatch(/imported/);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Outcome);
  };
  await writeFile(fileAt('screen'), 'hello');
  await writeFile(fileAt('output'), 'hello');
  await writeFile(fileAt('its times'), '0.5 5\n');
  const ttyrec = path.join(corpusDir ?? '', 'ttyrec', 'gitpan__Term-TtyRec-Plus', 'simple.ttyrec.bz2');
  await copyFile(ttyrec, fileAt('unnamed'));
  await writeFile(fileAt('broken'), 'BZh91AY&SY and then nothing of it');
  expect(await run(fileAt('screen'), '--format', 'raw-terminal', '--columns', '90', '--rows', '30')).toMatchObject([
    { status: 'imported', format: 'raw-terminal', events: 1 },
  ]);
  const outcomes = await run(fileAt('unnamed'), fileAt('broken'));
  expect(outcomes.toSorted((one, other) => (one.status < other.status ? -1 : 1))).toMatchObject([
    { status: 'imported', format: 'ttyrec', events: 5 },
    { status: 'refused', reason: expect.stringContaining('it cannot be read') },
  ]);
});
