import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { RemoteIntake } from '../../src/client/remote-intake.ts';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { LocalIntake, noContacts } from '../../src/ingest/intake.ts';
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
import { FileRecordings } from '../../src/store/recordings/file-recordings.ts';
import { aSession, output } from '../api/feeding.ts';
import { killer } from '../api/producing.ts';
import { network, producer, startTestServer, type Running } from '../api/running.ts';

let running: Running;
let remote: RemoteIntake;
beforeAll(async () => {
  running = await startTestServer();
  remote = new RemoteIntake({ url: running.url, token: running.tokens.PRODUCER });
});
afterAll(() => running[Symbol.asyncDispose]());

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
  const kept = await catalog.session({ scope: 'all' }, sessionId);
  expect(kept).toMatchObject({ ...opened.session, producer: 'tests' });
  const recordingId = recordingOf(opened);
  expect(await catalog.recording({ scope: 'all' }, recordingId)).toMatchObject(opened.recording ?? {});
  expect(opened).toMatchObject({ nextEvent: 0, epoch: kept?.epoch });
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
  expect(second).toMatchObject({ nextEvent: 0, recording: { kind: 'TERMINAL', state: 'LIVE' } });
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
    const auditor = withToken(running.tokens.AUDITOR);
    await expect(auditor.confirmKill(producer, sessionId)).rejects.toBeInstanceOf(Forbidden);
    await expect(auditor.producer()).rejects.toBeInstanceOf(Forbidden);
    await expect(withToken('x').confirmKill(producer, sessionId)).rejects.toBeInstanceOf(Unauthenticated);
    const gone = new RemoteIntake({ url: 'http://127.0.0.1:1', token: 'x' });
    await expect(gone.confirmKill(producer, sessionId)).rejects.toBeInstanceOf(Unavailable);
  });
});

test('the server says as whom it takes what is fed', async () => {
  expect(await remote.producer()).toEqual({ producer: 'tests', actor: 'PRODUCER' });
  const local = new RemoteIntake({ url: running.url, token: running.tokens.local });
  expect(await local.producer()).toEqual({ producer: 'local', actor: 'local' });
});

test('a heartbeat tells of cuts and of what is not there; a story takes what a producer tells', async () => {
  const opened = await remote.openSession(producer, aSession({ sessionId: newId() }));
  const { sessionId } = opened.session;
  const unknown = newId();
  expect(await remote.heartbeat(producer, [sessionId, unknown])).toEqual({ kills: [], unknown: [unknown] });
  await running.installation.kills.request(killer, sessionId, 'enough');
  const { kills } = await remote.heartbeat(producer, [sessionId]);
  expect(kills).toEqual([{ sessionId, requestedAtMs: expect.any(Number), requestedBy: 'admin', reason: 'enough' }]);
  const told = {
    sessionId,
    eventId: newId(),
    atMs: opened.session.startedAtMs + 5,
    kind: 'POLICY',
    message: 'no copying',
  } as const;
  const event = await remote.recordSessionEvent(producer, { ...told, details: { rule: 7 } });
  expect(event).toEqual({ eventId: told.eventId, atMs: told.atMs, kind: 'POLICY', message: 'no copying' });
  expect(await remote.recordSessionEvent(producer, { ...told, details: { rule: 7 } })).toEqual(event);
  const { catalog } = running.installation;
  expect(await catalog.sessionEvent({ scope: 'all' }, told.eventId)).toMatchObject({ details: { rule: 7 } });
});

test('batches to another machine are packed when that makes them smaller', async () => {
  const far = await startTestServer(() => ({ network: { ...network, listen: { host: '127.0.0.2', port: 0 } } }));
  await using _far = far;
  const intake = new RemoteIntake({ url: far.url, token: far.tokens.PRODUCER });
  const { fetch } = globalThis;
  const encodings: (string | null)[] = [];
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    if (init?.method === 'PUT') encodings.push(new Headers(init.headers).get('content-encoding'));
    return fetch(input, init);
  });
  const opened = await intake.openSession(producer, aSession({ sessionId: newId() }));
  const place = { recordingId: recordingOf(opened), epoch: opened.epoch };
  const long = encodeBatch([output(0, 'x'.repeat(5000))]);
  expect(await intake.appendEvents(producer, { ...place, firstEvent: 0, msgpack: long })).toMatchObject({
    nextEvent: 1,
  });
  await intake.appendEvents(producer, { ...place, firstEvent: 1, msgpack: encodeBatch([output(1, 'short')]) });
  spy.mockRestore();
  expect(encodings).toEqual(['zstd', null]);
});

test('a server that cannot take recordings says when to try again', async () => {
  const { writer, folder } = running.installation;
  const intake = new LocalIntake({
    writer,
    recordings: new FileRecordings(folder),
    clock: Date.now,
    ids: { next: newId, derive: newId },
    unavailable: () => 'the disk is full',
    relief: async () => {},
    contacts: noContacts,
    locate: () => null,
  });
  await using full = await startTestServer(() => ({ intake }));
  const refused = new RemoteIntake({ url: full.url, token: full.tokens.PRODUCER }).openSession(producer, aSession());
  await expect(refused).rejects.toBeInstanceOf(Unavailable);
  await expect(refused).rejects.toMatchObject({ retryAfterSeconds: 30, message: 'the disk is full' });
});
