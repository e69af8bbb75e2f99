import { expect, test } from 'vitest';
import { Unavailable } from '../../../src/model/errors.ts';
import { ReadingTurns } from '../../../src/store/catalog/reading-turns.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Turns of reads that each take 4 ms by their clock, and which of them were read. */
const openTurns = () => {
  let nowMs = 0;
  const read: string[] = [];
  const turns = new ReadingTurns(() => nowMs);
  const ask = (name: string, gone = new AbortController().signal): Promise<string> =>
    turns.run(
      () => {
        nowMs += 4;
        read.push(name);
        return name;
      },
      { account: name.slice(0, 1), gone },
    );
  return { ask, read, turns };
};

test('reads of one moment are begun as long as there is time, and the others after everything else had its turn', async () => {
  const { ask, read } = openTurns();
  const names = Array.from({ length: 10 }, (_each, at) => `a${at}`);
  const answers = Promise.all(names.map((name) => ask(name)));
  for (const count of [3, 6, 9, 10]) {
    expect(read).toEqual(names.slice(0, count));
    await nextTurn();
  }
  expect(await answers).toEqual(names);
  // Time that was not used is not saved for later, and time that was is not held against who comes then.
  await nextTurn();
  const later = Promise.all(['b0', 'b1', 'b2', 'b3'].map((name) => ask(name)));
  expect(read.slice(10)).toEqual(['b0', 'b1', 'b2']);
  await later;
});

test('accounts take turns, and nobody overtakes those who wait', async () => {
  const { ask, read } = openTurns();
  const answers = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'b0', 'b1', 'c0'].map((name) => ask(name));
  await nextTurn();
  answers.push(ask('d0'));
  await Promise.all(answers);
  expect(read).toEqual(['a0', 'a1', 'a2', 'a3', 'b0', 'c0', 'a4', 'b1', 'd0', 'a5']);
});

test('who has gone before their turn is refused, and a read that fails fails alone', async () => {
  const { ask, read, turns } = openTurns();
  const leaving = new AbortController();
  const first = ['a0', 'a1', 'a2'].map((name) => ask(name));
  const gone = ask('a3', leaving.signal);
  const failing = turns.run(() => {
    throw new Error('the disk does not answer');
  });
  const last = ask('a4');
  leaving.abort();
  await expect(gone).rejects.toThrow(Unavailable);
  await expect(failing).rejects.toThrow('the disk does not answer');
  expect(await Promise.all([...first, last])).toEqual(['a0', 'a1', 'a2', 'a4']);
  expect(read).toEqual(['a0', 'a1', 'a2', 'a4']);
});
