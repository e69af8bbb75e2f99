import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A program of the tests' that runs in a process of its own. Disposing kills it. */
export type Child = AsyncDisposable & {
  readonly process: ChildProcess;
  /** Every line that it printed so far. */
  readonly lines: string[];
  /** Resolves with the first line, printed before or after, of which this is true. @throws when it ends without one */
  readonly line: (isIt: (text: string) => boolean) => Promise<string>;
  /** Resolves when it has ended and all its lines are here. */
  readonly ended: Promise<{
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly errors: string;
  }>;
};

/** Begins a script of test/ with this Node. @param before what comes before node on the command line, such as strace */
export const startChild = (script: string, words: readonly string[], before: readonly string[] = []): Child => {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  const [command = '', ...rest] = [...before, process.execPath, path, ...words];
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
  const lines: string[] = [];
  let wanted: {
    isIt: (text: string) => boolean;
    resolve: (text: string) => void;
    reject: (error: Error) => void;
  } | null = null;
  let errors = '';
  child.stderr.on('data', (text: Buffer) => void (errors += text.toString()));
  child.stdin.on('error', () => {});
  const reading = createInterface({ input: child.stdout });
  reading.on('line', (text) => {
    lines.push(text);
    if (wanted?.isIt(text) === true) wanted.resolve(text);
  });
  const ended = Promise.all([once(child, 'close'), once(reading, 'close')]).then(([[code, signal]]) => {
    wanted?.reject(new Error(`${script} ended before it said what was waited for: ${errors}`));
    return { code: code as number | null, signal: signal as NodeJS.Signals | null, errors };
  });
  return {
    process: child,
    lines,
    ended,
    line: (isIt) =>
      new Promise((resolve, reject) => {
        const known = lines.find(isIt);
        if (known !== undefined) resolve(known);
        wanted = { isIt, resolve, reject };
      }),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};
