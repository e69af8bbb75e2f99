import { describe, expect, test } from 'vitest';
import { seesAll } from '../../../src/model/access.ts';
import { InvalidInput, NotFound } from '../../../src/model/errors.ts';
import type { RecordingId } from '../../../src/model/ids.ts';
import type { RecordedEvent } from '../../../src/model/recorded-event.ts';
import type { Contents } from '../../../src/store/catalog/catalog.ts';
import { newRecordingId, output, plain } from '../feeding.ts';
import { testStartMs } from '../opened-folder.ts';
import { appendWrite, closeChunkWrite, closeSessionWrite, sealWrite } from '../writes.ts';
import type { CatalogSubject } from './subject.ts';

/** What closing chunks, reading them and sealing promise. */
export const chunksContract = (subject: CatalogSubject): void => {
  const { openNew, openFedWith, contents, eventsOf, revisionOf } = subject;
  describe('closing a chunk', () => {
    const events = [0, 1, 2, 3, 4, 5].map((at) => output(at * 10, `event ${at}`));
    const [e0, e1, e2, e3, e4, e5] = events as [
      RecordedEvent,
      RecordedEvent,
      RecordedEvent,
      RecordedEvent,
      RecordedEvent,
      RecordedEvent,
    ];

    test('deletes the batches that it covers, and keeps what a batch has beyond it', async () => {
      const { recordingId } = await openFedWith([e0, e1], [e2, e3, e4], [e5]);
      await subject.writer.closeChunk(closeChunkWrite(recordingId, { eventCount: 4, lastMs: 30, rawSize: 77 }, 400));
      const found = await contents(recordingId);
      expect(found.chunks).toMatchObject([{ firstEvent: 0, eventCount: 4, lastMs: 30 }]);
      expect(
        found.batches.map(({ firstEvent, eventCount, firstMs, lastMs }) => [firstEvent, eventCount, firstMs, lastMs]),
      ).toEqual([
        [4, 1, 40, 40],
        [5, 1, 50, 50],
      ]);
      expect(await eventsOf(recordingId)).toEqual(plain([e4, e5]));
      const pendingBytes = found.batches.reduce((sum, { msgpack }) => sum + msgpack.length, 0);
      expect(found.recording).toMatchObject({
        eventCount: 6,
        chunkCount: 1,
        durationMs: 50,
        storedSize: 400,
        rawSize: 77 + pendingBytes,
      });
      expect(Buffer.from(found.recording.headHash ?? [])).toEqual(Buffer.alloc(32, 2));
      expect(await subject.reader.unsealedRecording(recordingId)).toMatchObject({
        indexedSize: 400,
        nextPendingEvent: 4,
        pendingBytes,
        pendingSinceMs: testStartMs,
      });
    });

    test('again is the same, and the events that it holds are still passed over', async () => {
      const { recordingId } = await openFedWith([e0, e1], [e2]);
      const input = closeChunkWrite(recordingId, { eventCount: 3, lastMs: 20 });
      await subject.writer.closeChunk(input);
      const once = await contents(recordingId);
      await subject.writer.closeChunk(input);
      await subject.writer.closeChunk(closeChunkWrite(recordingId, { eventCount: 2, lastMs: 10 }, 300));
      expect(await contents(recordingId)).toEqual(once);
      expect(once.batches).toEqual([]);
      expect(await subject.reader.unsealedRecording(recordingId)).toMatchObject({
        pendingBytes: 0,
        pendingSinceMs: null,
      });
      expect(await subject.writer.appendBatch(appendWrite(recordingId, 1, [e1, e2, e3]))).toMatchObject({
        nextEvent: 4,
      });
      expect(await eventsOf(recordingId)).toEqual(plain([e3]));
    });

    test('that does not follow the last one is refused, and changes nothing', async () => {
      const { recordingId } = await openFedWith([e0, e1], [e2, e3]);
      const before = await contents(recordingId);
      await expect(
        subject.writer.closeChunk(closeChunkWrite(recordingId, { firstEvent: 2, eventCount: 2 })),
      ).rejects.toThrow();
      await subject.writer.closeChunk(closeChunkWrite(recordingId, { eventCount: 2, lastMs: 10 }));
      const after = await contents(recordingId);
      await expect(
        subject.writer.closeChunk(closeChunkWrite(recordingId, { firstEvent: 1, eventCount: 2 })),
      ).rejects.toThrow();
      expect(await contents(recordingId)).toEqual(after);
      expect(before.recording.eventCount).toBe(after.recording.eventCount);
    });

    test('of events that the catalog never saw adds them: it is older than the files', async () => {
      const { recordingId } = await openFedWith([e0]);
      await subject.writer.closeChunk(closeChunkWrite(recordingId, { eventCount: 6, lastMs: 50 }));
      expect((await contents(recordingId)).recording).toMatchObject({ eventCount: 6, durationMs: 50 });
      await expect(subject.writer.appendBatch(appendWrite(recordingId, 6, [output(49, 'x')]))).rejects.toThrow(
        InvalidInput,
      );
    });

    test('of an unknown recording is NotFound', async () => {
      await expect(subject.writer.closeChunk(closeChunkWrite(newRecordingId()))).rejects.toThrow(NotFound);
    });
  });

  describe('what a recording holds', () => {
    const fed = async (): Promise<RecordingId> => {
      const { recordingId } = await openFedWith(
        ...Array.from({ length: 10 }, (_, at) => [output(at * 10, `a${at}`), output(at * 10 + 5, `b${at}`)]),
      );
      // Chunks of events 0–3, 4–7, 8–11; batches of 12–19.
      for (const firstEvent of [0, 4, 8]) {
        const firstMs = firstEvent * 5;
        const row = { firstEvent, eventCount: 4, firstMs, lastMs: firstMs + 15 };
        await subject.writer.closeChunk(closeChunkWrite(recordingId, row, 400 + firstEvent));
      }
      return recordingId;
    };
    const shape = ({ chunks, batches, moreChunks, moreBatches }: Contents): readonly unknown[] => [
      chunks.map(({ firstEvent }) => firstEvent),
      moreChunks,
      batches.map(({ firstEvent }) => firstEvent),
      moreBatches,
    ];

    test('is its chunks, then its batches, from an event on', async () => {
      const recordingId = await fed();
      expect(shape(await contents(recordingId))).toEqual([[0, 4, 8], false, [12, 14, 16, 18], false]);
      expect(shape(await contents(recordingId, { fromEvent: 3 }))).toEqual([[0, 4, 8], false, [12, 14, 16, 18], false]);
      expect(shape(await contents(recordingId, { fromEvent: 4 }))).toEqual([[4, 8], false, [12, 14, 16, 18], false]);
      expect(shape(await contents(recordingId, { fromEvent: 11 }))).toEqual([[8], false, [12, 14, 16, 18], false]);
      expect(shape(await contents(recordingId, { fromEvent: 12 }))).toEqual([[], false, [12, 14, 16, 18], false]);
      expect(shape(await contents(recordingId, { fromEvent: 15 }))).toEqual([[], false, [14, 16, 18], false]);
      expect(shape(await contents(recordingId, { fromEvent: 20 }))).toEqual([[], false, [], false]);
    });

    test('is bounded in time on both sides', async () => {
      const recordingId = await fed();
      expect(shape(await contents(recordingId, { fromMs: 36 }))).toEqual([[8], false, [12, 14, 16, 18], false]);
      expect(shape(await contents(recordingId, { fromMs: 35, toMs: 39 }))).toEqual([[4], false, [], false]);
      expect(shape(await contents(recordingId, { fromMs: 66, toMs: 79 }))).toEqual([[], false, [14], false]);
    });

    test('is handed out in parts: batches only after the last chunk, and at least one', async () => {
      const recordingId = await fed();
      expect(shape(await contents(recordingId, { chunksMax: 2 }))).toEqual([[0, 4], true, [], true]);
      expect(shape(await contents(recordingId, { chunksMax: 3, batchBytesMax: 1 }))).toEqual([
        [0, 4, 8],
        false,
        [12],
        true,
      ]);
      const { batches } = await contents(recordingId, { batchBytesMax: 1_000_000 });
      const two = (batches[0]?.msgpack.length ?? 0) + (batches[1]?.msgpack.length ?? 0);
      expect(shape(await contents(recordingId, { batchBytesMax: two }))[2]).toEqual([12, 14]);
    });

    test('comes with the batches before it, when they are asked for', async () => {
      const recordingId = await fed();
      expect(shape(await contents(recordingId, { fromEvent: 16, batchesBefore: 1 }))[2]).toEqual([14, 16, 18]);
      expect(shape(await contents(recordingId, { fromEvent: 16, batchesBefore: 4 }))[2]).toEqual([12, 14, 16, 18]);
    });
  });

  describe('sealing', () => {
    test('moves the session, and again is the same', async () => {
      const { sessionId, recordingId } = await openNew();
      await subject.writer.closeSession(closeSessionWrite(sessionId));
      const before = await revisionOf(sessionId);
      const sealed = await subject.writer.sealRecording(sealWrite(recordingId));
      expect(sealed).toMatchObject({
        state: 'COMPLETE',
        stateReason: null,
        keyId: '0123456789abcdef',
        storedSize: 500,
      });
      expect(await subject.writer.sealRecording(sealWrite(recordingId, { state: 'PARTIAL', keyId: 'other' }))).toEqual(
        sealed,
      );
      expect(await subject.reader.session(seesAll, sessionId)).toMatchObject({ recordingState: 'COMPLETE' });
      expect(await revisionOf(sessionId)).toBe(before + 1);
      expect(await subject.reader.unsealedRecording(recordingId)).toBeNull();
    });

    test('is refused while events wait to be put into a chunk: they would be in no file', async () => {
      const { recordingId } = await openFedWith([output(1, 'a')], [output(2, 'b')]);
      await subject.writer.closeChunk(closeChunkWrite(recordingId, { eventCount: 1, lastMs: 1 }));
      await expect(subject.writer.sealRecording(sealWrite(recordingId))).rejects.toThrow();
      expect((await subject.reader.recording(seesAll, recordingId))?.signature).toBeNull();
    });

    test('an unknown recording is NotFound', async () => {
      await expect(subject.writer.sealRecording(sealWrite(newRecordingId()))).rejects.toThrow(NotFound);
    });

    test('a corrupt recording shows in its session, and the first reason stands', async () => {
      const { sessionId, recordingId } = await openNew();
      const before = await revisionOf(sessionId);
      await subject.writer.markCorrupt({ recordingId, reason: 'events 0 to 3: a bit fell over', atMs: testStartMs });
      await subject.writer.markCorrupt({ recordingId, reason: 'events 0 to 3: a bit fell over', atMs: testStartMs });
      await subject.writer.markCorrupt({ recordingId, reason: 'events 8 to 9: another', atMs: testStartMs });
      expect(await subject.reader.session(seesAll, sessionId)).toMatchObject({
        recordingState: 'CORRUPT',
        recordingStateReason: 'events 0 to 3: a bit fell over',
        revision: { position: before + 1 },
      });
    });
  });
};
