import type { Bus, Listener } from './bus.ts';

/** Hints within one process. */
export class MemoryBus implements Bus {
  readonly #listeners = new Map<string, Set<MemoryListener>>();

  publish(topic: string): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener.wake();
  }

  listen(topic: string): Listener {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners);
    const listener = new MemoryListener(() => {
      if (listeners.delete(listener) && listeners.size === 0) this.#listeners.delete(topic);
    });
    listeners.add(listener);
    return listener;
  }
}

class MemoryListener implements Listener {
  readonly #leave: () => void;
  #isPublished = false;
  #wake: (() => void) | null = null;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  wake(): void {
    this.#isPublished = true;
    this.#wake?.();
  }

  async next(signal: AbortSignal, timeoutMs: number): Promise<void> {
    if (!this.#isPublished && !signal.aborted) await this.#wait(signal, timeoutMs);
    this.#isPublished = false;
  }

  /** NOTE AbortSignal.any would leave something behind on a signal that lives for days, at each wait. */
  #wait(signal: AbortSignal, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(end, timeoutMs).unref();
      signal.addEventListener('abort', end, { once: true });
      this.#wake = end;
    });
  }

  [Symbol.dispose](): void {
    this.#leave();
  }
}
