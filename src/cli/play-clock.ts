/** How much faster or slower than it happened a recording is played. */
export const PLAY_SPEED_MIN = 0.1;
export const PLAY_SPEED_MAX = 100;

/** Where a player is in a recording, while time goes by. All in milliseconds; `now` is a monotonic clock's. */
export class PlayClock {
  readonly #now: () => number;
  #speed: number;
  #isPaused = false;
  /** The place at `#sinceMs` of the clock. */
  #placeMs = 0;
  #sinceMs: number;

  constructor(now: () => number, speed: number) {
    this.#now = now;
    this.#speed = speed;
    this.#sinceMs = now();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get placeMs(): number {
    return this.#isPaused ? this.#placeMs : this.#placeMs + (this.#now() - this.#sinceMs) * this.#speed;
  }

  moveTo(placeMs: number): void {
    this.#placeMs = placeMs;
    this.#sinceMs = this.#now();
  }

  pauseOrGoOn(): void {
    this.moveTo(this.placeMs);
    this.#isPaused = !this.#isPaused;
  }

  /** Within the speeds that there are. */
  changeSpeed(factor: number): void {
    this.moveTo(this.placeMs);
    this.#speed = Math.min(Math.max(this.#speed * factor, PLAY_SPEED_MIN), PLAY_SPEED_MAX);
  }

  /** How long until the place is reached; 0 or less when it was; Infinity while paused. */
  untilMs(placeMs: number): number {
    const left = placeMs - this.placeMs;
    return left <= 0 ? left : this.#isPaused ? Infinity : left / this.#speed;
  }
}
