import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { corpusDir, corpusTest, pathOfTool, toolTest } from '../require.ts';
import { runProgram, startServerProcess, temporaryFolder } from './program.ts';

const tools = ['asciinema', 'script', 'python3'] as const;
const asciinemaTest =
  corpusDir === null ? corpusTest : toolTest(tools.find((tool) => pathOfTool(tool) === null) ?? 'asciinema');

/**
 * asciinema itself, as Debian ships it, run on one file after the other without starting Python anew: prints a line for each
 * file on standard error, with its exit status.
 */
const everyFile = `
import sys, os
sys.path[:0] = ["/usr/lib/python3/dist-packages"]
from asciinema.__main__ import main
for name in sorted(os.listdir(".")):
    sys.argv = ["asciinema"] + words + [name]
    try:
        main()
        status = 0
    except SystemExit as end:
        status = end.code or 0
    sys.stdout.flush()
    print(name, status, file=sys.stderr)
`;

type Outcome = { readonly file: string; readonly recordingId: string; readonly status: string };

asciinemaTest(
  'every cast that was imported is downloaded as one that asciinema cat and asciinema play take',
  async () => {
    await using folder = await temporaryFolder();
    const data = path.join(folder.path, 'data');
    const { stdout } = await runProgram(['import', '--json', '--data', data, path.join(corpusDir ?? '', 'cast')]);
    const outcomes = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Outcome);
    const imported = outcomes.filter(({ status }) => status === 'imported');
    expect(imported.length).toBeGreaterThan(100);
    await using server = await startServerProcess(data);
    const casts = path.join(folder.path, 'casts');
    await mkdir(casts);
    for (const { recordingId } of imported) {
      const headers = { 'x-access-token': server.token };
      const response = await fetch(`${server.url}/recordings/${recordingId}.cast`, { headers });
      await writeFile(path.join(casts, `${recordingId}.cast`), await response.text());
    }
    for (const words of [['cat'], ['play', '-s', '1000', '-i', '0.01']]) {
      const program = path.join(folder.path, 'every-file.py');
      await writeFile(program, `words = ${JSON.stringify(words)}\n${everyFile}`);
      const ended = path.join(folder.path, `${words[0]}.ended`);
      // asciinema wants a terminal even to print: script gives it one.
      const command = `/usr/bin/python3 '${program}' 2> '${ended}' > /dev/null`;
      execFileSync('script', ['-qec', command, '/dev/null'], { cwd: casts, stdio: 'ignore' });
      const lines = (await readFile(ended, 'utf8')).trim().split('\n');
      expect({ words, lines }).toEqual({
        words,
        lines: imported.map(({ recordingId }) => `${recordingId}.cast 0`).sort(),
      });
    }
  },
);
