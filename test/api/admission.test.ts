import { expect, test } from 'vitest';
import { Admission } from '../../src/api/admission.ts';
import { Metrics } from '../../src/api/metrics.ts';
import { RateLimited } from '../../src/model/errors.ts';
import type { Role, Viewer } from '../../src/model/viewer.ts';
import { network } from './running.ts';

const viewer = (account: string, role: Role = 'VIEWER'): Viewer => ({
  name: 'ann',
  role,
  producer: null,
  expiresAtMs: null,
  credential: `sign-in ${Math.random()}`,
  account,
});

const admission = (bounds: Partial<typeof network>): Admission =>
  new Admission({ ...network, ...bounds }, new Metrics());

/** How many of these requests are let in. */
const letIn = async (to: Admission, who: Viewer, count: number): Promise<number> => {
  const outcomes = await Promise.allSettled(Array.from({ length: count }, () => to.request(who)));
  return outcomes.filter(({ status }) => status === 'fulfilled').length;
};

test('an account has its requests a second, saved up for five, and the refusal says the limit and when to come again', async () => {
  const bounded = admission({ requestsPerSecondMax: 2 });
  expect(await letIn(bounded, viewer('token a'), 20)).toBe(10);
  const refusal: unknown = await bounded.request(viewer('token a')).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(RateLimited);
  expect(refusal).toMatchObject({ message: expect.stringContaining('at most 2 requests a second') });
  const { retryAfterSeconds } = refusal as RateLimited;
  expect(retryAfterSeconds).toBeGreaterThanOrEqual(1);
  expect(retryAfterSeconds).toBeLessThanOrEqual(5);
});

test('one account takes nothing from another, of the same name or role', async () => {
  const bounded = admission({ requestsPerSecondMax: 1 });
  expect(await letIn(bounded, viewer('token a'), 6)).toBe(5);
  expect(await letIn(bounded, viewer('token b'), 6)).toBe(5);
});

test('a producer feeds many sessions and has a limit of its own; this process has none', async () => {
  const bounded = admission({ requestsPerSecondMax: 1 });
  expect(await letIn(bounded, viewer('token p', 'PRODUCER'), 100)).toBe(100);
  expect(await letIn(bounded, viewer('process', 'ADMIN'), 100)).toBe(100);
});

test('WebSockets are bounded by account and by address, and one that is closed makes room once', () => {
  const bounded = admission({ socketsPerAccountMax: 2, socketsPerAddressMax: 3 });
  const [first] = [
    bounded.openSocket(viewer('token a'), '10.0.0.1'),
    bounded.openSocket(viewer('token a'), '10.0.0.2'),
  ];
  const message = (account: string, ip: string) => () => bounded.openSocket(viewer(account), ip);
  expect(message('token a', '10.0.0.3')).toThrow('at most 2 WebSockets are open at once of one account');
  bounded.openSocket(viewer('token b'), '10.0.0.1');
  bounded.openSocket(viewer('token b'), '10.0.0.1');
  expect(message('token c', '10.0.0.1')).toThrow('at most 3 WebSockets are open at once from one address');
  first?.[Symbol.dispose]();
  first?.[Symbol.dispose]();
  bounded.openSocket(viewer('token a'), '10.0.0.1');
  expect(message('token a', '10.0.0.9')).toThrow(RateLimited);
  expect(message('token c', '10.0.0.1')).toThrow(RateLimited);
});
