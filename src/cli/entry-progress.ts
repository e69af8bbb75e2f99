import { SingleBar } from 'cli-progress';

/** Shows on a terminal how far reading a log is. On standard error. */
export class EntryProgress implements Disposable {
  readonly #bar: SingleBar | null;

  constructor(output: NodeJS.WriteStream, isQuiet: boolean) {
    this.#bar =
      output.isTTY && !isQuiet
        ? new SingleBar({
            format: '{bar} {value} of {total} entries',
            stream: output,
            hideCursor: true,
            clearOnComplete: true,
          })
        : null;
    this.#bar?.start(0, 0);
  }

  /** So many entries were read, of so many. */
  read(readCount: number, entryCount: number): void {
    this.#bar?.setTotal(entryCount);
    this.#bar?.update(readCount);
  }

  [Symbol.dispose](): void {
    this.#bar?.stop();
  }
}
