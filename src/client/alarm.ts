/** Lets one waiter wait for a time, or until somebody rings. A ring without a waiter is heard by the next one. */
export class Alarm {
  #rang = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#rang = true;
    this.#wake?.();
  }

  /** Resolves after this long, or at a ring, whichever is first; at once when it rang since the last wait. */
  async wait(waitMs: number): Promise<void> {
    if (!this.#rang) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, waitMs);
      this.#wake = resolve;
      await promise;
      clearTimeout(timer);
      this.#wake = null;
    }
    this.#rang = false;
  }
}
