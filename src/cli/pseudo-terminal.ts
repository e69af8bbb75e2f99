import { readdirSync, readFileSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { DescriptorWriter } from './descriptor-writer.ts';
import { loadNativeTerminal, type NativeTerminal } from './native-terminal.ts';

export type TerminalSize = { readonly columns: number; readonly rows: number };

export type PseudoTerminalParts = {
  /** An executable's path, and what it is given. */
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly size: TerminalSize;
  /** What it printed, as read. */
  readonly printed: (bytes: Uint8Array) => void;
  /** It took everything that was typed. */
  readonly took: () => void;
};

/** How a command ended: its status, or the number of the signal that ended it. */
export type CommandEnd = { readonly status: number; readonly signal: number | null };

/** What others still hold the terminal open for is waited for as long as it prints, and this long. */
const SILENT_MS = 100;

/**
 * A command in a pseudo-terminal of its own, the leader of a session of processes.
 *
 * NOTE over the addon of @lydell/node-pty and not over its JavaScript: that closes the terminal 200 ms after the command,
 * whatever has not been read by then, and its writes spin while the command takes no input.
 */
export class PseudoTerminal {
  readonly pid: number;
  readonly #native: NativeTerminal;
  readonly #fd: number;
  readonly #output: ReadStream;
  readonly #input: DescriptorWriter;
  #isOpen = true;
  #readMs = 0;
  /** Resolves when the command has ended and everything that it printed was told. */
  readonly ended: Promise<CommandEnd>;

  /** Starts the command. @throws when the system gives no terminal, or the addon is not there */
  constructor({ file, args, env, size, printed, took }: PseudoTerminalParts) {
    const { native, helper } = loadNativeTerminal();
    const ended = Promise.withResolvers<CommandEnd>();
    const onExit = (status: number, signal: number): void =>
      ended.resolve({ status, signal: signal === 0 ? null : signal });
    const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const { columns, rows } = size;
    const forked = native.fork(file, args, pairs, process.cwd(), columns, rows, -1, -1, true, helper, onExit);
    this.#native = native;
    this.#fd = forked.fd;
    this.pid = forked.pid;
    this.#input = new DescriptorWriter(forked.fd, took, () => {});
    this.#output = new ReadStream(forked.fd);
    this.#output.on('data', (bytes: Uint8Array) => {
      this.#readMs = performance.now();
      printed(bytes);
    });
    // EIO is how Linux says that nobody holds the other side.
    this.#output.on('error', () => this.#close());
    const closed = new Promise<void>((resolve) => void this.#output.once('close', resolve));
    this.#output.once('end', () => this.#close());
    this.ended = ended.promise.then(async (end) => {
      this.#readMs = performance.now();
      await Promise.race([closed, this.#silent()]);
      this.#close();
      return end;
    });
  }

  /** Hands bytes to the command as if they were typed. Kept in order until it takes them. */
  type(bytes: Uint8Array): void {
    this.#input.write(bytes);
  }

  /** Bytes that were typed and that the command has not taken yet. */
  get typedBytes(): number {
    return this.#input.waitingBytes;
  }

  resize({ columns, rows }: TerminalSize): void {
    if (this.#isOpen) this.#native.resize(this.#fd, columns, rows);
  }

  /** Reads nothing more until `resume`: a command that prints waits. */
  pause(): void {
    this.#output.pause();
  }

  resume(): void {
    this.#output.resume();
  }

  /** Sends a signal to every process group of the command's session. @returns whether there was any */
  signal(name: NodeJS.Signals): boolean {
    let isAny = false;
    for (const group of groupsOf(this.pid)) {
      try {
        process.kill(-group, name);
        isAny = true;
      } catch {
        // It ended meanwhile.
      }
    }
    return isAny;
  }

  /** Whether a process of the command's session is left. */
  get hasProcesses(): boolean {
    return groupsOf(this.pid).some((group) => {
      try {
        process.kill(-group, 0);
        return true;
      } catch {
        return false;
      }
    });
  }

  /** Resolves when nothing was printed for a while that would have been read. */
  async #silent(): Promise<void> {
    for (;;) {
      const quietMs = performance.now() - this.#readMs;
      if (!this.#isOpen || (quietMs >= SILENT_MS && !this.#output.isPaused())) return;
      if (this.#output.isPaused()) this.#readMs = performance.now();
      await new Promise((resolve) => void setTimeout(resolve, SILENT_MS / 2));
    }
  }

  #close(): void {
    this.#isOpen = false;
    this.#input.end();
    this.#output.destroy();
  }
}

/** The process groups of a session of processes: a shell's jobs are groups of their own. Elsewhere than on Linux the leader's. */
const groupsOf = (session: number): readonly number[] => {
  const names = processNames();
  if (names.length === 0) return [session];
  const groups = new Set<number>();
  for (const name of names) {
    // proc_pid_stat(5): state, parent, process group, session. A zombie runs nothing.
    const [state, , group, ofSession] = statOf(name);
    if (Number(ofSession) === session && state !== 'Z') groups.add(Number(group));
  }
  return [...groups];
};

const processNames = (): readonly string[] => {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
};

/** What follows the name, which may hold anything. */
const statOf = (name: string): readonly string[] => {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
};
