import { setImmediate as nextLoop } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turns } from '../../src/api/graphql/turns.ts';
import { OPERATIONS_AT_ONCE_MAX } from '../../src/model/limits.ts';

const someone = { credential: 'token a', role: 'AUDITOR' } as const;
const other = { credential: 'token b', role: 'AUDITOR' } as const;

test('operations of one credential run a few at a time, in their order; those of another do not wait for them', async () => {
  const turns = new Turns();
  const ran: (number | string)[] = [];
  let running = 0;
  let most = 0;
  const run = async (who: typeof someone | typeof other, name: number | string): Promise<void> => {
    using _turn = await turns.take(who);
    running += who === someone ? 1 : 0;
    most = Math.max(most, running);
    await nextLoop();
    ran.push(name);
    running -= who === someone ? 1 : 0;
  };
  const many = Array.from({ length: 200 }, (_, index) => run(someone, index));
  await run(other, 'other');
  expect(ran.indexOf('other')).toBeLessThan(3 * OPERATIONS_AT_ONCE_MAX);
  await Promise.all(many);
  expect(most).toBe(OPERATIONS_AT_ONCE_MAX);
  expect(ran.filter((name) => name !== 'other')).toEqual(Array.from({ length: 200 }, (_, index) => index));
});

test('the event loop runs between operations that never wait for anything', async () => {
  const turns = new Turns();
  let loops = 0;
  let isOver = false;
  const count = async (): Promise<void> => {
    while (!isOver) {
      await nextLoop();
      loops += 1;
    }
  };
  const counting = count();
  const run = async (): Promise<void> => {
    using _turn = await turns.take(someone);
  };
  await Promise.all(Array.from({ length: 400 }, run));
  isOver = true;
  await counting;
  expect(loops).toBeGreaterThan(50);
});

test('producers and this process wait for nobody', async () => {
  const turns = new Turns();
  const producer = { credential: 'token p', role: 'PRODUCER' } as const;
  const local = { credential: 'process', role: 'ADMIN' } as const;
  const taken = await Promise.all(
    Array.from({ length: 100 }, (_, index) => turns.take(index % 2 === 0 ? producer : local)),
  );
  expect(taken).toHaveLength(100);
});
