import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Left, Relay } from '../../src/live/relay.ts';
import { SUBSCRIBER_QUEUE_MAX } from '../../src/model/limits.ts';

/** A step of a log: it leads from one place to another. */
type Part = { readonly from: number; readonly to: number };

/** Runs what was made ready: promises that are settled. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A log that grows, and a relay of it that may not have read all of it yet. */
class Log {
  end = 0;
  readonly relay: Relay<Part>;

  constructor(isCut: boolean) {
    this.relay = new Relay(0, isCut, () => {});
  }

  tell(bytes = 1): void {
    const part = { from: this.relay.place, to: this.end };
    if (part.to > part.from) this.relay.tell({ before: part.from, after: part.to, told: part, bytes });
  }
}

/** Somebody who has read the log up to a place, and goes on with the relay; by themselves where it leaves them. */
class Watcher {
  readonly came: Part[] = [];
  readonly waiting: (() => void)[] = [];
  readonly stop = new AbortController();
  readonly ended: Promise<void>;
  isSlow = false;
  timesBehind = 0;
  readonly #log: Log;

  constructor(log: Log, place: number) {
    this.#log = log;
    this.came.push({ from: 0, to: place });
    this.ended = this.#watch(place);
  }

  get place(): number {
    return this.came.at(-1)?.to ?? 0;
  }

  takeOne(): void {
    this.waiting.shift()?.();
  }

  async #watch(from: number): Promise<void> {
    const { relay } = this.#log;
    for (let place = from; ;) {
      const left: Left<Part> = relay.holds(place)
        ? await relay.follow(place, (part, taken) => this.#take(part, taken), this.stop.signal)
        : { why: 'behind', place };
      if (left.why === 'gone' || left.why === 'over') return;
      expect(left.place).toBe(this.place);
      if (left.why === 'alone') return;
      if (left.why === 'behind') this.timesBehind += 1;
      const to = left.why === 'within' ? left.told.to : relay.place;
      this.came.push({ from: left.place, to });
      place = to;
    }
  }

  #take(part: Part, taken: () => void): void {
    this.came.push(part);
    if (this.isSlow) this.waiting.push(taken);
    else taken();
  }
}

/** Each part begins where the one before ended. */
const withoutGapOrRepeat = (came: readonly Part[]): boolean =>
  came.every(({ from }, index) => index === 0 || from === came[index - 1]?.to);

type Deed =
  | { readonly kind: 'grow' | 'tell' | 'join'; readonly who?: undefined }
  | { readonly kind: 'slow' | 'fast' | 'take' | 'leave'; readonly who: number };
const who = fc.nat(5);
const deeds: fc.Arbitrary<readonly Deed[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<Deed>({ kind: 'grow' }) },
    { weight: 4, arbitrary: fc.constant<Deed>({ kind: 'tell' }) },
    fc.constant<Deed>({ kind: 'join' }),
    ...(['slow', 'fast', 'take', 'leave'] as const).map((kind) => fc.record({ kind: fc.constant(kind), who })),
  ),
  { maxLength: 400, size: 'max' },
);

const play = (log: Log, watchers: Watcher[], deed: Deed): void => {
  if (deed.kind === 'grow') log.end += 1;
  else if (deed.kind === 'tell') log.tell();
  // Whoever comes has read all there is, which may be more than the relay has.
  else if (deed.kind === 'join') watchers.push(new Watcher(log, log.end));
  else {
    const watcher = watchers[deed.who ?? -1];
    if (watcher === undefined) return;
    if (deed.kind === 'slow') watcher.isSlow = true;
    if (deed.kind === 'fast') watcher.isSlow = false;
    if (deed.kind === 'take') watcher.takeOne();
    if (deed.kind === 'leave') watcher.stop.abort();
  }
};

describe('a relay', () => {
  test('tells each who follows all after their place, in order, once, however they come, lag and go', async () => {
    const property = fc.asyncProperty(deeds, async (all) => {
      const log = new Log(true);
      const watchers: Watcher[] = [];
      for (const deed of all) {
        play(log, watchers, deed);
        if (deed.kind !== 'grow') await Promise.resolve();
      }
      for (const watcher of watchers) {
        watcher.isSlow = false;
        watcher.takeOne();
      }
      await settled();
      log.end += 1;
      log.tell();
      await settled();
      for (const { came, place, stop } of watchers) {
        expect(withoutGapOrRepeat(came)).toBe(true);
        if (!stop.signal.aborted) expect(place).toBe(log.end);
      }
      expect(log.relay.size).toBe(watchers.filter(({ stop }) => !stop.signal.aborted).length);
    });
    await fc.assert(property, { numRuns: 300 });
  });

  test('who is slow falls off after so many steps, and others are told at once', async () => {
    const log = new Log(true);
    const [slow, fast] = [new Watcher(log, 0), new Watcher(log, 0)];
    slow.isSlow = true;
    for (let step = 1; step <= SUBSCRIBER_QUEUE_MAX + 2; step += 1) {
      log.end = step;
      log.tell();
      expect(fast.place).toBe(step);
    }
    expect(slow.place).toBe(1);
    slow.takeOne();
    await settled();
    expect(slow.timesBehind).toBe(1);
    expect(slow.place).toBe(log.end);
    expect(withoutGapOrRepeat(slow.came)).toBe(true);
  });

  test('keeps few bytes for who is slow', async () => {
    const log = new Log(true);
    const [slow] = [new Watcher(log, 0), new Watcher(log, 0)];
    slow.isSlow = true;
    for (const end of [1, 2, 3]) {
      log.end = end;
      log.tell(1024 * 1024);
    }
    slow.takeOne();
    await settled();
    expect(slow.timesBehind).toBe(1);
  });

  test('whoever is within a step takes the whole of it where nothing is cut, and what is before their place never', async () => {
    const log = new Log(false);
    log.end = 5;
    const ahead = new Watcher(log, 5);
    log.tell();
    expect(ahead.came).toHaveLength(1);
    log.end = 9;
    const within = new Watcher(log, 7);
    log.tell();
    expect(ahead.came.at(-1)).toEqual({ from: 5, to: 9 });
    expect(within.came.at(-1)).toEqual({ from: 5, to: 9 });
    // What says something about a place leads nowhere, and is told to all who are there.
    log.relay.tell({ before: 9, after: 9, told: { from: 9, to: 9 }, bytes: 1 });
    expect([ahead.came.at(-1), within.came.at(-1)]).toEqual([
      { from: 9, to: 9 },
      { from: 9, to: 9 },
    ]);
  });

  test('the one who reads waits for the fastest, and for nobody when nobody is left', async () => {
    const log = new Log(true);
    const watchers = [new Watcher(log, 0), new Watcher(log, 0)];
    for (const watcher of watchers) watcher.isSlow = true;
    log.end = 1;
    log.tell();
    let isAwaited = false;
    const awaited = log.relay.awaited().then(() => (isAwaited = true));
    await settled();
    expect(isAwaited).toBe(false);
    expect(log.relay.isStalledBefore(2)).toBe(true);
    watchers[0]?.takeOne();
    await awaited;
    for (const { stop } of watchers) stop.abort();
    await log.relay.awaited();
    expect(log.relay.size).toBe(0);
  });

  test('at its end each has taken what was told; nothing is handed to who has left', async () => {
    const log = new Log(true);
    const [slow, gone] = [new Watcher(log, 0), new Watcher(log, 0)];
    slow.isSlow = true;
    for (const end of [1, 2, 3]) {
      log.end = end;
      log.tell();
    }
    gone.stop.abort();
    await gone.ended;
    log.end = 4;
    log.tell();
    expect(gone.place).toBe(3);
    log.relay.end('over');
    while (slow.waiting.length > 0) slow.takeOne();
    await slow.ended;
    expect(slow.place).toBe(4);
  });

  test('a step that fails ends it for the one whom it failed', async () => {
    const log = new Log(true);
    const other = new Watcher(log, 0);
    const failed = log.relay.follow(
      0,
      (_part, _taken, fail) => fail(new Error('no room')),
      new AbortController().signal,
    );
    log.end = 1;
    log.tell();
    await expect(failed).rejects.toThrow('no room');
    expect(other.place).toBe(1);
    expect(log.relay.size).toBe(1);
  });
});
