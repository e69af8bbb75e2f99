import { writeSync } from 'node:fs';
import { PersonsTerminal } from './persons-terminal.ts';

export type PlayScreenParts = {
  readonly typed: (bytes: Uint8Array) => void;
  /** Nobody reads any more. */
  readonly gone: () => void;
};

const ESC = '\u001b';
/** Attributes, character sets, reversed screen, wrapping, inserting, the cursor: as terminals are when nobody has changed them. */
const AS_USUAL = `${ESC}[m${ESC}(B${ESC})B${ESC}*B${ESC}+B\u000f${ESC}[?5l${ESC}[?7h${ESC}[?45l${ESC}[4l${ESC}[?25h`;
const TABULATOR_CELLS = 8;

// oxlint-disable no-control-regex -- what the filter lets through
const otherScreen = /\u001b\[\?(?:47|1047|1049)([hl])/g;
const margins = /\u001b\[[0-9;]*r|\u001b\[\?6h/;
const tabulators = /\u001bH|\u001b\[[0-9;]*g/;
// oxlint-enable no-control-regex

/**
 * The terminal, or pipe, on which a recording is played. Shows only what went through a TerminalFilter, and knows from it
 * what has to be put back. Disposing gives the terminal back as it was, but for what was drawn.
 */
export class PlayScreen implements AsyncDisposable {
  readonly #terminal: PersonsTerminal;
  readonly #isTerminal = process.stdout.isTTY;
  #room = Promise.withResolvers<void>();
  #isOnOtherScreen = false;
  #hasMargins = false;
  #hasTabulators = false;

  constructor({ typed, gone }: PlayScreenParts) {
    this.#terminal = new PersonsTerminal({
      typed,
      inputEnded: () => {},
      resized: () => {},
      shown: () => this.#room.resolve(),
      gone: () => {
        this.#room.resolve();
        gone();
      },
    });
    if (!this.#isTerminal) return;
    process.once('exit', this.#restoreAtOnce);
    if (process.stdin.isTTY) this.#terminal.attach();
    // What is on the screen now moves up to where one can scroll to.
    this.#terminal.show(Buffer.from(`${'\r\n'.repeat(PersonsTerminal.size().rows)}${AS_USUAL}${ESC}[H${ESC}[2J`));
  }

  /** Resolves when there is room for more. */
  async show(text: string): Promise<void> {
    if (this.#isTerminal) this.#note(text);
    this.#room = Promise.withResolvers();
    if (!this.#terminal.show(Buffer.from(text))) await this.#room.promise;
  }

  /** An empty screen, as at the beginning. Where there is no terminal nothing can be taken back. */
  async clear(): Promise<void> {
    if (this.#isTerminal) await this.show(`${this.#asUsual()}${ESC}[H${ESC}[2J`);
  }

  #note(text: string): void {
    for (const [, set] of text.matchAll(otherScreen)) this.#isOnOtherScreen = set === 'h';
    this.#hasMargins ||= margins.test(text);
    this.#hasTabulators ||= tabulators.test(text);
  }

  /** What makes the terminal as it was; the cursor stays where it can. */
  #asUsual(): string {
    const { columns, rows } = PersonsTerminal.size();
    const screen = this.#isOnOtherScreen ? `${ESC}[?1049l` : '';
    // Taking margins away moves the cursor.
    const whole = this.#hasMargins ? `${ESC}[r${ESC}[?6l${ESC}[${rows};1H` : '';
    const everyEighth = `${ESC}[${TABULATOR_CELLS}C${ESC}H`.repeat(Math.floor((columns - 1) / TABULATOR_CELLS));
    const stops = this.#hasTabulators ? `\r${ESC}[3g${everyEighth}\r` : '';
    this.#isOnOtherScreen = false;
    this.#hasMargins = false;
    this.#hasTabulators = false;
    return `${screen}${whole}${AS_USUAL}${stops}`;
  }

  /** When the process ends without having come to disposing. */
  readonly #restoreAtOnce = (): void => {
    try {
      writeSync(process.stdout.fd, `${this.#asUsual()}\r\n`);
    } catch {
      // The terminal is gone.
    }
  };

  async [Symbol.asyncDispose](): Promise<void> {
    process.removeListener('exit', this.#restoreAtOnce);
    if (this.#isTerminal) this.#terminal.show(Buffer.from(`${this.#asUsual()}\r\n`));
    await this.#terminal[Symbol.asyncDispose]();
  }
}
