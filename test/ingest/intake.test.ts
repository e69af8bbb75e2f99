import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LocalIntake, noContacts } from '../../src/ingest/intake.ts';
import { encodeBatch } from '../../src/format/batch-encoder.ts';
import { seesAll } from '../../src/model/access.ts';
import { Conflict, Fenced, InvalidInput, NotFound, SessionKilled, Unavailable } from '../../src/model/errors.ts';
import type { SessionId } from '../../src/model/ids.ts';
import type { OpenSession, RecordSessionEvent } from '../../src/model/intake.ts';
import {
  BATCH_BYTES_MAX,
  CLOCK_SKEW_MAX_MS,
  HEARTBEAT_SESSIONS_MAX,
  LABELS_BYTES_MAX,
  LABELS_DEPTH_MAX,
  NAME_LENGTH_MAX,
  RECORDING_MS_MAX,
  TERMINAL_CELLS_MAX,
  TEXT_LENGTH_MAX,
} from '../../src/model/limits.ts';
import { everySession } from '../../src/model/session-filter.ts';
import {
  aSession,
  closeChunks,
  newSessionId,
  openFeed,
  output,
  plain,
  producer,
  readEvents,
  seal,
  terminal,
} from '../store/feeding.ts';
import { openFolder, type OpenedFolder, testStartMs } from '../store/opened-folder.ts';
import { killWrite } from '../store/writes.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path);
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const { user, client } = aSession();
const name = 'n'.repeat(NAME_LENGTH_MAX);
const text = 't'.repeat(TEXT_LENGTH_MAX);
/** Lists within one another, under one name: `levels` in all. */
const nested = (levels: number): Record<string, unknown> => {
  let value: unknown = 'leaf';
  for (let level = 1; level < levels; level += 1) value = [value];
  return { value };
};
/** Labels of exactly so many bytes as JSON. */
const labelsOf = (bytes: number): Record<string, unknown> => ({ é: 'x'.repeat(bytes - '{"é":""}'.length - 1) });

describe('a session is taken at its limits', () => {
  const limits: readonly (readonly [string, Partial<OpenSession>])[] = [
    ['names', { user: { ...user, identity: name, name, sub: name, nickname: name }, sshUser: name, upstream: name }],
    ['texts', { authInfo: text, user: { ...user, picture: text } }],
    ['an address', { client: { ip: '::ffff:192.0.2.1', port: 65_535, software: name }, server: { name, port: 0 } }],
    ['labels', { labels: labelsOf(LABELS_BYTES_MAX) }],
    ['depth of labels', { labels: nested(LABELS_DEPTH_MAX) }],
    ['a clock that is ahead', { startedAtMs: testStartMs + CLOCK_SKEW_MAX_MS }],
    ['the first moment', { startedAtMs: 0 }],
    ['a large terminal', { recording: { ...terminal, columns: TERMINAL_CELLS_MAX, rows: 1 } }],
  ];
  test.each(limits)('%s', async (_name, change) => {
    const feed = await openFeed(opened, change);
    await feed.append(output(0, 'x'));
    await seal(opened, feed);
    expect(await opened.reader.verify(seesAll, feed.recordingId)).toMatchObject({ ok: true });
  });

  test('all of them together, in letters of three bytes: its file holds them all', async () => {
    const wide = '漢'.repeat(NAME_LENGTH_MAX);
    const long = '漢'.repeat(TEXT_LENGTH_MAX);
    const feed = await openFeed(opened, {
      upstream: wide,
      user: {
        identity: wide,
        email: wide,
        name: wide,
        picture: long,
        sub: wide,
        nickname: wide,
        isServiceAccount: true,
      },
      socket: { socketId: null, name: wide },
      client: { ip: '2001:db8::1', port: 1, software: wide },
      server: { name: wide, port: 1 },
      sshUser: wide,
      authInfo: long,
      labels: { a: '漢'.repeat(5000) },
    });
    await feed.append(output(0, 'x'));
    await closeChunks(opened);
    await feed.close(long);
    await opened.closer.settled();
    expect(opened.failures).toEqual([]);
    expect(await opened.reader.verify(seesAll, feed.recordingId)).toMatchObject({ ok: true });
  });
});

describe('a session beyond its limits is refused by the name of the field and the limit, and nothing of it is kept', () => {
  const wrong: readonly (readonly [string, Partial<OpenSession>, string])[] = [
    ['upstream', { upstream: `${name}n` }, `${NAME_LENGTH_MAX}`],
    ['user.identity', { user: { ...user, identity: `${name}n` } }, `${NAME_LENGTH_MAX}`],
    ['user.identity', { user: { ...user, identity: null, email: null } }, 'empty'],
    ['user.identity', { user: { ...user, identity: '  ' } }, 'empty'],
    ['user.email', { user: { ...user, email: `${name}n` } }, `${NAME_LENGTH_MAX}`],
    ['user.name', { user: { ...user, name: `${name}n` } }, `${NAME_LENGTH_MAX}`],
    ['user.picture', { user: { ...user, picture: `${text}t` } }, `${TEXT_LENGTH_MAX}`],
    ['user.sub', { user: { ...user, sub: `${name}n` } }, `${NAME_LENGTH_MAX}`],
    ['user.nickname', { user: { ...user, nickname: `${name}n` } }, `${NAME_LENGTH_MAX}`],
    ['socket.name', { socket: { socketId: null, name: '' } }, 'empty'],
    ['socket.name', { socket: { socketId: null, name: `${name}n` } }, `${NAME_LENGTH_MAX}`],
    ['client.ip', { client: { ...client, ip: 'bastion' } }, 'IPv4 or IPv6'],
    ['client.ip', { client: { ...client, ip: '192.0.2.256' } }, 'IPv4 or IPv6'],
    ['client.port', { client: { ...client, port: 65_536 } }, '65535'],
    ['client.software', { client: { ...client, software: `${name}n` } }, `${NAME_LENGTH_MAX}`],
    ['server.name', { server: { name: '', port: 22 } }, 'empty'],
    ['server.port', { server: { name: 'x', port: -1 } }, 'from 0'],
    ['server.port', { server: { name: 'x', port: 1.5 } }, 'whole'],
    ['sshUser', { sshUser: `${name}n` }, `${NAME_LENGTH_MAX}`],
    ['authInfo', { authInfo: `${text}t` }, `${TEXT_LENGTH_MAX}`],
    ['denyReason', { denyReason: `${text}t` }, `${TEXT_LENGTH_MAX}`],
    ['labels', { labels: labelsOf(LABELS_BYTES_MAX + 1) }, `got ${LABELS_BYTES_MAX + 1}`],
    ['labels', { labels: nested(LABELS_DEPTH_MAX + 1) }, `${LABELS_DEPTH_MAX}`],
    ['labels', { labels: JSON.parse('{"a":{"__proto__":1}}') as Record<string, unknown> }, '__proto__'],
    ['startedAt', { startedAtMs: testStartMs + CLOCK_SKEW_MAX_MS + 10 * 60_000 }, '5 minutes'],
    ['startedAt', { startedAtMs: -1 }, '1970'],
    ['startedAt', { startedAtMs: 1.5 }, '1970'],
    ['recording.columns', { recording: { ...terminal, columns: TERMINAL_CELLS_MAX + 1 } }, `${TERMINAL_CELLS_MAX}`],
    ['recording.rows', { recording: { ...terminal, rows: 0 } }, 'from 1'],
  ];
  test.each(wrong)('%s', async (field, change, says) => {
    opened.clock.nowMs = testStartMs;
    const before = await opened.catalog.countSessions(seesAll, everySession, 1000);
    const refused = opened.intake.openSession(producer, aSession(change));
    await expect(refused).rejects.toThrow(InvalidInput);
    await expect(refused).rejects.toMatchObject({ field, message: expect.stringContaining(says) });
    expect(await opened.catalog.countSessions(seesAll, everySession, 1000)).toBe(before);
  });
});

describe('what the producer does not say is filled in', () => {
  test('the id, the socket of that name, the time, and what stands behind the protocol', async () => {
    const one = await opened.intake.openSession(producer, aSession({ sessionId: null, protocol: 'DATABASE' }));
    const two = await opened.intake.openSession(producer, aSession({ sessionId: null, upstream: 'PostgreSQL' }));
    expect(one.session.sessionId).not.toBe(two.session.sessionId);
    expect(one.session.socket.socketId).toBe(two.session.socket.socketId);
    expect(one.session).toMatchObject({
      startedAtMs: opened.clock.nowMs,
      upstream: 'database',
      user: { identity: 'ann@example.com' },
    });
    expect(two.session.upstream).toBe('postgresql');
  });

  test('a retry that names no recording means the same one', async () => {
    const input = aSession();
    const first = await opened.intake.openSession(producer, input);
    const again = await opened.intake.openSession(producer, input);
    expect(again.recording?.recordingId).toBe(first.recording?.recordingId);
    expect([first.epoch, again.epoch]).toEqual([1, 2]);
  });
});

describe('batches', () => {
  test('are refused whole when one event of them must not be kept', async () => {
    const feed = await openFeed(opened);
    const good = encodeBatch([output(0, 'a')]);
    for (const [msgpack, field] of [
      [Buffer.concat([good, Buffer.of(0x92, 0, 0xa1)]), 'events[1]'],
      [Buffer.concat([good, Buffer.of(0x91, 0)]), 'events[1]'],
      [Buffer.concat([good, Buffer.of(0x93, 0, 0xa1, 0x40, 0)]), 'events[1].code'],
      [new Uint8Array(), 'events'],
      [new Uint8Array(BATCH_BYTES_MAX + 1), 'events'],
    ] as const) {
      const refused = opened.intake.appendEvents(producer, {
        recordingId: feed.recordingId,
        epoch: 1,
        firstEvent: 0,
        msgpack,
      });
      await expect(refused).rejects.toMatchObject({ field: expect.stringContaining(field) });
    }
    await feed.append(output(5, 'b'));
    expect(plain(await readEvents(opened.reader, feed.recordingId))).toEqual(plain([output(5, 'b')]));
  });

  test('of a producer that was replaced are Fenced', async () => {
    const feed = await openFeed(opened);
    await openFeed(opened, { sessionId: feed.sessionId });
    await expect(feed.append(output(0, 'late'))).rejects.toThrow(Fenced);
    expect(await readEvents(opened.reader, feed.recordingId)).toEqual([]);
  });

  test('tell of a kill with whom the session must be cut for', async () => {
    const feed = await openFeed(opened);
    const { sessionId, recordingId } = feed;
    await opened.writer.requestKill({ ...killWrite(sessionId, 'auditor', 'why'), atMs: 7 });
    const batch = { recordingId, epoch: 1, firstEvent: 0, msgpack: encodeBatch([output(0, 'a')]) };
    const { kill } = await opened.intake.appendEvents(producer, batch);
    expect(kill).toMatchObject({ sessionId, requestedBy: 'auditor', reason: 'why', requestedAtMs: 7 });
    await opened.intake.confirmKill(producer, sessionId);
    await expect(opened.intake.appendEvents(producer, { ...batch, firstEvent: 1 })).rejects.toThrow(SessionKilled);
  });
});

describe('what a producer tells beside its recordings', () => {
  const event = (sessionId: SessionId, change: Partial<RecordSessionEvent> = {}): RecordSessionEvent => ({
    sessionId,
    eventId: null,
    atMs: null,
    kind: 'POLICY',
    message: 'the policy was changed',
    details: null,
    ...change,
  });

  test('is a line of its session by its name, once by its id, also after the end', async () => {
    const feed = await openFeed(opened);
    const { sessionId } = feed;
    const eventId = newSessionId().toUpperCase();
    const told = await opened.intake.recordSessionEvent(producer, event(sessionId, { eventId, details: { a: 1 } }));
    expect(told).toMatchObject({
      sessionId,
      eventId: eventId.toLowerCase(),
      atMs: opened.clock.nowMs,
      kind: 'POLICY',
      actor: producer.actor,
      details: { a: 1 },
    });
    await feed.close();
    expect(await opened.intake.recordSessionEvent(producer, event(sessionId, { eventId }))).toEqual(told);
    expect(await opened.intake.recordSessionEvent(producer, event(sessionId))).not.toEqual(told);
    await expect(opened.intake.recordSessionEvent(producer, event(newSessionId()))).rejects.toThrow(NotFound);
    const others = opened.intake.recordSessionEvent({ producer: 'somebody-else', actor: 'x' }, event(sessionId));
    await expect(others).rejects.toThrow(NotFound);
  });

  const wrong: readonly (readonly [string, Partial<RecordSessionEvent>, string])[] = [
    ['eventId', { eventId: 'one' }, 'UUID'],
    ['kind', { kind: 'KILLED' as 'NOTE' }, 'AUTHORIZED'],
    ['message', { message: ' ' }, 'empty'],
    ['message', { message: `${text}t` }, `${TEXT_LENGTH_MAX}`],
    ['details', { details: labelsOf(LABELS_BYTES_MAX + 1) }, `got ${LABELS_BYTES_MAX + 1}`],
    ['details', { details: nested(LABELS_DEPTH_MAX + 1) }, `${LABELS_DEPTH_MAX}`],
    ['at', { atMs: testStartMs + 366 * 86_400_000 }, '5 minutes'],
    ['at', { atMs: -1 }, '1970'],
    ['at', { atMs: testStartMs - CLOCK_SKEW_MAX_MS - 1 }, 'startedAt'],
  ];
  test.each(wrong)('beyond its limits is refused by the name of the field: %s', async (field, change, says) => {
    const { sessionId } = await openFeed(opened, { startedAtMs: testStartMs });
    const refused = opened.intake.recordSessionEvent(producer, event(sessionId, change));
    await expect(refused).rejects.toThrow(InvalidInput);
    await expect(refused).rejects.toMatchObject({ field, message: expect.stringContaining(says) });
  });

  test('of more sessions than one heartbeat takes is refused', async () => {
    const ids = Array.from({ length: HEARTBEAT_SESSIONS_MAX + 1 }, () => newSessionId());
    await expect(opened.intake.heartbeat(producer, ids)).rejects.toMatchObject({ field: 'sessionIds' });
    const unknown = ids.slice(1);
    expect(await opened.intake.heartbeat(producer, unknown)).toEqual({ kills: [], unknown });
  });
});

describe('closing', () => {
  test.each([-1, 1.5, Number.NaN, Infinity, 8.64e15 + 1, testStartMs * 2 + RECORDING_MS_MAX])(
    'at %f is refused: no date has it, or none that a session can have',
    async (endedAtMs) => {
      const feed = await openFeed(opened);
      const closing = { sessionId: feed.sessionId, epoch: 1, endedAtMs, reason: null };
      await expect(opened.intake.closeSession(producer, closing)).rejects.toMatchObject({ field: 'endedAt' });
      expect(await opened.catalog.session(seesAll, feed.sessionId)).toMatchObject({ status: 'ACTIVE' });
    },
  );

  test('with too long a reason is refused', async () => {
    const feed = await openFeed(opened);
    await expect(feed.close(`${text}t`)).rejects.toMatchObject({ field: 'reason' });
  });
});

describe('when no new recordings can be taken', () => {
  const full = (): LocalIntake =>
    new LocalIntake({
      writer: opened.writer,
      recordings: opened.recordings,
      clock: () => opened.clock.nowMs,
      ids: { next: () => newSessionId(), derive: () => newSessionId() },
      unavailable: () => 'the disk has 1 MiB free',
      relief: async () => {},
      contacts: noContacts,
      locate: () => null,
    });

  test('sessions and recordings are Unavailable, with the reason; running ones go on, and refused attempts are told', async () => {
    const feed = await openFeed(opened);
    const refused = full().openSession(producer, aSession());
    await expect(refused).rejects.toThrow(Unavailable);
    await expect(refused).rejects.toMatchObject({
      message: 'the disk has 1 MiB free',
      retryAfterSeconds: expect.any(Number),
    });
    const another = { ...terminal, sessionId: feed.sessionId, epoch: 1 };
    await expect(full().openRecording(producer, another)).rejects.toThrow(Unavailable);
    const batch = { recordingId: feed.recordingId, epoch: 1, firstEvent: 0, msgpack: encodeBatch([output(0, 'a')]) };
    expect(await full().appendEvents(producer, batch)).toMatchObject({ nextEvent: 1 });
    expect((await full().openSession(producer, aSession({ denyReason: 'no' }))).session.status).toBe('DENIED');
    expect(
      await full().closeSession(producer, { sessionId: feed.sessionId, epoch: 1, endedAtMs: null, reason: null }),
    ).toMatchObject({ status: 'ENDED' });
  });
});

test("another producer's session is neither fed nor closed, and cannot be told from none", async () => {
  const feed = await openFeed(opened);
  const other = { producer: 'somebody-else', actor: 'x' };
  const { sessionId, recordingId } = feed;
  const batch = { recordingId, epoch: 1, firstEvent: 0, msgpack: encodeBatch([output(0, 'a')]) };
  await expect(opened.intake.appendEvents(other, batch)).rejects.toThrow(NotFound);
  await expect(opened.intake.openRecording(other, { ...terminal, sessionId, epoch: 1 })).rejects.toThrow(NotFound);
  await expect(opened.intake.confirmKill(other, sessionId)).rejects.toThrow(NotFound);
  await expect(
    opened.intake.closeSession(other, { sessionId, epoch: 1, endedAtMs: null, reason: null }),
  ).rejects.toThrow(NotFound);
  await expect(opened.intake.openSession(other, aSession({ sessionId }))).rejects.toThrow(NotFound);
  await expect(opened.intake.openSession(producer, aSession({ sessionId, sshUser: 'guest' }))).rejects.toThrow(
    Conflict,
  );
});
