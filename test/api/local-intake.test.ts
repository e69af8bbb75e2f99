import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RemoteIntake } from '../../src/client/remote-intake.ts';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import {
  Conflict,
  EventGap,
  Fenced,
  Forbidden,
  InvalidInput,
  NotFound,
  SessionEnded,
  SessionKilled,
  Unauthenticated,
  Unavailable,
} from '../../src/model/errors.ts';
import type { RecordingId, SessionId } from '../../src/model/ids.ts';
import type { OpenedSession } from '../../src/model/intake.ts';
import { BATCH_BYTES_MAX } from '../../src/model/limits.ts';
import type { Caller } from '../../src/model/viewer.ts';
import { headersOf } from './asking.ts';
import { aSession, output } from './feeding.ts';
import { producer, startTestServer, type Running } from './running.ts';

let running: Running;
let remote: RemoteIntake;
beforeAll(async () => {
  running = await startTestServer();
  remote = new RemoteIntake({ url: running.url, token: running.tokens.local });
});
afterAll(() => running[Symbol.asyncDispose]());

const killer: Caller = {
  viewer: {
    name: 'admin',
    role: 'ADMIN',
    producer: null,
    expiresAtMs: null,
    credential: 'process',
    account: 'process',
  },
  ip: null,
  client: null,
  requestId: 'a request',
};
const newId = (): SessionId => randomUUID() as SessionId;
const recordingOf = ({ recording }: OpenedSession): RecordingId => {
  if (recording === null) throw new Error('it has a recording');
  return recording.recordingId;
};
const batch = encodeBatch([output(0, 'a'), output(5, 'b')]);

test('a session that goes through a running server is the same as one that goes in directly', async () => {
  const sessionId = newId();
  const opened = await remote.openSession(producer, aSession({ sessionId }));
  const { catalog } = running.installation;
  expect(opened.session).toEqual(await catalog.session({ scope: 'all' }, sessionId));
  expect(opened).toMatchObject({
    nextEvent: 0,
    epoch: expect.any(Number),
    recording: { headHash: null, signature: null },
  });
  const recordingId = recordingOf(opened);
  const { epoch } = opened;
  const append = { recordingId, epoch, firstEvent: 0, msgpack: batch };
  expect(await remote.appendEvents(producer, append)).toEqual({ nextEvent: 2, kill: null });
  expect(await remote.appendEvents(producer, append)).toEqual({ nextEvent: 2, kill: null });
  const second = await remote.openRecording(producer, {
    sessionId,
    epoch,
    recordingId: null,
    kind: 'TERMINAL',
    columns: 10,
    rows: 5,
  });
  expect(second).toMatchObject({ nextEvent: 0, recording: { columns: 10, sessionId } });
  const closed = await remote.closeSession(producer, { sessionId, epoch, endedAtMs: null, reason: 'done' });
  expect(closed).toMatchObject({ sessionId, status: 'ENDED', endReason: 'done' });
  await running.installation.closer.settled();
  const again = await remote.closeSession(producer, { sessionId, epoch, endedAtMs: null, reason: 'done' });
  expect(again.status).toBe('ENDED');
});

test('a kill comes with the next append, and is confirmed', async () => {
  const opened = await remote.openSession(producer, aSession({ sessionId: newId() }));
  const { sessionId } = opened.session;
  await running.installation.kills.request(killer, sessionId, 'enough');
  const append = { recordingId: recordingOf(opened), epoch: opened.epoch, firstEvent: 0, msgpack: batch };
  const { kill } = await remote.appendEvents(producer, append);
  expect(kill).toMatchObject({ sessionId, requestedBy: 'admin', reason: 'enough' });
  expect(await remote.confirmKill(producer, sessionId)).toMatchObject({ status: 'KILLED' });
  const refused = remote.appendEvents(producer, { ...append, firstEvent: 2 });
  await expect(refused).rejects.toBeInstanceOf(SessionKilled);
  await expect(refused).rejects.toMatchObject({ kill: { requestedBy: 'admin' } });
});

describe('the refusals of the port come through', () => {
  test('a hole, with the ordinal wanted', async () => {
    const opened = await remote.openSession(producer, aSession({ sessionId: newId() }));
    const recordingId = recordingOf(opened);
    const refused = remote.appendEvents(producer, { recordingId, epoch: opened.epoch, firstEvent: 7, msgpack: batch });
    await expect(refused).rejects.toBeInstanceOf(EventGap);
    await expect(refused).rejects.toMatchObject({ recordingId, nextEvent: 0 });
  });

  test('an old epoch', async () => {
    const sessionId = newId();
    const first = await remote.openSession(producer, aSession({ sessionId }));
    const second = await remote.openSession(producer, aSession({ sessionId }));
    const append = { recordingId: recordingOf(first), epoch: first.epoch, firstEvent: 0, msgpack: batch };
    const refused = remote.appendEvents(producer, append);
    await expect(refused).rejects.toBeInstanceOf(Fenced);
    await expect(refused).rejects.toMatchObject({ epoch: second.epoch });
  });

  test('an end, a difference, and what is not there', async () => {
    const sessionId = newId();
    const opened = await remote.openSession(producer, aSession({ sessionId }));
    const append = { recordingId: recordingOf(opened), epoch: opened.epoch, firstEvent: 0, msgpack: batch };
    await remote.appendEvents(producer, append);
    const other = { ...append, msgpack: encodeBatch([output(0, 'A'), output(5, 'b')]) };
    await expect(remote.appendEvents(producer, other)).rejects.toBeInstanceOf(Conflict);
    await remote.closeSession(producer, { sessionId, epoch: null, endedAtMs: null, reason: null });
    const after = remote.appendEvents(producer, { ...append, firstEvent: 2 });
    await expect(after).rejects.toBeInstanceOf(SessionEnded);
    await expect(after).rejects.toMatchObject({ sessionId });
    await expect(remote.confirmKill(producer, newId())).rejects.toBeInstanceOf(NotFound);
  });

  test('input that is wrong, by its field', async () => {
    const long = aSession({ socket: { socketId: null, name: 'x'.repeat(600) } });
    await expect(remote.openSession(producer, long)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'socket.name',
    });
    const opened = await remote.openSession(producer, aSession({ sessionId: newId() }));
    const append = { recordingId: recordingOf(opened), epoch: opened.epoch, firstEvent: 0, msgpack: Uint8Array.of(1) };
    const refused = remote.appendEvents(producer, append);
    await expect(refused).rejects.toBeInstanceOf(InvalidInput);
    await expect(refused).rejects.toMatchObject({ field: expect.stringContaining('events[0]') });
  });

  test('another token, and a server that is not there', async () => {
    const sessionId = newId();
    const withToken = (token: string): RemoteIntake => new RemoteIntake({ url: running.url, token });
    await expect(withToken(running.tokens.ADMIN).confirmKill(producer, sessionId)).rejects.toBeInstanceOf(Forbidden);
    await expect(withToken('x').confirmKill(producer, sessionId)).rejects.toBeInstanceOf(Unauthenticated);
    const gone = new RemoteIntake({ url: 'http://127.0.0.1:1', token: 'x' });
    await expect(gone.confirmKill(producer, sessionId)).rejects.toBeInstanceOf(Unavailable);
  });
});

describe('over HTTP', () => {
  const send = async (method: string, path: string, body: BodyInit, type = 'application/json') => {
    const headers = { ...headersOf(running.tokens.local), 'content-type': type };
    const response = await fetch(`${running.url}/local/intake/${path}`, { method, headers, body });
    return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
  };
  const who = 'producer=tests&actor=a';
  const events = `events/${randomUUID()}/0`;

  test.each([
    ['POST', `open-session?${who}`, '{', 400, 'body'],
    ['POST', `open-session?${who}`, '[]', 400, 'body'],
    ['POST', `open-session?${who}`, JSON.stringify({ ...aSession(), protocol: 'FTP' }), 400, 'protocol'],
    [
      'POST',
      `open-session?${who}`,
      JSON.stringify({ ...aSession(), server: { name: 'a', port: 1.5 } }),
      400,
      'server.port',
    ],
    ['POST', `open-session?${who}`, JSON.stringify({ ...aSession(), sessionId: 'x' }), 400, 'sessionId'],
    ['POST', 'open-session', JSON.stringify(aSession()), 400, 'producer'],
    ['POST', `confirm-kill?${who}`, '{"sessionId":7}', 400, 'sessionId'],
  ])('%s %s %.40s is refused by name', async (method, path, body, status, field) => {
    expect(await send(method, path, body)).toMatchObject({
      status,
      body: { error: { code: 'BAD_USER_INPUT', field } },
    });
  });

  test.each([
    [`${events}?${who}`, 400, 'epoch'],
    [`${events}?epoch=x&${who}`, 400, 'epoch'],
    [`events/x/0?epoch=1&${who}`, 400, 'recordingId'],
    [`events/${randomUUID()}/-1?epoch=1&${who}`, 400, 'firstEvent'],
  ])('PUT %s is %i', async (path, status, field) => {
    const answer = await send('PUT', path, Buffer.from(batch), 'application/msgpack');
    expect(answer).toMatchObject({ status, body: { error: { field } } });
  });

  test('a batch that is malformed is 422, one that is too large 413, one of another type 415', async () => {
    const opened = await remote.openSession(producer, aSession({ sessionId: newId() }));
    const path = `events/${recordingOf(opened)}/0?epoch=${opened.epoch}&${who}`;
    const malformed = await send('PUT', path, Buffer.from([0xc1]), 'application/msgpack');
    expect(malformed).toMatchObject({ status: 422, body: { error: { code: 'BAD_USER_INPUT' } } });
    const large = await send('PUT', path, Buffer.alloc(BATCH_BYTES_MAX + 1), 'application/msgpack');
    expect(large).toMatchObject({ status: 413, body: { error: { code: 'PAYLOAD_TOO_LARGE' } } });
    expect(await send('PUT', path, '{}')).toMatchObject({ status: 415 });
  });
});
