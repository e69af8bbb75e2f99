import { Unavailable } from '../../model/errors.ts';
import type { Asker } from './survey-reader.ts';

/** How long reads may keep the thread, one after the other, before whatever else waits for it has its turn. */
const TURN_MS = 10;

/**
 * Short reads on a thread that has other things to do. Each alone keeps it for a moment, and one operation may ask for
 * hundreds at once: beyond TURN_MS they wait for the event loop's next turn, where accounts take turns.
 */
export class ReadingTurns {
  readonly #nowMs: () => number;
  /** Whose turn it is comes first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  /** Since the event loop's turn began. */
  #readMs = 0;
  #isNextAwaited = false;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Reads at once where there is time. @throws what the read throws; Unavailable where the asker has gone before its turn */
  async run<Result>(read: () => Result, asker?: Asker): Promise<Result> {
    if (this.#waiting.size === 0 && this.#readMs < TURN_MS) return this.#measured(read);
    return new Promise<Result>((resolve, reject) => {
      this.#wait(asker?.account ?? '', () => {
        try {
          if (asker?.gone.aborted === true) throw new Unavailable('nobody waits for this any more', 1);
          resolve(this.#measured(read));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #measured<Result>(read: () => Result): Result {
    this.#awaitNext();
    const begunMs = this.#nowMs();
    try {
      return read();
    } finally {
      this.#readMs += this.#nowMs() - begunMs;
    }
  }

  #wait(account: string, read: () => void): void {
    const others = this.#waiting.get(account);
    if (others === undefined) this.#waiting.set(account, [read]);
    else others.push(read);
    this.#awaitNext();
  }

  #awaitNext(): void {
    if (this.#isNextAwaited) return;
    this.#isNextAwaited = true;
    setImmediate(() => {
      this.#isNextAwaited = false;
      this.#readMs = 0;
      this.#readWaiting();
    });
  }

  #readWaiting(): void {
    for (const [account, reads] of this.#waiting) {
      const read = reads.shift();
      this.#waiting.delete(account);
      // What is added again comes last, also of this loop.
      if (reads.length > 0) this.#waiting.set(account, reads);
      read?.();
      if (this.#readMs >= TURN_MS) break;
    }
    if (this.#waiting.size > 0) this.#awaitNext();
  }
}
