import { execFileSync } from 'node:child_process';
import { DescriptorWriter } from './descriptor-writer.ts';
import { printable } from './printable.ts';
import type { TerminalSize } from './pseudo-terminal.ts';

/** What happens at the terminal, or at the pipes that stand for one. */
export type TerminalListener = {
  readonly typed: (bytes: Uint8Array) => void;
  /** Nothing more will be typed: a file or pipe came to its end. */
  readonly inputEnded: () => void;
  readonly resized: (size: TerminalSize) => void;
  /** Everything was shown, after `show` was crowded. */
  readonly shown: () => void;
  /** Nobody reads any more. */
  readonly gone: () => void;
};

/** Bytes that wait to be shown, beyond which whoever prints should wait. */
const CROWDED_BYTES = 256 * 1024;
/** A terminal that takes nothing is waited for this long at the end. */
const FLUSH_MS = 2_000;
const defaultSize: TerminalSize = { columns: 80, rows: 24 };

/** The terminal of the person who records. While it is attached, every key is the command's. Disposing gives it back. */
export class PersonsTerminal implements AsyncDisposable {
  readonly #listener: TerminalListener;
  readonly #output: DescriptorWriter;
  #flushed: () => void = () => {};
  #isGone = false;

  constructor(listener: TerminalListener) {
    this.#listener = listener;
    this.#output = new DescriptorWriter(
      process.stdout.fd,
      () => {
        listener.shown();
        this.#flushed();
      },
      () => this.#leave(),
    );
  }

  /** Of the terminal on standard output; else of the one on standard error. */
  static size(): TerminalSize {
    const stream = [process.stdout, process.stderr].find(({ isTTY }) => isTTY);
    const { columns, rows } = stream ?? defaultSize;
    return columns > 0 && rows > 0 ? { columns, rows } : defaultSize;
  }

  /** Takes the keyboard: nothing that is typed means anything to the terminal or this program any more. */
  attach(): void {
    process.once('exit', this.#restore);
    if (process.stdin.isTTY) takeTerminal();
    process.stdin.on('data', this.#listener.typed);
    process.stdin.on('end', this.#listener.inputEnded);
    process.stdin.on('error', this.#listener.inputEnded);
    process.stderr.on('error', () => {});
    // Node asks the terminal when SIGWINCH comes, and tells here.
    for (const stream of [process.stdout, process.stderr]) stream.on('resize', this.#resized);
  }

  /** @returns whether there is room for more */
  show(bytes: Uint8Array): boolean {
    this.#output.write(bytes);
    return this.#output.waitingBytes < CROWDED_BYTES;
  }

  pauseInput(): void {
    process.stdin.pause();
  }

  resumeInput(): void {
    process.stdin.resume();
  }

  /** A line for the person, beside what the command prints. */
  static say(text: string): void {
    const shown = printable(text);
    const isRaw = process.stdin.isTTY && process.stdin.isRaw;
    process.stderr.write(isRaw ? `\r\nreeltime: ${shown}\r\n` : `reeltime: ${shown}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stream of [process.stdout, process.stderr]) stream.removeListener('resize', this.#resized);
    process.stdin.removeListener('data', this.#listener.typed);
    process.stdin.pause();
    if (this.#output.waitingBytes > 0) await this.#flush();
    this.#output.end();
    this.#restore();
    process.removeListener('exit', this.#restore);
    // What is not read to its end would keep this process.
    process.stdin.destroy();
  }

  async #flush(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#flushed = resolve;
    const timer = setTimeout(resolve, FLUSH_MS);
    await promise;
    clearTimeout(timer);
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#flushed();
    this.#listener.gone();
  }

  readonly #resized = (): void => this.#listener.resized(PersonsTerminal.size());

  readonly #restore = (): void => {
    if (!process.stdin.isTTY || !process.stdin.isRaw) return;
    try {
      process.stdin.setRawMode(false);
    } catch {
      // The terminal is gone.
    }
  };
}

/**
 * What is shown was made for a terminal already. NOTE Node's raw mode still makes LF into CR LF, and full-screen programs
 * move down by a bare LF: stty takes that away, and leaving raw mode puts all of it back. Without stty lines may look askew.
 */
const takeTerminal = (): void => {
  process.stdin.setRawMode(true);
  try {
    execFileSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
  } catch {
    // There is no such program here.
  }
};
