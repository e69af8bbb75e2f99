import { setImmediate as nextLoop } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turns } from '../../src/api/graphql/turns.ts';
import { OPERATIONS_AT_ONCE_MAX } from '../../src/model/limits.ts';

const asking = (name: string, role: 'AUDITOR' | 'PRODUCER' = 'AUDITOR') =>
  ({ credential: `token ${name}`, account: `token ${name}`, role }) as const;

test('one operation begins in each turn of the event loop, of one caller after the other, each in its order', async () => {
  const turns = new Turns();
  const began: string[] = [];
  const begin = async (name: string, index: number): Promise<void> => {
    await turns.begin(asking(name));
    began.push(`${name}${index}`);
  };
  const all = [
    ...Array.from({ length: 50 }, (_, index) => begin('a', index)),
    ...Array.from({ length: 3 }, (_, index) => begin('b', index)),
    begin('c', 0),
  ];
  for (let loop = 1; loop <= 20; loop += 1) {
    await nextLoop();
    expect(began.length).toBeLessThanOrEqual(loop);
  }
  await Promise.all(all);
  // Fifty of one caller are waiting, and nobody else waits for more than one of them at a time.
  expect(began.slice(0, 8)).toEqual(['a0', 'b0', 'c0', 'a1', 'b1', 'a2', 'b2', 'a3']);
  expect(began.filter((name) => name.startsWith('a'))).toEqual(Array.from({ length: 50 }, (_, index) => `a${index}`));
});

test('operations of one caller run a few at a time, in their order; those of another run at once', async () => {
  const turns = new Turns();
  const ran: number[] = [];
  let running = 0;
  let most = 0;
  const run = async (index: number): Promise<void> => {
    using _turn = await turns.run(asking('a'));
    running += 1;
    most = Math.max(most, running);
    await nextLoop();
    ran.push(index);
    running -= 1;
  };
  const many = Array.from({ length: 60 }, (_, index) => run(index));
  using _other = await turns.run(asking('b'));
  expect(ran).toEqual([]);
  await Promise.all(many);
  expect(most).toBe(OPERATIONS_AT_ONCE_MAX);
  expect(ran).toEqual(Array.from({ length: 60 }, (_, index) => index));
});

test('a producer feeds many sessions at once', async () => {
  const turns = new Turns();
  const taken = await Promise.all(Array.from({ length: 500 }, () => turns.run(asking('p', 'PRODUCER'))));
  expect(taken).toHaveLength(500);
});
