import { SingleBar } from 'cli-progress';
import { printable } from './printable.ts';

const LINE_EVERY_MS = 5000;
const NAME_WIDTH = 40;

/** Shows how far work on many files is: a bar on a terminal, a line every few seconds in a log. On standard error. */
export class FileProgress implements Disposable {
  readonly #doing: string;
  readonly #bar: SingleBar | null;
  readonly #timer: NodeJS.Timeout | null;
  #files = 0;
  #bytes = 0;

  /** @param doing what is done to the files, such as "importing" */
  constructor(doing: string, output: NodeJS.WriteStream, isQuiet: boolean) {
    this.#doing = doing;
    const isBar = output.isTTY && !isQuiet;
    this.#bar = isBar
      ? new SingleBar({
          format: '{bar} {files} files, {megabytes} MB  {name}',
          stream: output,
          hideCursor: true,
          clearOnComplete: true,
        })
      : null;
    this.#bar?.start(0, 0, { files: 0, megabytes: '0.0', name: '' });
    this.#timer = isBar || isQuiet ? null : setInterval(() => output.write(`${this.#line()}\n`), LINE_EVERY_MS);
  }

  /** A file was found: there is that much more to do. */
  found(sizeBytes: number): void {
    this.#bar?.setTotal(this.#bar.getTotal() + sizeBytes);
  }

  /** So many bytes more were read. */
  read(bytes: number): void {
    this.#bytes += bytes;
    this.#bar?.update(this.#bytes, { megabytes: megabytes(this.#bytes) });
  }

  /** A file is done. */
  done(name: string): void {
    this.#files += 1;
    this.#bar?.update(this.#bytes, { files: this.#files, name: printable(name).slice(-NAME_WIDTH) });
  }

  #line(): string {
    return `${this.#doing}: ${this.#files} files, ${megabytes(this.#bytes)} MB so far`;
  }

  [Symbol.dispose](): void {
    this.#bar?.stop();
    if (this.#timer !== null) clearInterval(this.#timer);
  }
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
