import type { Bus, Listener } from '../../src/live/bus.ts';
import { MemoryBus } from '../../src/live/memory-bus.ts';

/** What becomes of a hint: the port allows each of these. */
export type Fate = 'lost' | 'told' | 'told twice' | 'late';

/** A bus whose hints are lost, repeated and late as it is told, and which knows who listens and how often they waited. */
export class UnreliableBus implements Bus {
  readonly #bus = new MemoryBus();
  readonly #late: string[] = [];
  fate: () => Fate = () => 'told';
  listeners = 0;
  waits = 0;
  /** Waiting ends at once, as if its time had gone by. */
  isHasty = false;

  publish(topic: string): void {
    const fate = this.fate();
    for (const late of this.#late.splice(0)) this.#bus.publish(late);
    if (fate === 'late') this.#late.push(topic);
    if (fate === 'told' || fate === 'told twice') this.#bus.publish(topic);
    if (fate === 'told twice') this.#bus.publish(topic);
  }

  listen(topic: string): Listener {
    const listener = this.#bus.listen(topic);
    this.listeners += 1;
    return {
      next: (signal, timeoutMs) => {
        this.waits += 1;
        return listener.next(signal, this.isHasty ? 1 : timeoutMs);
      },
      [Symbol.dispose]: () => {
        this.listeners -= 1;
        listener[Symbol.dispose]();
      },
    };
  }
}
