import { OPERATIONS_AT_ONCE_MAX } from '../../model/limits.ts';
import type { Viewer } from '../../model/viewer.ts';

/** Who runs now, and who waits, of one credential. */
type Line = { running: number; readonly waiting: (() => void)[] };

/**
 * Lets operations of one credential run a few at a time, in the order in which they came: whoever asks for thousands at once
 * waits for themselves, and nobody else does. Producers are not held up: what they feed waits for the disk, many together.
 */
export class Turns {
  readonly #lines = new Map<string, Line>();

  /** Resolves when it is this operation's turn. Disposing, once, ends it. */
  async take({ credential, role }: Pick<Viewer, 'credential' | 'role'>): Promise<Disposable> {
    if (role === 'PRODUCER' || credential === 'process') return { [Symbol.dispose]: () => {} };
    const line = this.#lines.get(credential) ?? { running: 0, waiting: [] };
    this.#lines.set(credential, line);
    if (line.running < OPERATIONS_AT_ONCE_MAX) line.running += 1;
    // Whoever ends hands its turn on.
    else await new Promise<void>((resolve) => line.waiting.push(resolve));
    return { [Symbol.dispose]: () => this.#end(credential, line) };
  }

  #end(credential: string, line: Line): void {
    const next = line.waiting.shift();
    // NOTE not at once: what runs from one promise to the next would keep the event loop from everybody else.
    if (next !== undefined) {
      setImmediate(next);
      return;
    }
    line.running -= 1;
    if (line.running === 0) this.#lines.delete(credential);
  }
}
