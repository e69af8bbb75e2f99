import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { workerScript } from '../../../src/cli/assets.ts';
import { seesAll } from '../../../src/model/access.ts';
import { Unavailable } from '../../../src/model/errors.ts';
import { READS_WAITING_MAX } from '../../../src/model/limits.ts';
import { everySession, type SessionFilter } from '../../../src/model/session-filter.ts';
import { ReadingThread } from '../../../src/store/catalog/reading-thread.ts';
import type { Asker } from '../../../src/store/catalog/survey-reader.ts';
import { sharedHistory } from '../../fixture/shared-history.ts';

const SESSIONS = 10_000;

let thread: ReadingThread;
/** The threads that were started, in order. */
let workers: Worker[];
beforeEach(async () => {
  workers = [];
  const script = workerScript('catalog-reader');
  const start = (data: unknown): Worker => {
    const worker = script.start(data);
    workers.push(worker);
    return worker;
  };
  const path = await sharedHistory(SESSIONS);
  // Two rows at a time: what looks at all sessions takes thousands of turns.
  const limits = { readMs: 60_000, statsMs: 60_000, sliceRows: 2, valuesMax: 10 };
  thread = new ReadingThread({ start }, { path, nativeBinding: null, limits });
});
afterEach(() => thread[Symbol.asyncDispose]());

const stays = new AbortController().signal;
const asker = (account: string, gone = stays): Asker => ({ account, gone });

/** Every session is looked at. */
const unindexed: SessionFilter = { ...everySession, killed: false };

const countLong = (by: Asker): Promise<number | null> => thread.run('countSessions', [seesAll, unindexed, 100_000], by);
const countShort = (by: Asker): Promise<number | null> =>
  thread.run('countSessions', [seesAll, everySession, 100_000], by);

describe('a thread that reads', () => {
  test('gives each account its turn: what is short is answered while what is long goes on', async () => {
    const ended: string[] = [];
    const long = Array.from({ length: 4 }, () => countLong(asker('long')).finally(() => ended.push('long')));
    await countShort(asker('short')).finally(() => ended.push('short'));
    await Promise.all(long);
    expect(ended[0]).toBe('short');
    expect(workers).toHaveLength(1);
  });

  test('refuses what it had not answered when it ends, and is started again by the next read', async () => {
    const waiting = countLong(asker('one'));
    await Promise.all([expect(waiting).rejects.toThrow(Unavailable), workers[0]?.terminate()]);
    expect(await countShort(asker('one'))).toBe(SESSIONS);
    expect(workers).toHaveLength(2);
  });

  test('that cannot open the catalog says so of each read, and tries again with the next', async () => {
    const limits = { readMs: 60_000, statsMs: 60_000, sliceRows: 2, valuesMax: 10 };
    const data = { path: '/nowhere/catalog.db', nativeBinding: null, limits };
    await using failing = new ReadingThread(workerScript('catalog-reader'), data);
    for (let times = 0; times < 2; times += 1) {
      const read = failing.run('countSessions', [seesAll, everySession, 1]);
      await expect(read).rejects.toMatchObject({ message: 'the reading thread failed', cause: expect.any(Error) });
    }
  });

  test('answers who leaves at once, and reads on for the others', async () => {
    const leaving = new AbortController();
    const left = countLong(asker('one', leaving.signal));
    const other = countLong(asker('one'));
    leaving.abort();
    await expect(left).rejects.toThrow('the client has gone');
    expect(await other).toBeGreaterThan(0);
    await expect(countShort(asker('one', leaving.signal))).rejects.toThrow(Unavailable);
  });

  test('takes so many reads of one account at once, and more of others', async () => {
    const leaving = new AbortController();
    const many = Array.from({ length: READS_WAITING_MAX }, () => countLong(asker('many', leaving.signal)));
    await expect(countShort(asker('many'))).rejects.toThrow(`at most ${READS_WAITING_MAX}`);
    expect(await countShort(asker('other'))).toBe(SESSIONS);
    leaving.abort();
    for (const one of await Promise.allSettled(many)) expect(one.status).toBe('rejected');
    expect(await countShort(asker('many'))).toBe(SESSIONS);
  });

  test('that is disposed refuses what waits, and whatever comes', async () => {
    const waiting = countLong(asker('one'));
    await Promise.all([expect(waiting).rejects.toThrow(Unavailable), thread[Symbol.asyncDispose]()]);
    await expect(countShort(asker('one'))).rejects.toThrow('the server is stopping');
  });
});
