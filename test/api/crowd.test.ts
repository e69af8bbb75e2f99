import { expect, test } from 'vitest';
import { gatherCrowd, KEPT_DESCRIPTORS_MAX } from '../bench/crowd.ts';

/* test/long/idle-sockets.test.ts is the same with ten thousand. */

test('among hundreds of idle sockets active ones are told, newcomers let in up to the limit, and nothing is left of them', async () => {
  const report = await gatherCrowd({ idle: 400, active: 20 }, () => {});
  expect(report).toMatchObject({ events: 30, answered: 30, welcomed: 30, refusal: { code: 1013 } });
  expect(report.refusal.reason).toBe('at most 421 WebSockets are open at once of one account');
  expect(report.each.heapBytes).toBeLessThan(20_000);
  expect(report.leftDescriptors ?? 0).toBeLessThanOrEqual(KEPT_DESCRIPTORS_MAX);
});
