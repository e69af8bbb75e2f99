import { describe, expect, test } from 'vitest';
import { seesAll } from '../../../src/model/access.ts';
import {
  Conflict,
  EventGap,
  Fenced,
  InvalidInput,
  NotFound,
  SessionEnded,
  SessionKilled,
} from '../../../src/model/errors.ts';
import type { RecordingId } from '../../../src/model/ids.ts';
import { newRecordingId, newSessionId, output, plain } from '../feeding.ts';
import { testStartMs } from '../opened-folder.ts';
import { appendWrite, closeSessionWrite, killWrite, openSessionWrite, sealWrite } from '../writes.ts';
import type { CatalogSubject } from './subject.ts';

/** What appending, killing and closing promise. */
export const feedingContract = (subject: CatalogSubject): void => {
  const { openNew, openFedWith, contents, eventsOf, kindsOf } = subject;
  describe('appending', () => {
    const [a, b, c, d] = [output(5, 'a'), output(5, 'b'), output(9, 'c'), output(20, 'd')] as const;

    test('keeps batches in order, and says what is wanted next', async () => {
      const { recordingId, sessionId } = await openNew();
      expect(await subject.writer.appendBatch(appendWrite(recordingId, 0, [a, b]))).toMatchObject({
        sessionId,
        nextEvent: 2,
        kill: null,
      });
      expect(await subject.writer.appendBatch(appendWrite(recordingId, 2, [c, d]))).toMatchObject({ nextEvent: 4 });
      expect(await eventsOf(recordingId)).toEqual(plain([a, b, c, d]));
      const { recording, batches } = await contents(recordingId);
      expect(recording).toMatchObject({ eventCount: 4, durationMs: 20, chunkCount: 0 });
      expect(recording.rawSize).toBe(batches.reduce((sum, { msgpack }) => sum + msgpack.length, 0));
    });

    test('a batch that is there is passed over, whole or in part', async () => {
      const { recordingId } = await openFedWith([a, b], [c]);
      for (const [firstEvent, events] of [
        [0, [a, b]],
        [0, [a]],
        [1, [b]],
        [1, [b, c]],
        [0, [a, b, c]],
        [2, [c]],
      ] as const) {
        expect(await subject.writer.appendBatch(appendWrite(recordingId, firstEvent, events))).toMatchObject({
          nextEvent: 3,
        });
      }
      expect(await subject.writer.appendBatch(appendWrite(recordingId, 1, [b, c, d]))).toMatchObject({ nextEvent: 4 });
      expect(await eventsOf(recordingId)).toEqual(plain([a, b, c, d]));
    });

    test('a repeat is the same however its producer writes numbers and cuts its batches', async () => {
      // 9 bytes where 1 would do, as encoders of typed languages write them.
      const wide = (deltas: readonly number[], texts: string): Uint8Array =>
        Buffer.concat(
          deltas.map((delta, at) => {
            const bytes = Buffer.from([0x93, 0xcf, 0, 0, 0, 0, 0, 0, 0, delta, 0xa1, 0x6f, 0xc4, 1, 0]);
            bytes[14] = texts.charCodeAt(at);
            return bytes;
          }),
        );
      const { recordingId } = await openNew();
      await subject.writer.appendBatch(appendWrite(recordingId, 0, wide([5, 0], 'ab')));
      await subject.writer.appendBatch(appendWrite(recordingId, 2, wide([9, 11], 'cd')));
      for (const [firstEvent, batch] of [
        [0, wide([5, 0, 4, 11], 'abcd')],
        [1, wide([5, 4], 'bc')],
        [3, wide([20], 'd')],
      ] as const) {
        expect(await subject.writer.appendBatch(appendWrite(recordingId, firstEvent, batch))).toMatchObject({
          nextEvent: 4,
        });
      }
      expect(await eventsOf(recordingId)).toEqual(plain([a, b, c, d]));
    });

    test('an overlap that differs is a Conflict, and nothing of the batch is kept', async () => {
      const { recordingId } = await openFedWith([a, b], [c]);
      for (const [firstEvent, events] of [
        [0, [a, output(5, 'B')]],
        [1, [output(6, 'b'), c]],
        [2, [output(9, 'C'), d]],
        [0, [a, b, { timeMs: 9, code: 'i', payload: c.payload }, d]],
      ] as const) {
        await expect(subject.writer.appendBatch(appendWrite(recordingId, firstEvent, events))).rejects.toThrow(
          Conflict,
        );
      }
      expect(await eventsOf(recordingId)).toEqual(plain([a, b, c]));
    });

    test('a hole is an EventGap that names the event wanted', async () => {
      const { recordingId } = await openFedWith([a, b]);
      const refused = subject.writer.appendBatch(appendWrite(recordingId, 3, [d]));
      await expect(refused).rejects.toThrow(EventGap);
      await expect(refused).rejects.toMatchObject({ recordingId, nextEvent: 2, got: 3 });
    });

    test('time that goes backwards between batches is refused', async () => {
      const { recordingId } = await openFedWith([a, d]);
      const refused = subject.writer.appendBatch(appendWrite(recordingId, 2, [output(19, 'x')]));
      await expect(refused).rejects.toThrow(InvalidInput);
      await expect(refused).rejects.toMatchObject({ field: 'events[0]' });
      expect(await subject.writer.appendBatch(appendWrite(recordingId, 2, [output(20, 'x')]))).toMatchObject({
        nextEvent: 3,
      });
    });

    test('an older epoch is Fenced, even for what is there; one that never was is InvalidInput', async () => {
      const input = openSessionWrite();
      const recordingId = input.recording?.recordingId as RecordingId;
      await subject.writer.openSession(input);
      await subject.writer.appendBatch(appendWrite(recordingId, 0, [a]));
      await subject.writer.openSession(input);
      const refused = subject.writer.appendBatch(appendWrite(recordingId, 0, [a]));
      await expect(refused).rejects.toThrow(Fenced);
      await expect(refused).rejects.toMatchObject({ epoch: 2, got: 1 });
      await expect(subject.writer.appendBatch(appendWrite(recordingId, 1, [b], { epoch: 3 }))).rejects.toThrow(
        InvalidInput,
      );
      expect(await subject.writer.appendBatch(appendWrite(recordingId, 1, [b], { epoch: 2 }))).toMatchObject({
        nextEvent: 2,
      });
    });

    test('to an unknown recording, or of another producer, is NotFound', async () => {
      const { recordingId } = await openNew();
      await expect(subject.writer.appendBatch(appendWrite(newRecordingId(), 0, [a]))).rejects.toThrow(NotFound);
      await expect(subject.writer.appendBatch(appendWrite(recordingId, 0, [a], { producer: 'x' }))).rejects.toThrow(
        NotFound,
      );
    });

    test('goes on while a kill waits, and says so; after the cut it is SessionKilled', async () => {
      const { recordingId, sessionId } = await openNew();
      await subject.writer.requestKill(killWrite(sessionId));
      const { kill } = await subject.writer.appendBatch(appendWrite(recordingId, 0, [a]));
      expect(kill).toEqual({
        requestedAtMs: testStartMs + 1000,
        requestedBy: 'auditor',
        reason: 'because',
        confirmedAtMs: null,
      });
      await subject.writer.confirmKill({ sessionId, producer: 'tests', atMs: testStartMs + 2000 });
      const refused = subject.writer.appendBatch(appendWrite(recordingId, 1, [b]));
      await expect(refused).rejects.toThrow(SessionKilled);
      await expect(refused).rejects.toMatchObject({ kill: { confirmedAtMs: testStartMs + 2000 } });
    });

    test('to a session that ended, or a recording that is sealed, is SessionEnded', async () => {
      const ended = await openFedWith([a]);
      await subject.writer.closeSession(closeSessionWrite(ended.sessionId));
      await expect(subject.writer.appendBatch(appendWrite(ended.recordingId, 1, [b]))).rejects.toThrow(SessionEnded);
      const sealed = await openNew();
      await subject.writer.sealRecording(sealWrite(sealed.recordingId));
      await expect(subject.writer.appendBatch(appendWrite(sealed.recordingId, 0, [b]))).rejects.toThrow(SessionEnded);
    });

    test('moves the last sign of life, never backwards', async () => {
      const { recordingId, sessionId } = await openNew();
      await subject.writer.appendBatch(appendWrite(recordingId, 0, [output(7000, 'x')], { atMs: testStartMs + 7000 }));
      await subject.writer.appendBatch(appendWrite(recordingId, 1, [output(7001, 'x')], { atMs: testStartMs }));
      expect(await subject.reader.session(seesAll, sessionId)).toMatchObject({
        lastSeenAtMs: testStartMs + 7000,
        durationMs: 7000,
      });
    });
  });

  describe('killing', () => {
    test('is KILLING, then KILLED when the producer confirms; both may be repeated', async () => {
      const { sessionId } = await openNew();
      const killing = await subject.writer.requestKill(killWrite(sessionId));
      expect(killing).toMatchObject({ status: 'KILLING', endedAtMs: null, kill: { confirmedAtMs: null } });
      const confirm = { sessionId, producer: 'tests', atMs: testStartMs + 3000 };
      const killed = await subject.writer.confirmKill(confirm);
      expect(killed).toMatchObject({
        status: 'KILLED',
        endedAtMs: testStartMs + 3000,
        durationMs: 3000,
        kill: { confirmedAtMs: testStartMs + 3000 },
      });
      expect(killed.revision.position).toBeGreaterThan(killing.revision.position);
      expect(await subject.writer.confirmKill({ ...confirm, atMs: testStartMs + 9000 })).toEqual(killed);
      expect(await kindsOf(sessionId)).toEqual(['STARTED', 'KILL_REQUESTED', 'KILLED']);
    });

    test('is KILLED too when the producer closes instead', async () => {
      const { sessionId } = await openNew();
      await subject.writer.requestKill(killWrite(sessionId));
      const killed = await subject.writer.closeSession(closeSessionWrite(sessionId));
      expect(killed).toMatchObject({ status: 'KILLED', kill: { confirmedAtMs: testStartMs + 60_000 } });
      expect(await subject.writer.closeSession(closeSessionWrite(sessionId))).toEqual(killed);
    });

    test('the first kill stands', async () => {
      const { sessionId } = await openNew();
      const first = await subject.writer.requestKill(killWrite(sessionId, 'first', null));
      expect(await subject.writer.requestKill(killWrite(sessionId, 'second', 'other'))).toEqual(first);
      await subject.writer.confirmKill({ sessionId, producer: 'tests', atMs: testStartMs });
      expect((await subject.writer.requestKill(killWrite(sessionId, 'third'))).kill?.requestedBy).toBe('first');
    });

    test('what ended is SessionEnded, what nobody may see is NotFound, and what was not asked for is a Conflict', async () => {
      const { sessionId } = await openNew();
      await expect(subject.writer.confirmKill({ sessionId, producer: 'tests', atMs: 0 })).rejects.toThrow(Conflict);
      await expect(subject.writer.confirmKill({ sessionId, producer: 'x', atMs: 0 })).rejects.toThrow(NotFound);
      await expect(
        subject.writer.requestKill({
          ...killWrite(sessionId),
          visibility: { scope: 'producer', producer: 'somebody-else' },
        }),
      ).rejects.toThrow(NotFound);
      await expect(subject.writer.requestKill(killWrite(newSessionId()))).rejects.toThrow(NotFound);
      await subject.writer.closeSession(closeSessionWrite(sessionId));
      await expect(subject.writer.requestKill(killWrite(sessionId))).rejects.toThrow(SessionEnded);
      expect((await subject.reader.session(seesAll, sessionId))?.kill).toBeNull();
    });
  });

  describe('closing a session', () => {
    test('is ENDED with its duration, and again is the same, whatever is told then', async () => {
      const { sessionId } = await openNew();
      const ended = await subject.writer.closeSession({ ...closeSessionWrite(sessionId), reason: 'exit 0' });
      expect(ended).toMatchObject({
        status: 'ENDED',
        endedAtMs: testStartMs + 60_000,
        lastSeenAtMs: testStartMs + 60_000,
        durationMs: 60_000,
        endReason: 'exit 0',
      });
      const again = { ...closeSessionWrite(sessionId), endedAtMs: testStartMs + 1, reason: 'other' };
      expect(await subject.writer.closeSession(again)).toEqual(ended);
      expect(await kindsOf(sessionId)).toEqual(['STARTED', 'ENDED']);
    });

    test('without a time ends when it is told, and never before it started', async () => {
      const { sessionId } = await openNew();
      const early = { ...closeSessionWrite(sessionId), endedAtMs: null, atMs: testStartMs - 5000 };
      expect(await subject.writer.closeSession(early)).toMatchObject({ endedAtMs: testStartMs, durationMs: 0 });
      const { sessionId: other } = await openNew();
      const before = { ...closeSessionWrite(other), endedAtMs: testStartMs - 1 };
      await expect(subject.writer.closeSession(before)).rejects.toThrow(InvalidInput);
    });

    test('of an older epoch is Fenced, without one is taken, and of another producer is NotFound', async () => {
      const input = openSessionWrite();
      const { sessionId } = input.session;
      await subject.writer.openSession(input);
      await subject.writer.openSession(input);
      await expect(subject.writer.closeSession(closeSessionWrite(sessionId, 1))).rejects.toThrow(Fenced);
      await expect(subject.writer.closeSession({ ...closeSessionWrite(sessionId), producer: 'x' })).rejects.toThrow(
        NotFound,
      );
      expect(await subject.writer.closeSession(closeSessionWrite(sessionId, null))).toMatchObject({ status: 'ENDED' });
    });
  });
};
