import { NotARecording } from './not-a-recording.ts';

const LINE_FEED = 0x0a;

/** A file's line without its line feed. */
export type Line = { readonly bytes: Uint8Array; /** From 1. */ readonly number: number };

/** Cuts bytes that come in arbitrary pieces into lines. It holds one line at most. */
export class Lines {
  /** Bytes of one line, above which it is refused. */
  bytesMax: number;
  #held: Uint8Array[] = [];
  #heldSize = 0;
  #number = 1;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** The lines that end in this piece. They may share memory with it. @throws NotARecording when one is too long */
  *push(piece: Uint8Array): Generator<Line, void, void> {
    let start = 0;
    for (let end = piece.indexOf(LINE_FEED); end !== -1; end = piece.indexOf(LINE_FEED, start)) {
      this.#hold(piece.subarray(start, end));
      start = end + 1;
      yield this.#take();
    }
    // A copy: whoever hands in pieces may write into them again.
    if (start < piece.length) this.#hold(piece.slice(start));
  }

  /** The last line when no line feed ends it. */
  *end(): Generator<Line, void, void> {
    if (this.#heldSize > 0) yield this.#take();
  }

  #hold(bytes: Uint8Array): void {
    this.#heldSize += bytes.length;
    if (this.#heldSize > this.bytesMax) {
      throw new NotARecording(`the line has more than ${this.bytesMax} bytes`, this.#number);
    }
    this.#held.push(bytes);
  }

  #take(): Line {
    const line = { bytes: concatenated(this.#held, this.#heldSize), number: this.#number };
    this.#held = [];
    this.#heldSize = 0;
    this.#number += 1;
    return line;
  }
}

/** The parts in one. Shares memory when there is one part. */
export const concatenated = (parts: readonly Uint8Array[], size: number): Uint8Array => {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};
