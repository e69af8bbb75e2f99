import { OPERATIONS_AT_ONCE_MAX, PRODUCER_OPERATIONS_AT_ONCE_MAX } from '../../model/limits.ts';
import type { Viewer } from '../../model/viewer.ts';

/** Who asks, as far as turns are concerned. */
type Asking = Pick<Viewer, 'account' | 'role'>;

/** What waits of one account, and how many of its operations run. */
type Line = {
  running: number;
  /** Want to be parsed. */
  readonly starting: (() => void)[];
  /** Are parsed, and want to be executed when one that runs ends … */
  readonly waiting: (() => void)[];
  /** … as which it has ended: they go on in the next turns. */
  readonly resuming: (() => void)[];
};

/**
 * Lets one operation begin in each turn of the event loop, of one account after the other: whoever asks for thousands at once
 * waits for themselves, and others (a health check, too) for one operation at most. Of one account a few run at once.
 */
export class Turns {
  /** In the order in which they come next. One without anything is not kept. */
  readonly #lines = new Map<string, Line>();
  #isTicking = false;

  /** Resolves when the operation may be parsed and checked. */
  begin(asking: Asking): Promise<void> {
    return new Promise((resolve) => {
      this.#line(asking).starting.push(resolve);
      this.#tickSoon();
    });
  }

  /** Resolves when it may be executed, which is at once when few of the account run. Disposing, once, ends it. */
  async run(asking: Asking): Promise<Disposable> {
    const line = this.#line(asking);
    const most = asking.role === 'PRODUCER' ? PRODUCER_OPERATIONS_AT_ONCE_MAX : OPERATIONS_AT_ONCE_MAX;
    if (line.running < most) line.running += 1;
    // Whoever ends hands its turn on.
    else await new Promise<void>((resolve) => line.waiting.push(resolve));
    return { [Symbol.dispose]: () => this.#end(asking.account, line) };
  }

  #line({ account }: Asking): Line {
    const line = this.#lines.get(account) ?? { running: 0, starting: [], waiting: [], resuming: [] };
    this.#lines.set(account, line);
    return line;
  }

  #end(account: string, line: Line): void {
    const next = line.waiting.shift();
    if (next === undefined) line.running -= 1;
    else {
      line.resuming.push(next);
      this.#tickSoon();
    }
    this.#forget(account, line);
  }

  #forget(account: string, { running, starting, waiting, resuming }: Line): void {
    if (running + starting.length + waiting.length + resuming.length === 0) this.#lines.delete(account);
  }

  #tickSoon(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    // NOTE what runs from one promise to the next would keep the event loop from everybody else.
    setImmediate(() => this.#tick());
  }

  #tick(): void {
    this.#isTicking = false;
    for (const [account, line] of this.#lines) {
      const start = line.resuming.shift() ?? line.starting.shift();
      if (start === undefined) continue;
      // Whoever had its turn is the last to come next.
      this.#lines.delete(account);
      this.#lines.set(account, line);
      this.#tickSoon();
      start();
      this.#forget(account, line);
      return;
    }
  }
}
