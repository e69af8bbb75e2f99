import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SessionId } from '../../src/model/ids.ts';
import { CLOCK_SKEW_MAX_MS, HEARTBEAT_SESSIONS_MAX, LABELS_BYTES_MAX } from '../../src/model/limits.ts';
import { askData } from './asking.ts';
import { aSession } from './feeding.ts';
import { type Json, killer, mutate, openByGraphql, opening } from './producing.ts';
import { startTestServer, type Running } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startTestServer();
});
afterAll(() => running[Symbol.asyncDispose]());

const kill = (sessionId: SessionId) => running.installation.kills.request(killer, sessionId, null);
const idOf = (opened: Json): SessionId => (opened['session'] as { readonly sessionId: SessionId }).sessionId;

test('all that a producer tells of a session is there to read', async () => {
  const input = {
    sessionId: randomUUID(),
    protocol: 'DATABASE',
    upstream: 'PostgreSQL',
    user: {
      identity: 'ann',
      email: 'ann@example.com',
      name: 'Ann',
      picture: 'p',
      sub: 's',
      nickname: 'n',
      isServiceAccount: true,
    },
    socket: { socketId: randomUUID(), name: 'orders' },
    client: { ip: '2001:db8::1', port: 40_000, software: 'psql 17' },
    server: { name: 'db.example.com', port: 5432 },
    sshUser: 'root',
    authInfo: 'by key',
    labels: { team: 'a', nested: [1, { b: null }] },
    startedAt: '2022-10-10T04:46:50.123Z',
    recording: { recordingId: randomUUID(), kind: 'DATABASE' },
  };
  const opened = await mutate(running, 'openSession', input);
  expect(opened).toMatchObject({ nextEvent: 0, epoch: 1, recording: { ...input.recording, state: 'LIVE' } });
  const { session } = await askData<{ readonly session: Json }>(
    running,
    `{ session(sessionId: "${input.sessionId}") { sessionId protocol upstream startedAt sshUser authInfo labels
      user { identity email name picture sub nickname isServiceAccount } socket { socketId name }
      client { ip port software } server { name port } recording { recordingId kind columns rows } } }`,
  );
  expect(session).toEqual({
    ...input,
    upstream: 'postgresql',
    recording: { ...input.recording, columns: null, rows: null },
  });
});

test('every mutation is safe to repeat', async () => {
  const input = { ...opening, sessionId: randomUUID() };
  const one = await mutate(running, 'openSession', input);
  const again = await mutate(running, 'openSession', input);
  expect(again).toMatchObject({ session: { sessionId: input.sessionId }, recording: one['recording'], nextEvent: 0 });
  const epoch = again['epoch'] as number;
  expect(epoch).toBeGreaterThan(one['epoch'] as number);
  const second = {
    sessionId: input.sessionId,
    epoch,
    recordingId: randomUUID(),
    kind: 'TERMINAL',
    columns: 10,
    rows: 5,
  };
  const told = { sessionId: input.sessionId, eventId: randomUUID(), kind: 'AUTHORIZED', message: 'by key' };
  const closing = { sessionId: input.sessionId, epoch, reason: 'exit 0' };
  for (const [name, given] of [
    ['openRecording', second],
    ['recordSessionEvent', told],
    ['heartbeat', { sessionIds: [input.sessionId] }],
    ['closeSession', closing],
    ['closeSession', closing],
    ['recordSessionEvent', told],
  ] as const) {
    const answer = await mutate(running, name, given);
    expect(answer['__typename']).toMatch(/Payload$/);
    expect(await mutate(running, name, given)).toEqual(answer);
  }
  const cut = await openByGraphql(running);
  await kill(cut.sessionId);
  const confirmed = await mutate(running, 'confirmKill', { sessionId: cut.sessionId });
  expect(confirmed).toMatchObject({ __typename: 'ConfirmKillPayload', session: { status: 'KILLED' } });
  expect(await mutate(running, 'confirmKill', { sessionId: cut.sessionId })).toEqual(confirmed);
});

test('a refused attempt is a session that never ran; its retry is the same, and those that are alike are counted', async () => {
  const { recording: _none, ...attempt } = { ...opening, user: { identity: randomUUID() }, denyReason: 'no policy' };
  const sessionId = randomUUID();
  const one = await mutate(running, 'openSession', { ...attempt, sessionId });
  expect(one).toMatchObject({ session: { status: 'DENIED', sessionId }, recording: null, nextEvent: null });
  expect(await mutate(running, 'openSession', { ...attempt, sessionId })).toMatchObject({ session: { sessionId } });
  expect(idOf(await mutate(running, 'openSession', { ...attempt, sessionId: randomUUID() }))).toBe(sessionId);
  const { session } = await askData<{ readonly session: Json }>(
    running,
    `{ session(sessionId: "${sessionId}") { attemptCount denyReason } }`,
  );
  expect(session).toEqual({ attemptCount: 2, denyReason: 'no policy' });
  const append = { recordingId: randomUUID(), epoch: 1, firstEvent: 0, events: [[0, 'o', 'a']] };
  expect(await mutate(running, 'appendEvents', append)).toMatchObject({ __typename: 'NotFoundError' });
  expect(await mutate(running, 'closeSession', { sessionId })).toMatchObject({ __typename: 'ConflictError' });
});

describe('openSession is refused', () => {
  const tooFar = new Date(Date.now() + CLOCK_SKEW_MAX_MS + 60_000).toISOString();
  test.each([
    ['user.identity', { user: {} }],
    ['user.email', { user: { email: 'x'.repeat(600) } }],
    ['socket.name', { socket: { name: '' } }],
    ['client.ip', { client: { ip: 'localhost' } }],
    ['client.port', { client: { ip: '::1', port: 65_536 } }],
    ['server.port', { server: { name: 'a', port: -1 } }],
    ['labels', { labels: ['a'] }],
    ['labels', { labels: { a: 'x'.repeat(LABELS_BYTES_MAX) } }],
    ['startedAt', { startedAt: tooFar }],
    ['recording.columns', { recording: { kind: 'TERMINAL', columns: 0 } }],
  ])('for %s by its path', async (field, change) => {
    const refused = await mutate(running, 'openSession', { ...opening, ...change });
    expect(refused).toMatchObject({ __typename: 'ValidationError', field, message: expect.stringContaining(field) });
  });

  test('when the id is another session, of this producer or of another', async () => {
    const { sessionId } = await openByGraphql(running);
    const other = { ...opening, sessionId, server: { name: 'elsewhere', port: 22 } };
    expect(await mutate(running, 'openSession', other)).toMatchObject({ __typename: 'ConflictError' });
    const theirs = randomUUID() as SessionId;
    const others = { producer: 'others', actor: 'others' };
    await running.installation.intake.openSession(others, aSession({ sessionId: theirs }));
    expect(await mutate(running, 'openSession', { ...opening, sessionId: theirs })).toMatchObject({
      __typename: 'NotFoundError',
    });
  });

  test('when the session is over, or is to be cut', async () => {
    const { sessionId } = await openByGraphql(running);
    await mutate(running, 'closeSession', { sessionId });
    expect(await mutate(running, 'openSession', { ...opening, sessionId })).toMatchObject({
      __typename: 'SessionEndedError',
      session: { sessionId },
    });
    const cut = await openByGraphql(running);
    await kill(cut.sessionId);
    await mutate(running, 'confirmKill', { sessionId: cut.sessionId });
    expect(await mutate(running, 'openSession', { ...opening, sessionId: cut.sessionId })).toMatchObject({
      __typename: 'SessionKilledError',
      kill: { requestedBy: 'admin' },
    });
  });
});

describe('what is about a session', () => {
  const names = ['openRecording', 'recordSessionEvent', 'confirmKill', 'closeSession'] as const;
  const inputs: Readonly<Record<(typeof names)[number], Json>> = {
    openRecording: { epoch: 1, kind: 'TERMINAL' },
    recordSessionEvent: { kind: 'NOTE', message: 'a' },
    confirmKill: {},
    closeSession: {},
  };

  test.each(names)('%s answers alike for none and for one of another producer', async (name) => {
    const theirs = randomUUID() as SessionId;
    const others = { producer: 'others', actor: 'others' };
    await running.installation.intake.openSession(others, aSession({ sessionId: theirs }));
    const none = await mutate(running, name, { ...inputs[name], sessionId: randomUUID() });
    expect(none).toMatchObject({ __typename: 'NotFoundError' });
    expect(await mutate(running, name, { ...inputs[name], sessionId: theirs })).toEqual(none);
  });

  test.each(names)('%s is forbidden to who does not feed', async (name) => {
    const input = { ...inputs[name], sessionId: randomUUID() };
    for (const role of ['AUDITOR', 'VIEWER', 'METRICS'] as const) {
      const refused = await mutate(running, name, input, running.tokens[role]);
      expect(refused).toMatchObject({ __typename: 'ForbiddenError', requiredRole: 'PRODUCER' });
    }
  });
});

test('a cut that nobody asked for cannot be confirmed, and one that was asked for takes no new recording', async () => {
  const { sessionId, epoch } = await openByGraphql(running);
  expect(await mutate(running, 'confirmKill', { sessionId })).toMatchObject({ __typename: 'ConflictError' });
  await kill(sessionId);
  const refused = await mutate(running, 'openRecording', { sessionId, epoch, kind: 'TERMINAL' });
  expect(refused['__typename']).not.toBe('OpenRecordingPayload');
  expect(await mutate(running, 'closeSession', { sessionId })).toMatchObject({ session: { status: 'KILLED' } });
});

test('a heartbeat has a limit, and what a story is told has a form', async () => {
  const sessionIds = Array.from({ length: HEARTBEAT_SESSIONS_MAX + 1 }, () => randomUUID());
  expect(await mutate(running, 'heartbeat', { sessionIds })).toMatchObject({
    __typename: 'ValidationError',
    field: 'sessionIds',
    message: expect.stringContaining(`${HEARTBEAT_SESSIONS_MAX}`),
  });
  expect(await mutate(running, 'heartbeat', { sessionIds: sessionIds.slice(1) })).toMatchObject({ kills: [] });
  const { sessionId } = await openByGraphql(running);
  const told = { sessionId, eventId: randomUUID(), kind: 'NOTE', message: 'a' };
  expect(await mutate(running, 'recordSessionEvent', { ...told, details: [1] })).toMatchObject({ field: 'details' });
  await mutate(running, 'recordSessionEvent', told);
  const { sessionId: another } = await openByGraphql(running);
  expect(await mutate(running, 'recordSessionEvent', { ...told, sessionId: another })).toMatchObject({
    __typename: 'ConflictError',
  });
});
