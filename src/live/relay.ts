import { SUBSCRIBER_QUEUE_MAX } from '../model/limits.ts';

/** What one reader was told. It takes whoever follows from one place to another, or says something about the place itself. */
export type Step<Told> = {
  readonly before: number;
  readonly after: number;
  readonly told: Told;
  /** What it takes of memory. */
  readonly bytes: number;
};

/** How it ends that somebody follows a relay, and where that leaves them. */
export type Left<Told> =
  /** They were too slow: what comes next for them is not kept any more. They read by themselves until they are back. */
  | { readonly why: 'behind'; readonly place: number }
  /** The step begins before their place, and ends after it: they need a part of it alone. */
  | { readonly why: 'within'; readonly place: number; readonly told: Told }
  /** Nobody may follow this relay any more: they read by themselves from now on. */
  | { readonly why: 'alone'; readonly place: number }
  /** They have all there is, and nothing comes any more. */
  | { readonly why: 'over' }
  | { readonly why: 'gone' };

/**
 * Whoever takes steps, one after the other: `taken` is called when the next may come, at once or later, and at most once a
 * step; `failed` ends it.
 */
export type Take<Told> = (told: Told, taken: () => void, failed: (error: unknown) => void) => void;

/** Steps that are kept for those who have not taken them, beside the newest, have at most this many bytes. */
const KEPT_BYTES_MAX = 1024 * 1024;

type Follower<Told> = {
  place: number;
  /** Number of the step that comes next for it. */
  next: number;
  isBusy: boolean;
  isFollowing: boolean;
  readonly take: Take<Told>;
  readonly leave: (left: Left<Told>) => void;
  readonly fail: (error: unknown) => void;
};

/**
 * What one reader reads, told on to many, each of whom has a place of their own and takes the next step when the one before is
 * taken. Whoever is slow holds up nobody, and no memory beyond SUBSCRIBER_QUEUE_MAX steps and KEPT_BYTES_MAX: they fall off,
 * and read by themselves. Steps come in the order of their places, each from where the one before ended.
 */
export class Relay<Told> {
  readonly #isCut: boolean;
  readonly #onEmpty: () => void;
  readonly #followers = new Set<Follower<Told>>();
  #place: number;
  /** Steps that not all have taken, and the number of the first of them. */
  #steps: Step<Told>[] = [];
  #first = 0;
  #bytes = 0;
  #busy = 0;
  #isTelling = false;
  /** Why nothing comes any more. */
  #end: 'over' | 'behind' | 'alone' | null = null;
  #wake: (() => void) | null = null;

  /**
   * @param isCut whether somebody within a step may not take the whole of it
   * @param onEmpty called whenever the last one has left
   */
  constructor(place: number, isCut: boolean, onEmpty: () => void) {
    this.#place = place;
    this.#isCut = isCut;
    this.#onEmpty = onEmpty;
  }

  /** Where the last step has led. */
  get place(): number {
    return this.#place;
  }

  get size(): number {
    return this.#followers.size;
  }

  /** Whether somebody waits for the next step. */
  get isAwaited(): boolean {
    return this.#busy < this.#followers.size;
  }

  /** Whether the reader waits for those who follow, while somebody at this place is ahead of them all. */
  isStalledBefore(place: number): boolean {
    return place > this.#place && this.size > 0 && !this.isAwaited;
  }

  /** Whether somebody at this place would miss nothing, and be told nothing again. */
  holds(place: number): boolean {
    return this.#end === null && place >= (this.#steps[0]?.before ?? this.#place);
  }

  /** Resolves when somebody waits for the next step, or nobody follows: one reader reads no further than the fastest wants. */
  async awaited(): Promise<void> {
    if (this.isAwaited || this.size === 0) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /**
   * Takes steps from a place that this holds, until the signal aborts or it ends otherwise. Nothing is taken after the abort.
   * Rejects with what a step failed with.
   */
  follow(place: number, take: Take<Told>, signal: AbortSignal): Promise<Left<Told>> {
    return new Promise((resolve, reject) => {
      const gone = (): void => this.#leave(follower, { why: 'gone' });
      const end = (): void => signal.removeEventListener('abort', gone);
      const follower: Follower<Told> = {
        place,
        next: this.#first + this.#steps.findLastIndex(({ after }) => after <= place) + 1,
        isBusy: false,
        isFollowing: true,
        take,
        leave: (left) => (end(), resolve(left)),
        fail: (error) => (end(), reject(error instanceof Error ? error : new Error(String(error)))),
      };
      this.#followers.add(follower);
      if (signal.aborted) return gone();
      signal.addEventListener('abort', gone, { once: true });
      this.#advance(follower);
      this.#wakeIfAwaited();
    });
  }

  /** Tells all who wait; for the others it is kept. */
  tell(step: Step<Told>): void {
    this.#steps.push(step);
    this.#bytes += step.bytes;
    this.#place = step.after;
    while (this.#steps.length > 1 && (this.#steps.length > SUBSCRIBER_QUEUE_MAX || this.#bytes > KEPT_BYTES_MAX)) {
      this.#bytes -= this.#steps.shift()?.bytes ?? 0;
      this.#first += 1;
    }
    this.#isTelling = true;
    for (const follower of this.#followers) if (!follower.isBusy) this.#advance(follower);
    this.#isTelling = false;
    this.#forgetTaken();
  }

  /** Nothing comes any more: all is told (`over`), or whoever follows goes on elsewhere. What is being taken is taken before. */
  end(why: 'over' | 'behind' | 'alone'): void {
    this.#end ??= why;
    for (const follower of this.#followers) if (!follower.isBusy) this.#advance(follower);
    this.#wakeIfAwaited();
  }

  #advance(follower: Follower<Told>): void {
    while (follower.isFollowing && !follower.isBusy) {
      const { place } = follower;
      if (this.#end === 'behind' || this.#end === 'alone') return this.#leave(follower, { why: this.#end, place });
      if (follower.next < this.#first) return this.#leave(follower, { why: 'behind', place });
      const step = this.#steps[follower.next - this.#first];
      if (step === undefined) return this.#end === null ? undefined : this.#leave(follower, { why: 'over' });
      follower.next += 1;
      this.#hand(follower, step);
    }
  }

  #hand(follower: Follower<Told>, { before, after, told }: Step<Told>): void {
    const { place } = follower;
    if (before < place && after <= place) return;
    if (this.#isCut && before < place) return this.#leave(follower, { why: 'within', place, told });
    follower.isBusy = true;
    this.#busy += 1;
    follower.take(
      told,
      () => this.#taken(follower, after),
      (error) => {
        if (this.#remove(follower)) follower.fail(error);
      },
    );
  }

  #taken(follower: Follower<Told>, place: number): void {
    if (!follower.isFollowing) return;
    follower.place = place;
    follower.isBusy = false;
    this.#busy -= 1;
    this.#advance(follower);
    this.#forgetTaken();
    this.#wakeIfAwaited();
  }

  #leave(follower: Follower<Told>, left: Left<Told>): void {
    if (this.#remove(follower)) follower.leave(left);
  }

  #remove(follower: Follower<Told>): boolean {
    if (!this.#followers.delete(follower)) return false;
    follower.isFollowing = false;
    if (follower.isBusy) this.#busy -= 1;
    this.#forgetTaken();
    this.#wakeIfAwaited();
    if (this.size === 0) this.#onEmpty();
    return true;
  }

  /** Who waits has taken all there is. */
  #forgetTaken(): void {
    if (this.#busy > 0 || this.#isTelling) return;
    this.#first += this.#steps.length;
    this.#steps = [];
    this.#bytes = 0;
  }

  #wakeIfAwaited(): void {
    if (!this.isAwaited && this.size > 0) return;
    this.#wake?.();
    this.#wake = null;
  }
}
