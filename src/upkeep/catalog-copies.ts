import type { CatalogCopy, CopyFolder } from '../store/catalog/copy-folder.ts';

export type CatalogCopiesParts = {
  readonly folder: Pick<CopyFolder, 'list' | 'make' | 'remove'>;
  readonly clock: () => number;
  /** Why the disk has no room for a copy now; null when it has. */
  readonly shortage: () => string | null;
  readonly onCopy: (copy: CatalogCopy) => void;
  /** Told why no copy could be made: it is tried again at the next look. Must not throw. */
  readonly onFailure: (error: unknown) => void;
};

/** The newest copies, so many, are kept. */
export const COPIES_KEPT = 3;
export const COPY_EVERY_MS = 24 * 3_600_000;
/** How often it is looked whether a copy is due: what failed is tried again then. */
const LOOK_EVERY_MS = 3_600_000;
/** The first look waits, so that a verb that is soon done ends without having begun one. */
const FIRST_LOOK_MS = 5000;

/** Keeps copies of the catalog: one a day, the newest three. Safe to repeat; a failure is told and stops nothing. */
export class CatalogCopies implements AsyncDisposable {
  readonly #parts: CatalogCopiesParts;
  readonly #ending = new AbortController();
  #timers: readonly NodeJS.Timeout[] = [];
  #looking: Promise<void> = Promise.resolve();

  constructor(parts: CatalogCopiesParts) {
    this.#parts = parts;
  }

  /** Begins to look, a little later and then every hour. */
  start(): void {
    const look = (): void => void this.look();
    this.#timers = [setTimeout(look, FIRST_LOOK_MS), setInterval(look, LOOK_EVERY_MS)];
    for (const timer of this.#timers) timer.unref();
  }

  /** Makes a copy if the newest is a day old, and removes the oldest beyond COPIES_KEPT. One look at a time. Never rejects. */
  look(): Promise<void> {
    this.#looking = this.#looking
      .then(() => this.#copyIfDue())
      .catch((error: unknown) => {
        if (!this.#ending.signal.aborted) this.#parts.onFailure(error);
      });
    return this.#looking;
  }

  async #copyIfDue(): Promise<void> {
    const { folder, clock, shortage } = this.#parts;
    if (this.#ending.signal.aborted) return;
    const nowMs = clock();
    const copies = await folder.list();
    if (copies.some(({ madeAtMs }) => madeAtMs <= nowMs && nowMs - madeAtMs < COPY_EVERY_MS)) return;
    const reason = shortage();
    if (reason !== null) throw new Error(reason);
    const made = await folder.make(nowMs, this.#ending.signal);
    this.#parts.onCopy(made);
    // What a wrong clock dated into the future must not push out what is made today: it goes first.
    const others = copies
      .filter(({ name }) => name !== made.name)
      .toSorted((one, other) => Number(one.madeAtMs <= nowMs) - Number(other.madeAtMs <= nowMs));
    for (const copy of others.slice(0, Math.max(0, others.length - COPIES_KEPT + 1))) await folder.remove(copy);
  }

  /** A copy that is under way is given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#ending.abort();
    await this.#looking;
  }
}
