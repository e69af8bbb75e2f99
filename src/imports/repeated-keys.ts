/** Keys that are remembered; the oldest is forgotten first. */
const KEYS_MAX = 10_000;

/** Makes keys of sessions that a log cannot tell apart differ: the second of a name is the name and 2. */
export class RepeatedKeys {
  readonly #counts = new Map<string, number>();

  next(name: string): string {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.delete(name);
    this.#counts.set(name, count);
    if (this.#counts.size > KEYS_MAX) {
      for (const oldest of this.#counts.keys()) {
        this.#counts.delete(oldest);
        break;
      }
    }
    return count === 1 ? name : `${name}\0${count}`;
  }
}
