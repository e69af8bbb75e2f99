import { expect, test } from 'vitest';
import { descriptorsMax, gatherCrowd, KEPT_DESCRIPTORS_MAX } from '../bench/crowd.ts';

/*
 * Ten thousand sockets on which nothing happens, half of them following something quiet, and a hundred on which something
 * does. Fewer where a process may not have so many files open (ulimit -n).
 */

const WANTED = 10_000;
const ACTIVE = 100;
/** What the server has open beside. */
const BESIDE = 300;
const EACH_BYTES_MAX = 20_000;
/** What V8 keeps of what was never many before: feedback, pools, tables that grew. */
const LEFT_BYTES_MAX = 20 * 1024 * 1024;

test('ten thousand idle sockets keep nobody waiting, and leave nothing behind', async () => {
  const idle = Math.min(WANTED, descriptorsMax() - ACTIVE - BESIDE);
  if (idle < WANTED) console.log(`${idle} sockets instead of ${WANTED}: ulimit -n allows no more`);
  const report = await gatherCrowd({ idle, active: ACTIVE }, (line) => console.log(line));
  const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`;
  console.log(
    `${kilobytes(report.each.heapBytes)} of heap, ${kilobytes(report.each.rssBytes)} of RSS an idle socket; an event to ${ACTIVE} while somebody asks and somebody comes: at most ${report.slowestMs.toFixed(0)} ms; left: ${kilobytes(report.left.heapBytes)} of heap, ${kilobytes(report.left.rssBytes)} of RSS, ${report.leftDescriptors} descriptors`,
  );
  expect(report).toMatchObject({ events: 30, answered: 30, welcomed: 30, refusal: { code: 1013 } });
  expect(report.each.heapBytes).toBeLessThan(EACH_BYTES_MAX);
  expect(report.left.heapBytes).toBeLessThan(LEFT_BYTES_MAX);
  expect(report.leftDescriptors ?? 0).toBeLessThanOrEqual(KEPT_DESCRIPTORS_MAX);
});
