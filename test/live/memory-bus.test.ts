import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { MemoryBus } from '../../src/live/memory-bus.ts';

const LONG_MS = 1_000_000;
const never = new AbortController().signal;

/** Whether it has resolved once everything that was ready has run. */
const isDone = async (promise: Promise<void>): Promise<boolean> => {
  let done = false;
  void promise.then(() => (done = true));
  await new Promise((resolve) => void setImmediate(resolve));
  return done;
};

test('a listener is woken by its topic, and by no other', async () => {
  const bus = new MemoryBus();
  using listener = bus.listen('a');
  const waiting = listener.next(never, LONG_MS);
  bus.publish('b');
  expect(await isDone(waiting)).toBe(false);
  bus.publish('a');
  await waiting;
});

test('hints that came before it waits are one hint, and are not forgotten', async () => {
  const bus = new MemoryBus();
  using listener = bus.listen('a');
  bus.publish('a');
  bus.publish('a');
  await listener.next(never, LONG_MS);
  const waiting = listener.next(never, LONG_MS);
  expect(await isDone(waiting)).toBe(false);
  bus.publish('a');
  await waiting;
});

test('waiting ends with the signal, at once when it was aborted before, and after its time', async () => {
  using listener = new MemoryBus().listen('a');
  const stop = new AbortController();
  const waiting = listener.next(stop.signal, LONG_MS);
  stop.abort();
  await waiting;
  await listener.next(stop.signal, LONG_MS);
  await listener.next(never, 1);
});

test('a listener that is disposed, even twice, leaves those of its topic alone', async () => {
  const bus = new MemoryBus();
  const gone = bus.listen('a');
  gone[Symbol.dispose]();
  using stays = bus.listen('a');
  gone[Symbol.dispose]();
  const waiting = stays.next(never, LONG_MS);
  bus.publish('a');
  await waiting;
});

test('however often it waits, it leaves nothing on the signal', async () => {
  const bus = new MemoryBus();
  using listener = bus.listen('a');
  const { signal } = new AbortController();
  const hidden = (): number =>
    Object.getOwnPropertySymbols(signal)
      .map((symbol) => Reflect.get(signal, symbol) as unknown)
      .reduce<number>((sum, value) => sum + (value instanceof Set || value instanceof Map ? value.size : 0), 0);
  const before = hidden();
  for (let count = 0; count < 1000; count += 1) {
    const waiting = listener.next(signal, LONG_MS);
    bus.publish('a');
    await waiting;
  }
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  expect(hidden()).toBeLessThan(before + 10);
});
