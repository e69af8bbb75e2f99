import type { PlayClock } from './play-clock.ts';
import type { PlayCommand } from './play-keys.ts';
import type { PlayedOutput } from './played-output.ts';

export type PlayerParts = {
  readonly clock: PlayClock;
  /** Where output goes; resolves when there is room for more. */
  readonly show: (text: string) => Promise<void>;
  /** An empty screen, before everything is shown again. */
  readonly clear: () => Promise<void>;
  /** The output from its beginning, until its signal aborts. */
  readonly open: (signal: AbortSignal) => AsyncGenerator<PlayedOutput, void, void>;
  /** What was before this time of the recording is shown at once. */
  readonly fromMs: number;
};

/** A timer's longest time. */
const REST_MS_MAX = 2 ** 31 - 1;

/** Plays output in its time, and obeys keys meanwhile. To go back, everything is shown again from the beginning, at once. */
export class Player {
  readonly #parts: PlayerParts;
  #commands: PlayCommand[] = [];
  #woken = Promise.withResolvers<null>();
  #reading: { readonly output: AsyncGenerator<PlayedOutput, void, void>; readonly abort: AbortController };
  /** What is shown next; null at the end. */
  #next: Promise<{ readonly output: PlayedOutput | null }>;
  #shownMs = 0;
  #isOver = false;
  #isCatchingUp = true;
  #fromMs: number;

  constructor(parts: PlayerParts) {
    this.#parts = parts;
    this.#fromMs = parts.fromMs;
    this.#reading = this.#open();
    this.#next = this.#read();
  }

  /** Whether what is shown happened just now, and not before a place that was jumped to. */
  get isInTime(): boolean {
    return !this.#isCatchingUp;
  }

  command(command: PlayCommand): void {
    this.#commands.push(command);
    this.#woken.resolve(null);
  }

  /** Resolves at the end of the recording, when a key asks for it, or when the signal aborts. Call it once. */
  async play(signal: AbortSignal): Promise<void> {
    const end = (): void => this.command({ kind: 'end' });
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    try {
      while (!this.#isOver) await this.#step();
    } finally {
      signal.removeEventListener('abort', end);
      await this.#close();
    }
  }

  async #step(): Promise<void> {
    this.#woken = Promise.withResolvers();
    for (const command of this.#commands.splice(0)) await this.#obey(command);
    if (this.#isOver) return;
    const next = await Promise.race([this.#next, this.#woken.promise]);
    if (next === null) return;
    const { output } = next;
    const { clock } = this.#parts;
    if (output === null) {
      this.#isOver = !clock.isPaused;
      if (clock.isPaused) await this.#woken.promise;
      return;
    }
    if (output.timeMs < this.#fromMs) return this.#show(output);
    if (this.#fromMs > 0) this.#beginHere(output);
    const waitMs = clock.untilMs(output.placeMs);
    if (waitMs > 0) return this.#rest(waitMs);
    return this.#show(output);
  }

  /** What was asked for begins a little before this output, or with it. */
  #beginHere({ placeMs, timeMs }: PlayedOutput): void {
    this.#parts.clock.moveTo(Math.max(placeMs - (timeMs - this.#fromMs), this.#shownMs));
    this.#fromMs = 0;
  }

  async #rest(waitMs: number): Promise<void> {
    this.#isCatchingUp = false;
    const timer = setTimeout(() => this.#woken.resolve(null), Math.min(waitMs, REST_MS_MAX));
    await this.#woken.promise;
    clearTimeout(timer);
  }

  async #show({ text, placeMs }: PlayedOutput): Promise<void> {
    this.#next = this.#read();
    this.#shownMs = placeMs;
    await this.#parts.show(text);
  }

  async #obey(command: PlayCommand): Promise<void> {
    const { clock } = this.#parts;
    switch (command.kind) {
      case 'pause':
        clock.pauseOrGoOn();
        break;
      case 'speed':
        clock.changeSpeed(command.factor);
        break;
      case 'seek':
        await this.#seek(Math.max(clock.placeMs + command.byMs, 0));
        break;
      case 'step':
        if (clock.isPaused) await this.#showNext();
        break;
      case 'end':
        this.#isOver = true;
    }
  }

  async #showNext(): Promise<void> {
    const next = await Promise.race([this.#next, this.#woken.promise]);
    if (next?.output == null) return;
    this.#parts.clock.moveTo(next.output.placeMs);
    await this.#show(next.output);
  }

  async #seek(placeMs: number): Promise<void> {
    const { clock, clear } = this.#parts;
    this.#isCatchingUp = true;
    this.#fromMs = 0;
    clock.moveTo(placeMs);
    if (placeMs >= this.#shownMs) return;
    await this.#close();
    await clear();
    this.#shownMs = 0;
    this.#reading = this.#open();
    this.#next = this.#read();
  }

  #open(): { readonly output: AsyncGenerator<PlayedOutput, void, void>; readonly abort: AbortController } {
    const abort = new AbortController();
    return { output: this.#parts.open(abort.signal), abort };
  }

  #read(): Promise<{ readonly output: PlayedOutput | null }> {
    const next = this.#reading.output.next().then(({ value }) => ({ output: value ?? null }));
    // Whoever waits for it hears of it; a reading that is closed has nobody.
    next.catch(() => {});
    return next;
  }

  async #close(): Promise<void> {
    this.#reading.abort.abort();
    await this.#next.catch(() => {});
    await this.#reading.output.return().catch(() => {});
  }
}
