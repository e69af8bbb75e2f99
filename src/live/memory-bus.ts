import { setTimeout as sleep } from 'node:timers/promises';
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
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(topic);
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

  async #wait(signal: AbortSignal, timeoutMs: number): Promise<void> {
    const woken = new AbortController();
    const awake = AbortSignal.any([signal, woken.signal]);
    this.#wake = () => woken.abort();
    try {
      await sleep(timeoutMs, undefined, { signal: awake, ref: false });
    } catch {
      // Woken or aborted: either way the caller looks again.
    } finally {
      this.#wake = null;
    }
  }

  [Symbol.dispose](): void {
    this.#leave();
  }
}
