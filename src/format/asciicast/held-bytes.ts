/** Bytes that are gathered until the whole is there: one buffer, however many parts came. */
export class HeldBytes {
  #buffer = new Uint8Array(0);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a copy. */
  push(bytes: Uint8Array): void {
    const needed = this.#size + bytes.length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, this.#size));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#size);
    this.#size = needed;
  }

  /** All that was gathered; it belongs to the caller, and nothing is held any more. */
  take(): Uint8Array {
    const whole = this.#buffer.subarray(0, this.#size);
    this.#buffer = new Uint8Array(0);
    this.#size = 0;
    return whole;
  }
}
