import { IMPORT_LINE_BYTES_MAX } from '../../model/limits.ts';
import { HeldBytes } from '../asciicast/held-bytes.ts';

/** A line of a log, without its line end (LF or CRLF). */
export type LogLine = {
  /** From 1. */
  readonly number: number;
  /** Ill-formed UTF-8 is U+FFFD. Null: the line is longer than IMPORT_LINE_BYTES_MAX, and was not kept. */
  readonly text: string | null;
};

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** What a reader says of a line whose text is null. */
export const LINE_TOO_LONG = `the line has more than ${IMPORT_LINE_BYTES_MAX} bytes`;

/** The lines of a log, in groups as its pieces hold them. It holds one line at most, whatever the file is. */
export async function* readLogLines(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<readonly LogLine[], void, void> {
  const lines = new LogLines();
  for await (const piece of pieces) {
    const group = [...lines.push(piece)];
    if (group.length > 0) yield group;
  }
  const last = lines.end();
  if (last !== null) yield [last];
}

class LogLines {
  readonly #held = new HeldBytes();
  #isTooLong = false;
  #number = 1;

  *push(piece: Uint8Array): Generator<LogLine, void, void> {
    let start = 0;
    for (let end = piece.indexOf(LINE_FEED); end !== -1; end = piece.indexOf(LINE_FEED, start)) {
      this.#hold(piece.subarray(start, end), false);
      yield this.#take(piece.subarray(start, end));
      start = end + 1;
    }
    this.#hold(piece.subarray(start), true);
  }

  end(): LogLine | null {
    return this.#held.size > 0 || this.#isTooLong ? this.#take(new Uint8Array(0)) : null;
  }

  /** Counts the bytes, and keeps them where the line goes on in the next piece, or began in the one before. */
  #hold(bytes: Uint8Array, goesOn: boolean): void {
    if (this.#held.size + bytes.length > IMPORT_LINE_BYTES_MAX) {
      this.#isTooLong = true;
      this.#held.take();
    }
    if (!this.#isTooLong && (goesOn || this.#held.size > 0)) this.#held.push(bytes);
  }

  /** @param whole the line where nothing is held of it */
  #take(whole: Uint8Array): LogLine {
    const isHeld = this.#held.size > 0;
    let bytes = isHeld ? this.#held.take() : whole;
    if (bytes.at(-1) === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1);
    const line = { number: this.#number, text: this.#isTooLong ? null : decode(bytes, this.#number === 1) };
    this.#isTooLong = false;
    this.#number += 1;
    return line;
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A byte order mark before the first line is no part of it. */
const decode = (bytes: Uint8Array, isFirst: boolean): string => {
  const text = decoder.decode(bytes);
  return isFirst && text.startsWith('\ufeff') ? text.slice(1) : text;
};
