import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { killsTopic } from '../../src/live/bus.ts';
import { followBySse, socketClient } from './asking.ts';
import { type Json, killer, mutate, type Open, openByGraphql, put } from './producing.ts';
import { startTestServer, type Running } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

const query = 'subscription { killRequests { sessionId requestedAt requestedBy reason } }';
type Told = { readonly killRequests: Json };

const kill = ({ sessionId }: Open, reason: string | null = null) =>
  running.installation.kills.request(killer, sessionId, reason);

/** What is told, one after the other, and the sessions of it. Ends with its socket. */
const hear = (token = running.tokens.PRODUCER) => {
  const client = socketClient(running, token);
  const told = client.iterate<Told>({ query });
  const next = async (): Promise<Json> => {
    const { value } = (await told.next()) as { readonly value?: { readonly data?: Told | null } };
    if (value?.data == null) throw new Error('nothing was told');
    return value.data.killRequests;
  };
  return { next, [Symbol.asyncDispose]: async () => void (await client.dispose()) };
};

test('a cut is heard on killRequests, in the answer to an append, and in a heartbeat', async () => {
  await using ears = hear();
  const open = await openByGraphql(running);
  const heard = ears.next();
  await kill(open, 'enough');
  const request = { sessionId: open.sessionId, requestedBy: 'admin', reason: 'enough' };
  expect(await heard).toEqual({ ...request, requestedAt: expect.any(String) });
  const appended = await mutate(running, 'appendEvents', {
    recordingId: open.recordingId,
    epoch: open.epoch,
    firstEvent: 0,
    events: [[0, 'o', 'until then']],
  });
  expect(appended).toMatchObject({ nextEvent: 1, kill: request });
  expect(await mutate(running, 'heartbeat', { sessionIds: [open.sessionId] })).toMatchObject({ kills: [request] });
  expect(await mutate(running, 'confirmKill', { sessionId: open.sessionId })).toMatchObject({
    session: { status: 'KILLED', kill: { confirmedAt: expect.any(String) } },
  });
  // What was cut is waited for no more, and says so to whoever asks again.
  expect(await mutate(running, 'heartbeat', { sessionIds: [open.sessionId] })).toMatchObject({
    kills: [],
    unknown: [open.sessionId],
  });
  expect(await put(running, open, 1, new Uint8Array([0x93, 0x01, 0xa1, 0x6d, 0xa1, 0x61]))).toMatchObject({
    status: 410,
    body: { kill: { requested_by: 'admin', reason: 'enough', confirmed_at: expect.any(String) } },
  });
});

test('those that wait are told first, each once, and again after a break while they still wait', async () => {
  const [waiting, confirmed, later] = [
    await openByGraphql(running),
    await openByGraphql(running),
    await openByGraphql(running),
  ];
  await kill(waiting);
  await kill(confirmed);
  {
    await using ears = hear();
    expect((await ears.next())['sessionId']).toBe(waiting.sessionId);
    expect((await ears.next())['sessionId']).toBe(confirmed.sessionId);
    // Hints come twice, and for nothing.
    running.installation.bus.publish(killsTopic('tests'));
    await kill(waiting, 'again');
    const heard = ears.next();
    await kill(later);
    expect((await heard)['sessionId']).toBe(later.sessionId);
  }
  await mutate(running, 'confirmKill', { sessionId: confirmed.sessionId });
  await using again = hear();
  expect([(await again.next())['sessionId'], (await again.next())['sessionId']]).toEqual([
    waiting.sessionId,
    later.sessionId,
  ]);
  for (const { sessionId } of [waiting, later]) await mutate(running, 'confirmKill', { sessionId });
});

test('a producer hears of its own sessions alone', async () => {
  await using others = hear(running.tokens.ADMIN);
  await using own = hear();
  const open = await openByGraphql(running);
  const [heardByOthers, heard] = [others.next(), own.next()];
  await kill(open);
  expect((await heard)['sessionId']).toBe(open.sessionId);
  const ofAdmin = await mutate(running, 'openSession', { ...openedByAdmin }, running.tokens.ADMIN);
  const { sessionId } = ofAdmin['session'] as Open;
  await kill({ sessionId, recordingId: '', epoch: 1 });
  expect((await heardByOthers)['sessionId']).toBe(sessionId);
});

const openedByAdmin = {
  sessionId: randomUUID(),
  protocol: 'TCP',
  user: { identity: 'x' },
  socket: { name: 'a' },
  client: { ip: '::1' },
  server: { name: 'a', port: 0 },
};

test('server-sent events tell them too', async () => {
  const open = await openByGraphql(running);
  await kill(open);
  for await (const { data } of followBySse<Told>(running, { query }, running.tokens.PRODUCER)) {
    if (data?.killRequests['sessionId'] === open.sessionId) break;
  }
});

test('who may not feed hears nothing', async () => {
  const answers = followBySse<Told>(running, { query }, running.tokens.AUDITOR);
  expect((await answers.next()).value).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
});
