import { write } from 'node:fs';

/** How soon a descriptor that takes nothing now is tried again. */
const RETRY_MS = 10;

/**
 * Writes to a descriptor in order, and never waits on the event loop: a terminal or a pipe whose reader has stopped stops
 * nobody else. Whoever opened the descriptor closes it, after `end`.
 */
export class DescriptorWriter {
  readonly #fd: number;
  readonly #failed: (error: Error) => void;
  readonly #drained: () => void;
  #queue: Uint8Array[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  #isOver = false;

  /** @param drained called whenever everything was written @param failed called once, and nothing more is written */
  constructor(fd: number, drained: () => void, failed: (error: Error) => void) {
    this.#fd = fd;
    this.#drained = drained;
    this.#failed = failed;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  write(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#queue.push(bytes);
    this.#waitingBytes += bytes.length;
    if (!this.#isWriting) this.#step();
  }

  /** Writes nothing more: what waits is dropped. */
  end(): void {
    this.#isOver = true;
    this.#queue = [];
    this.#waitingBytes = 0;
  }

  #step(): void {
    const bytes = this.#queue[0];
    this.#isWriting = bytes !== undefined;
    if (bytes === undefined) this.#drained();
    else write(this.#fd, bytes, (error, written) => this.#wrote(bytes, error, written));
  }

  #wrote(bytes: Uint8Array, error: NodeJS.ErrnoException | null, written: number): void {
    if (this.#isOver) return;
    if (error?.code === 'EAGAIN') {
      setTimeout(() => this.#isOver || this.#step(), RETRY_MS);
      return;
    }
    if (error !== null) {
      this.end();
      this.#failed(error);
      return;
    }
    this.#waitingBytes -= written;
    if (written < bytes.length) this.#queue[0] = bytes.subarray(written);
    else this.#queue.shift();
    this.#step();
  }
}
