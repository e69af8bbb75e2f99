import { HeldBytes } from './held-bytes.ts';
import { NotARecording } from './not-a-recording.ts';

const LINE_FEED = 0x0a;

/** A file's line without its line feed. */
export type Line = {
  readonly bytes: Uint8Array;
  /** From 1. */
  readonly number: number;
};

/** Cuts bytes that come in arbitrary pieces into lines. It holds one line at most. */
export class Lines {
  /** Bytes of one line, above which it is refused. */
  bytesMax: number;
  readonly #held = new HeldBytes();
  #number = 1;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** The lines that end in this piece. They may share memory with it. @throws NotARecording when one is too long */
  *push(piece: Uint8Array): Generator<Line, void, void> {
    let start = 0;
    for (let end = piece.indexOf(LINE_FEED); end !== -1; end = piece.indexOf(LINE_FEED, start)) {
      yield this.#line(piece.subarray(start, end));
      start = end + 1;
    }
    this.#checkSize(piece.length - start);
    this.#held.push(piece.subarray(start));
  }

  /** The last line when no line feed ends it. */
  *end(): Generator<Line, void, void> {
    if (this.#held.size > 0) yield this.#line(new Uint8Array(0));
  }

  #line(rest: Uint8Array): Line {
    this.#checkSize(rest.length);
    let bytes = rest;
    if (this.#held.size > 0) {
      this.#held.push(rest);
      bytes = this.#held.take();
    }
    const number = this.#number;
    this.#number += 1;
    return { bytes, number };
  }

  #checkSize(more: number): void {
    if (this.#held.size + more > this.bytesMax) {
      throw new NotARecording(`the line has more than ${this.bytesMax} bytes`, this.#number);
    }
  }
}
