import type { Context } from './context.ts';

/**
 * A subscription's source that can be stopped while it waits. A generator alone cannot: its `return` waits until its
 * pending `next` is done, and a tail may wait for hours. Here `return` aborts the signal that the source was given first.
 * Nothing is pushed and nothing is kept: each item is read when it is asked for.
 */
export const following = <Item>(
  context: Context,
  start: (stopped: AbortSignal) => AsyncGenerator<Item, void, void>,
): AsyncGenerator<Item, void, void> => {
  const stop = new AbortController();
  const stopNow = (): void => stop.abort();
  if (context.gone.aborted) stopNow();
  context.gone.addEventListener('abort', stopNow, { once: true });
  const source = start(stop.signal);
  const counted = new DisposableStack();
  counted.use(context.parts.metrics.subscriptionOpened());
  const end = (): void => {
    stopNow();
    counted.dispose();
    context.gone.removeEventListener('abort', stopNow);
  };
  const settle = async (result: Promise<IteratorResult<Item, void>>): Promise<IteratorResult<Item, void>> => {
    try {
      const { done, value } = await result;
      if (done === true) end();
      return done === true ? { done, value: undefined } : { done: false, value };
    } catch (error) {
      end();
      throw error;
    }
  };
  return {
    next: () => settle(source.next()),
    return: () => {
      end();
      return settle(source.return());
    },
    throw: (error) => {
      end();
      return settle(source.throw(error));
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: async () => {
      end();
      await source.return();
    },
  };
};
