/** One thing that is under way; null when it is over. */
type UnderWay = { end: (() => void) | null };

/**
 * The end of a server, for what is under way then.
 * NOTE what was taken out of a Set, or off the listeners of a signal, may still be pointed to by what is old and over, and is
 * kept until everything is searched for garbage: a request with all that it read. What is over lets go of it by itself.
 */
export class Stopping {
  readonly #underWay = new Set<UnderWay>();
  #hasBegun = false;

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Calls `end`, once, when the server stops: at once when it does already. Disposing takes it back. */
  open(end: () => void): Disposable {
    const underWay: UnderWay = { end };
    if (this.#hasBegun) end();
    else this.#underWay.add(underWay);
    return {
      [Symbol.dispose]: () => {
        this.#underWay.delete(underWay);
        underWay.end = null;
      },
    };
  }

  /** Beginning again is the same. */
  begin(): void {
    this.#hasBegun = true;
    for (const underWay of this.#underWay) {
      this.#underWay.delete(underWay);
      underWay.end?.();
    }
  }
}
