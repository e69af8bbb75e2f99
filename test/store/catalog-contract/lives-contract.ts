import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { seesAll } from '../../../src/model/access.ts';
import { Conflict, NotFound, SessionEnded, SessionKilled } from '../../../src/model/errors.ts';
import type { RecordingId, SessionId } from '../../../src/model/ids.ts';
import { RESUME_WINDOW_MS } from '../../../src/model/limits.ts';
import { newSessionId, output, plain, producer } from '../feeding.ts';
import { testStartMs } from '../opened-folder.ts';
import { appendWrite, aRecording, closeSessionWrite, killWrite, openSessionWrite } from '../writes.ts';
import type { CatalogSubject } from './subject.ts';

/** What losing sessions, and coming back to them, promises. */
export const livesContract = (subject: CatalogSubject): void => {
  const { openNew, openFedWith, eventsOf, kindsOf, revisionOf } = subject;
  const lostAtMs = testStartMs + 60_000;
  const lose = (sessionId: SessionId) => subject.writer.loseSession({ sessionId, atMs: lostAtMs });
  const beat = (...sessionIds: SessionId[]) =>
    subject.writer.heartbeat({ ...producer, sessionIds, atMs: lostAtMs + 1000 });
  const stateOf = async (recordingId: RecordingId) => (await subject.reader.recording(seesAll, recordingId))?.state;

  describe('a session whose lease ran out', () => {
    test('is LOST, and its recording PARTIAL, not sealed, and says since when and after how many events', async () => {
      const { sessionId, recordingId } = await openFedWith([output(0, 'a'), output(2000, 'b')]);
      const lost = await lose(sessionId);
      const reason = 'its producer went silent at 2026-04-05T06:07:08Z, after 2 events';
      expect(lost).toMatchObject({
        status: 'LOST',
        endedAtMs: null,
        recordingState: 'PARTIAL',
        recordingStateReason: reason,
      });
      expect(await subject.reader.recording(seesAll, recordingId)).toMatchObject({
        state: 'PARTIAL',
        stateReason: reason,
        signature: null,
      });
      expect(await subject.reader.unsealedRecording(recordingId)).toMatchObject({ lostAtMs });
      expect(await lose(sessionId)).toEqual(lost);
      expect(await kindsOf(sessionId)).toEqual(['STARTED', 'LOST']);
    });

    test('that never had a recording still says why', async () => {
      const { sessionId } = await openNew({ recording: null });
      expect(await lose(sessionId)).toMatchObject({
        recordingState: 'NONE',
        recordingStateReason: 'recording is not enabled for the socket',
      });
    });

    const comingBack: readonly (readonly [string, (session: SessionId, recording: RecordingId) => Promise<unknown>])[] =
      [
        ['an append', (_, recordingId) => subject.writer.appendBatch(appendWrite(recordingId, 1, [output(1, 'b')]))],
        ['a repeat', (_, recordingId) => subject.writer.appendBatch(appendWrite(recordingId, 0, [output(0, 'a')]))],
        ['a heartbeat', (sessionId) => beat(sessionId)],
        [
          'another recording',
          (sessionId) =>
            subject.writer.openRecording({ ...aRecording(), producer: 'tests', sessionId, epoch: 1, atMs: lostAtMs }),
        ],
      ];
    test.each(comingBack)('is ACTIVE again with %s, and its recording LIVE', async (_how, comeBack) => {
      const { sessionId, recordingId } = await openFedWith([output(0, 'a')]);
      const before = (await lose(sessionId)).revision.position;
      await comeBack(sessionId, recordingId);
      expect(await subject.reader.session(seesAll, sessionId)).toMatchObject({
        status: 'ACTIVE',
        recordingState: 'LIVE',
        recordingStateReason: null,
        epoch: 1,
      });
      expect(await stateOf(recordingId)).toBe('LIVE');
      expect(await revisionOf(sessionId)).toBeGreaterThan(before);
      expect(await kindsOf(sessionId)).toEqual(['STARTED', 'LOST', 'RESUMED']);
      expect((await lose(sessionId)).status).toBe('LOST');
    });

    test('is ACTIVE again when it is opened again, with a new epoch and one line told; damage stays', async () => {
      const input = openSessionWrite();
      const { sessionId } = input.session;
      const recordingId = input.recording?.recordingId as RecordingId;
      await subject.writer.openSession(input);
      await subject.writer.markCorrupt({ recordingId, reason: 'bad', atMs: testStartMs });
      expect(await lose(sessionId)).toMatchObject({ status: 'LOST', recordingState: 'CORRUPT' });
      const opened = await subject.writer.openSession({ ...input, atMs: lostAtMs });
      expect(opened).toMatchObject({ epoch: 2, nextEvent: 0, session: { status: 'ACTIVE' } });
      expect(await stateOf(recordingId)).toBe('CORRUPT');
      expect(await kindsOf(sessionId)).toEqual(['STARTED', 'LOST', 'RESUMED']);
    });

    test('is ENDED when it is closed, and nothing of its recording is missing', async () => {
      const { sessionId, recordingId } = await openFedWith([output(0, 'a')]);
      await lose(sessionId);
      const closed = await subject.writer.closeSession(closeSessionWrite(sessionId));
      expect(closed).toMatchObject({ status: 'ENDED', recordingState: 'LIVE' });
      expect(await subject.reader.unsealedRecording(recordingId)).toMatchObject({ lostAtMs: null });
    });

    test("is its producer's no longer after the time in which it may be resumed", async () => {
      const input = openSessionWrite();
      const { sessionId } = input.session;
      const recordingId = input.recording?.recordingId as RecordingId;
      await subject.writer.openSession(input);
      await lose(sessionId);
      const atMs = lostAtMs + RESUME_WINDOW_MS;
      const late = appendWrite(recordingId, 0, [output(0, 'a')], { atMs });
      await expect(subject.writer.appendBatch(late)).rejects.toThrow(SessionEnded);
      await expect(subject.writer.openSession({ ...input, atMs })).rejects.toThrow('LOST for too long');
      expect(await subject.writer.heartbeat({ ...producer, sessionIds: [sessionId], atMs })).toEqual({
        kills: [],
        unknown: [sessionId],
      });
      expect((await subject.writer.appendBatch({ ...late, atMs: atMs - 1 })).nextEvent).toBe(1);
    });

    test('is KILLED without confirmation when it was to be cut; what ended before stays as it is', async () => {
      const { sessionId, recordingId } = await openFedWith([output(0, 'a')]);
      await subject.writer.requestKill(killWrite(sessionId));
      const killed = await lose(sessionId);
      expect(killed).toMatchObject({
        status: 'KILLED',
        endedAtMs: lostAtMs,
        lastSeenAtMs: testStartMs,
        kill: { confirmedAtMs: null },
        recordingState: 'PARTIAL',
      });
      expect(killed.endReason).toContain('never confirmed');
      expect(await lose(sessionId)).toEqual(killed);
      await expect(subject.writer.appendBatch(appendWrite(recordingId, 1, [output(1, 'b')]))).rejects.toThrow(
        SessionKilled,
      );
      const { sessionId: other } = await openNew();
      const ended = await subject.writer.closeSession(closeSessionWrite(other));
      expect(await lose(other)).toEqual(ended);
      await expect(lose(newSessionId())).rejects.toThrow(NotFound);
    });

    test('can be killed: whoever comes back to it hears of that, and what it sends then is kept', async () => {
      const { sessionId, recordingId } = await openFedWith([output(0, 'a')]);
      await lose(sessionId);
      expect((await subject.writer.requestKill(killWrite(sessionId))).status).toBe('KILLING');
      const { kill } = await subject.writer.appendBatch(appendWrite(recordingId, 1, [output(1, 'b')]));
      expect(kill?.requestedBy).toBe('auditor');
      expect(await stateOf(recordingId)).toBe('LIVE');
    });

    test('whose cut is confirmed has all that it sent', async () => {
      const { sessionId, recordingId } = await openFedWith([output(0, 'a')]);
      await lose(sessionId);
      await subject.writer.requestKill(killWrite(sessionId));
      await beat(sessionId);
      await subject.writer.confirmKill({ sessionId, producer: 'tests', atMs: lostAtMs + 2000 });
      expect(await stateOf(recordingId)).toBe('LIVE');
    });
  });

  test('a producer that restarted under a kill still sends what it has, with the epoch that it has', async () => {
    const input = openSessionWrite();
    const recordingId = input.recording?.recordingId as RecordingId;
    await subject.writer.openSession(input);
    await subject.writer.requestKill(killWrite(input.session.sessionId));
    await expect(subject.writer.openSession(input)).rejects.toThrow(SessionKilled);
    await subject.writer.appendBatch(appendWrite(recordingId, 0, [output(0, 'a')]));
    expect(await eventsOf(recordingId)).toEqual(plain([output(0, 'a')]));
  });

  describe('a heartbeat', () => {
    test('moves the last sign of life and no revision, tells of kills, and names what takes nothing more', async () => {
      const [{ sessionId: active }, { sessionId: killing }, { sessionId: ended }] = [
        await openNew(),
        await openNew(),
        await openNew(),
      ];
      const { sessionId: theirs } = await openNew({ producer: 'somebody-else' });
      const none = newSessionId();
      await subject.writer.requestKill(killWrite(killing));
      await subject.writer.closeSession(closeSessionWrite(ended));
      const revision = await subject.reader.revision();
      expect(await beat(active, killing, ended, theirs, none, active)).toEqual({
        kills: [{ sessionId: killing, requestedAtMs: testStartMs + 1000, requestedBy: 'auditor', reason: 'because' }],
        unknown: [ended, theirs, none],
      });
      expect(await subject.reader.session(seesAll, active)).toMatchObject({
        lastSeenAtMs: lostAtMs + 1000,
        durationMs: 61_000,
      });
      expect(await subject.reader.revision()).toEqual(revision);
    });
  });

  describe('alike refused attempts', () => {
    const attempt = (ip: string, startedAtMs = testStartMs, denyReason = 'no policy', sessionId = newSessionId()) =>
      openSessionWrite({
        atMs: startedAtMs,
        session: { sessionId, denyReason, startedAtMs, client: { ip, port: null, software: null } },
      });
    const address = (): string => `2001:db8::${randomUUID().slice(0, 4)}`;

    test('are one session that counts them, and a retry of one of them is not counted again', async () => {
      const ip = address();
      const first = await subject.writer.openSession(attempt(ip));
      const second = attempt(ip, testStartMs + 5000);
      expect((await subject.writer.openSession(second)).session).toMatchObject({
        sessionId: first.session.sessionId,
        attemptCount: 2,
        lastSeenAtMs: testStartMs + 5000,
        endedAtMs: testStartMs,
      });
      const again = await subject.writer.openSession(second);
      expect(again.session).toMatchObject({ sessionId: first.session.sessionId, attemptCount: 2 });
      expect((await subject.writer.openSession(attempt(ip, testStartMs + 9000))).session.attemptCount).toBe(3);
      expect(await kindsOf(first.session.sessionId)).toEqual(['DENIED']);
      expect(await subject.reader.session(seesAll, second.session.sessionId)).toBeNull();
      const other = { ...second, producer: 'somebody-else' };
      await expect(subject.writer.openSession(other)).rejects.toThrow(NotFound);
      await expect(subject.writer.openSession({ ...second, identity: 'somebody-else' })).rejects.toThrow(Conflict);
    });

    test('are so by address, reason and time', async () => {
      const ip = address();
      const own = await Promise.all(
        [attempt(ip), attempt(address()), attempt(ip, testStartMs, 'other'), attempt(ip, testStartMs + 600_001)].map(
          (input) => subject.writer.openSession(input),
        ),
      );
      expect(own.map(({ session }) => session.attemptCount)).toEqual([1, 1, 1, 1]);
      expect(
        (await subject.writer.openSession({ ...attempt(ip), identity: 'bob@example.com' })).session.attemptCount,
      ).toBe(1);
      expect((await subject.writer.openSession(attempt(ip, testStartMs + 600_000))).session.attemptCount).toBe(2);
    });
  });

  describe('a recording that goes on in another', () => {
    const rotate = async (recordingId: RecordingId) => {
      const next = { recordingId: randomUUID() as RecordingId, locator: `${randomUUID()}.rec.zst` };
      return subject.writer.rotateRecording({ recordingId, next, atMs: testStartMs });
    };
    const size = (timeMs: number, columns: number, rows: number) => ({ timeMs, code: 'r', payload: [columns, rows] });
    const [a, b, c, d] = [output(5, 'a'), output(20, 'b'), output(20, 'c'), output(70, 'd')] as const;
    const later = (ms: number, ...events: readonly ReturnType<typeof output>[]) =>
      plain(events.map((event) => ({ ...event, timeMs: event.timeMs - ms })));

    test('is told as the next, of the same kind, where the old one ended, and as large as it was last', async () => {
      const { sessionId, recordingId } = await openFedWith([size(1, 100, 30), a, size(6, 132, 43)]);
      const next = await rotate(recordingId);
      expect(next).toMatchObject({
        continues: recordingId,
        kind: 'TERMINAL',
        state: 'LIVE',
        columns: 132,
        rows: 43,
        startedAtMs: testStartMs + 6,
        eventCount: 0,
      });
      expect(await subject.reader.session(seesAll, sessionId)).toMatchObject({ recordingCount: 2 });
      expect(await subject.reader.unsealedRecording(recordingId)).toMatchObject({ isContinued: true });
      const again = { recordingId, next: { ...next, locator: 'x' }, atMs: testStartMs };
      expect(await subject.writer.rotateRecording(again)).toEqual(next);
    });

    test('takes what is sent to the first by its id, ordinals and times, and answers in them', async () => {
      const { recordingId } = await openFedWith([a, b]);
      const second = await rotate(recordingId);
      expect(await subject.writer.appendBatch(appendWrite(recordingId, 2, [c]))).toMatchObject({
        nextEvent: 3,
        recordingId: second.recordingId,
      });
      const third = await rotate(second.recordingId);
      // An overlap with all three, and one by the numbering of the second.
      expect(await subject.writer.appendBatch(appendWrite(recordingId, 1, [b, c, d]))).toMatchObject({ nextEvent: 4 });
      expect(
        await subject.writer.appendBatch(appendWrite(second.recordingId, 1, [output(50, 'd'), output(60, 'e')])),
      ).toMatchObject({ nextEvent: 3, recordingId: third.recordingId });
      expect(await eventsOf(recordingId)).toEqual(plain([a, b]));
      expect(await eventsOf(second.recordingId)).toEqual(later(20, c));
      expect(await eventsOf(third.recordingId)).toEqual(later(20, d, output(80, 'e')));
    });

    test('refuses a hole, what differs, and time that goes backwards, in the numbers that it was given', async () => {
      const { recordingId } = await openFedWith([a, b]);
      await rotate(recordingId);
      await expect(subject.writer.appendBatch(appendWrite(recordingId, 3, [d]))).rejects.toMatchObject({
        recordingId,
        nextEvent: 2,
        got: 3,
      });
      await expect(subject.writer.appendBatch(appendWrite(recordingId, 1, [output(20, 'X'), d]))).rejects.toThrow(
        'events 1 to 1 are there already',
      );
      await expect(subject.writer.appendBatch(appendWrite(recordingId, 2, [output(19, 'x')]))).rejects.toThrow(
        'event 2 is at 19 ms, before the event before it at 20 ms',
      );
    });

    test('is opened again by the id of the first, and wants what the first would', async () => {
      const input = openSessionWrite();
      const recordingId = input.recording?.recordingId as RecordingId;
      await subject.writer.openSession(input);
      await subject.writer.appendBatch(appendWrite(recordingId, 0, [a, b]));
      await rotate(recordingId);
      await subject.writer.appendBatch(appendWrite(recordingId, 2, [c]));
      expect(await subject.writer.openSession(input)).toMatchObject({
        recording: { recordingId },
        nextEvent: 3,
        epoch: 2,
      });
    });
  });
};
