import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Run, timed } from './race.ts';

const probe = new URL('process-probe.ts', import.meta.url).href;
export const mainScript = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** What a server did meanwhile. */
export type MeasuredRun = Run & {
  /** Of its catalog. */
  readonly commits: number;
};

/** What a server holds, once what nobody needs is thrown away. */
export type Memory = { readonly rssBytes: number; readonly heapBytes: number };

/** A server in a process of its own, which says `listening on URL` and is asked about its event loop and processor time. */
export class ServerProcess implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** @param before what comes before node on the command line, such as strace @throws when it ends before it listens */
  static async start(script: string, words: readonly string[], before: readonly string[] = []): Promise<ServerProcess> {
    const [command = '', ...rest] = [...before, process.execPath, '--import', probe, script, ...words];
    const child = spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    if (child.stdout === null) throw new Error('the server has no standard output');
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /^listening on (http:\/\/\S+)$/.exec(line)?.[1];
      if (url !== undefined) return new ServerProcess(child, url);
    }
    throw new Error(`${script} ended before it listened`);
  }

  /** Runs something against the server, and takes the time, the server's processor time and its event loop's delay. */
  async measure(run: () => Promise<number>): Promise<MeasuredRun> {
    await this.#ask('begin');
    const result = await timed(run);
    return { ...result, commits: 0, ...(await this.#ask<Partial<MeasuredRun>>('end')) };
  }

  /** Of the process. @throws when it never started */
  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('the server has no process');
    return pid;
  }

  memory(): Promise<Memory> {
    return this.#ask<Memory>('memory');
  }

  async #ask<Answer>(question: 'begin' | 'end' | 'memory'): Promise<Answer> {
    const answer = once(this.#child, 'message');
    this.#child.send(question);
    const [message] = (await answer) as [Answer];
    return message;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}
