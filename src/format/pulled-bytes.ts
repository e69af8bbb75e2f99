const nothing = new Uint8Array(0);

/**
 * Bytes that come in pieces and are taken as they are asked for: it holds one piece. Whoever made it disposes it, which
 * closes the source.
 */
export class PulledBytes implements AsyncDisposable {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = nothing;
  #isEnded = false;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** From 1 to `countMax` bytes, as the pieces have them; null at the end. They belong to the caller. */
  async next(countMax: number): Promise<Uint8Array | null> {
    while (this.#piece.length === 0) {
      if (this.#isEnded) return null;
      const { done, value } = await this.#pieces.next();
      if (done === true) this.#isEnded = true;
      else this.#piece = value;
    }
    // A copy, also of a Buffer, whose slice is none.
    const taken = new Uint8Array(this.#piece.subarray(0, countMax));
    this.#piece = this.#piece.subarray(taken.length);
    return taken;
  }

  /** Exactly `count` bytes, or what is there before the end. */
  async take(count: number): Promise<Uint8Array> {
    const first = await this.next(count);
    if (first === null || first.length === count) return first ?? nothing;
    const parts = [first];
    for (let left = count - first.length; left > 0;) {
      const part = await this.next(left);
      if (part === null) break;
      parts.push(part);
      left -= part.length;
    }
    return joined(parts);
  }

  /** Puts bytes back, to be the next. */
  unread(bytes: Uint8Array): void {
    this.#piece = joined([bytes, this.#piece]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pieces.return?.();
  }
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};
