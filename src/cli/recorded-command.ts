import { constants } from 'node:os';
import type { RecordedEvent } from '../model/recorded-event.ts';
import { PersonsTerminal } from './persons-terminal.ts';
import { type CommandEnd, PseudoTerminal, type TerminalSize } from './pseudo-terminal.ts';

export type RecordedCommandParts = {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly size: TerminalSize;
  /** Whether what is typed is recorded: it holds passwords. */
  readonly hasInput: boolean;
  /** Milliseconds from the recording's start; never goes back. */
  readonly elapsedMs: () => number;
  readonly push: (event: RecordedEvent) => void;
  /** Whether what was pushed waits for whoever takes it. */
  readonly isCrowded: () => boolean;
};

/** A command that is cut has this long to end by itself. */
const HANGUP_MS = 5_000;
/** How soon it is looked again whether everything of it has ended. */
const LOOK_MS = 50;
/** Typed bytes that wait for the command, beyond which nothing more is read. */
const TYPED_BYTES_MAX = 64 * 1024;
/** The end of input as a terminal has it: the character that VEOF names. */
const END_OF_INPUT = 0x04;
const LINE_FEED = 0x0a;

/** A command in a pseudo-terminal between a person and a recording. */
export class RecordedCommand {
  readonly #parts: RecordedCommandParts;
  readonly #person: PersonsTerminal;
  readonly #terminal: PseudoTerminal;
  #cutting: Promise<void> | null = null;
  #isShownCrowded = false;
  #size: TerminalSize;
  #lastTyped: number = LINE_FEED;

  /** Starts it, and takes the person's keyboard until it ends. @throws when there is no terminal to be had */
  constructor(parts: RecordedCommandParts) {
    this.#parts = parts;
    const { file, args, env, size } = parts;
    this.#size = size;
    const printed = (bytes: Uint8Array): void => this.#printed(bytes);
    this.#terminal = new PseudoTerminal({ file, args, env, size, printed, took: () => this.#person.resumeInput() });
    this.#person = new PersonsTerminal({
      typed: (bytes) => this.#typed(bytes),
      inputEnded: () => this.#inputEnded(),
      resized: (to) => this.#resized(to),
      shown: () => {
        this.#isShownCrowded = false;
        this.goOn();
      },
      gone: () => void this.cut(),
    });
    this.#person.attach();
  }

  /** Resolves when it has ended, everything that it printed was told and shown, and the person has the terminal back. */
  async ended(): Promise<CommandEnd> {
    const end = await this.#terminal.ended;
    await this.#cutting;
    await this.#person[Symbol.asyncDispose]();
    return end;
  }

  /** Hands a signal on. */
  signal(name: NodeJS.Signals): void {
    this.#terminal.signal(name);
  }

  /** Ends every process of its session: SIGHUP, and SIGKILL for those that are there HANGUP_MS later. */
  cut(): Promise<void> {
    this.#cutting ??= this.#cut();
    return this.#cutting;
  }

  /** What was waited for is over. */
  goOn(): void {
    if (this.#cutting !== null || (!this.#isShownCrowded && !this.#parts.isCrowded())) this.#terminal.resume();
  }

  async #cut(): Promise<void> {
    // Whoever is cut does not wait for a terminal that shows nothing.
    this.#terminal.resume();
    this.#terminal.signal('SIGHUP');
    // What is stopped (SIGTSTP) hears it only when it goes on.
    this.#terminal.signal('SIGCONT');
    const untilMs = performance.now() + HANGUP_MS;
    while (this.#terminal.hasProcesses) {
      if (performance.now() >= untilMs) this.#terminal.signal('SIGKILL');
      await new Promise((resolve) => void setTimeout(resolve, LOOK_MS));
    }
  }

  #printed(bytes: Uint8Array): void {
    const { push, elapsedMs, isCrowded } = this.#parts;
    push({ timeMs: elapsedMs(), code: 'o', payload: [bytes] });
    this.#isShownCrowded = !this.#person.show(bytes);
    if (this.#cutting === null && (this.#isShownCrowded || isCrowded())) this.#terminal.pause();
  }

  #typed(bytes: Uint8Array): void {
    const { push, elapsedMs, hasInput } = this.#parts;
    if (hasInput) push({ timeMs: elapsedMs(), code: 'i', payload: [bytes] });
    this.#lastTyped = bytes.at(-1) ?? this.#lastTyped;
    this.#terminal.type(bytes);
    if (this.#terminal.typedBytes > TYPED_BYTES_MAX) this.#person.pauseInput();
  }

  /** Within a line the first one only ends the line's piece. */
  #inputEnded(): void {
    const count = this.#lastTyped === LINE_FEED ? 1 : 2;
    this.#terminal.type(new Uint8Array(count).fill(END_OF_INPUT));
  }

  #resized(size: TerminalSize): void {
    const { push, elapsedMs } = this.#parts;
    // Standard output and standard error tell of the same terminal.
    if (size.columns === this.#size.columns && size.rows === this.#size.rows) return;
    this.#size = size;
    this.#terminal.resize(size);
    push({ timeMs: elapsedMs(), code: 'r', payload: [size.columns, size.rows] });
  }
}

const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** The event that says how it ended. */
export const exitEvent = (timeMs: number, { status, signal }: CommandEnd): RecordedEvent => ({
  timeMs,
  code: 'x',
  payload: signal === null ? [status, null] : [null, signalNames.get(signal) ?? String(signal)],
});

/** How it ended, for people. */
export const shownEnd = ({ status, signal }: CommandEnd): string =>
  signal === null ? `exited with status ${status}` : `ended by ${signalNames.get(signal) ?? `signal ${signal}`}`;

/** As a shell says it: the status, or 128 and the signal's number. */
export const exitCodeOf = ({ status, signal }: CommandEnd): number => (signal === null ? status : 128 + signal);
