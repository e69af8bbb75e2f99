import { unfinishedLength } from '../utf8-carry.ts';

/** Cuts pieces anew, so that none but the last ends inside a UTF-8 character. */
export class WholeCharacters {
  #carry = new Uint8Array(0);

  /** The piece with what was held back before it, without the character that is not finished. A copy. */
  push(piece: Uint8Array): Uint8Array {
    const whole = new Uint8Array(this.#carry.length + piece.length);
    whole.set(this.#carry);
    whole.set(piece, this.#carry.length);
    const end = whole.length - unfinishedLength(whole);
    this.#carry = whole.slice(end);
    return whole.subarray(0, end);
  }

  /** What is held back at the end. */
  end(): Uint8Array {
    return this.#carry;
  }
}
