import { describe, expect, test } from 'vitest';
import { fileHeaderOf } from '../../../src/format/file-header.ts';
import { seesAll } from '../../../src/model/access.ts';
import { Conflict, InvalidInput } from '../../../src/model/errors.ts';
import type { RestoreRecordingWrite } from '../../../src/store/catalog/catalog.ts';
import { newRecordingId, newSessionId, output } from '../feeding.ts';
import { testStartMs } from '../opened-folder.ts';
import { appendWrite, chunkRow, sealWrite } from '../writes.ts';
import type { CatalogSubject } from './subject.ts';

/** What the Catalog port promises of recordings that are restored from files. */
export const restoringContract = (subject: CatalogSubject): void => {
  describe('restoring', () => {
    /** What a file of a session says that the catalog does not have. */
    const found = async (change: Partial<RestoreRecordingWrite> = {}): Promise<RestoreRecordingWrite> => {
      const opened = await subject.openNew();
      const session = await subject.reader.session(seesAll, opened.sessionId);
      const recording = await subject.reader.recording(seesAll, opened.recordingId);
      if (session === null || recording === null) throw new Error('they were opened');
      const unknown = { ...session, sessionId: newSessionId() };
      const header = fileHeaderOf(unknown, { ...recording, recordingId: newRecordingId() });
      return {
        header,
        locator: 'a.rec.zst',
        chunks: [chunkRow({ lastMs: 700 })],
        indexedSize: 400,
        headHash: new Uint8Array(32).fill(2),
        seal: null,
        damage: null,
        atMs: testStartMs + 3_600_000,
        ...change,
      };
    };
    const sealed = (status: 'ENDED' | 'ACTIVE' | 'KILLING', killed = false): RestoreRecordingWrite['seal'] => {
      const requested = { requestedAtMs: testStartMs + 800, requestedBy: 'eve', reason: null, confirmedAtMs: null };
      const kill = killed ? requested : null;
      const endedAtMs = status === 'ENDED' ? testStartMs + 900 : null;
      const session = { status, endedAtMs, endReason: 'exit', kill, lastSeenAtMs: testStartMs + 900, attemptCount: 1 };
      return { ...sealWrite(newRecordingId()), session };
    };
    const sessionOf = ({ header }: RestoreRecordingWrite) => subject.reader.session(seesAll, header.session.sessionId);

    test('what has no seal is PARTIAL, of a session that is LOST, seen last at its last event', async () => {
      const write = await found();
      const { recording, isNewSession } = await subject.writer.restoreRecording(write);
      expect(isNewSession).toBe(true);
      expect(recording).toMatchObject({
        state: 'PARTIAL',
        eventCount: 1,
        chunkCount: 1,
        storedSize: 400,
        durationMs: 700,
      });
      expect(await sessionOf(write)).toMatchObject({
        status: 'LOST',
        lastSeenAtMs: testStartMs + 700,
        durationMs: 700,
      });
      const unsealed = await subject.reader.unsealedRecording(write.header.recordingId);
      expect(unsealed).toMatchObject({ indexedSize: 400, nextPendingEvent: 1, pendingBytes: 0 });
    });

    test('a seal says how the session ended, and its key and signature are kept', async () => {
      const write = await found({ seal: sealed('ENDED') });
      const { recording } = await subject.writer.restoreRecording(write);
      expect(recording).toMatchObject({ state: 'COMPLETE', stateReason: null, keyId: '0123456789abcdef' });
      expect(recording.signature).toHaveLength(64);
      expect(await sessionOf(write)).toMatchObject({
        status: 'ENDED',
        endedAtMs: testStartMs + 900,
        endReason: 'exit',
        durationMs: 900,
        recordingState: 'COMPLETE',
      });
      expect(await subject.kindsOf(write.header.session.sessionId)).toEqual(['ENDED', 'NOTE']);
    });

    test.for([
      ['ACTIVE', false, 'LOST'],
      ['KILLING', true, 'KILLED'],
    ] as const)('a session that was %s at its seal is not running again', async ([status, killed, expected]) => {
      const write = await found({ seal: sealed(status, killed) });
      await subject.writer.restoreRecording(write);
      const session = await sessionOf(write);
      expect(session).toMatchObject({ status: expected });
      expect(session?.kill !== null).toBe(killed);
    });

    test('damage that was found stands before what the seal says', async () => {
      const write = await found({ seal: sealed('ENDED'), damage: 'events 0 to 0' });
      const { recording } = await subject.writer.restoreRecording(write);
      expect(recording).toMatchObject({ state: 'CORRUPT', stateReason: 'events 0 to 0' });
    });

    test('repeating changes nothing, and what the catalog knows stays as it is', async () => {
      const write = await found();
      const first = await subject.writer.restoreRecording(write);
      const before = await sessionOf(write);
      const again = await subject.writer.restoreRecording({ ...write, damage: 'another finding', chunks: [] });
      expect(again).toEqual({ recording: first.recording, isNewSession: false });
      expect(await sessionOf(write)).toEqual(before);
    });

    test('a recording of a session that runs is LIVE in it, and takes events', async () => {
      const write = await found();
      const running = await subject.openNew();
      const session = { ...write.header.session, sessionId: running.sessionId };
      const { header } = write;
      const restored = await subject.writer.restoreRecording({ ...write, header: { ...header, session } });
      expect(restored).toMatchObject({ isNewSession: false, recording: { state: 'LIVE', stateReason: null } });
      const append = appendWrite(header.recordingId, 1, [output(800, 'on')], { epoch: running.epoch });
      expect(await subject.writer.appendBatch(append)).toMatchObject({ nextEvent: 2 });
    });

    test("a session that is another producer's, or started when nothing could, is refused, and nothing of it stays", async () => {
      const write = await found();
      const running = await subject.openNew();
      const { header } = write;
      for (const [session, refusal] of [
        [{ ...header.session, sessionId: running.sessionId, producer: 'somebody else' }, Conflict],
        [{ ...header.session, startedAtMs: Date.UTC(9000, 0) }, InvalidInput],
      ] as const) {
        const promise = subject.writer.restoreRecording({ ...write, header: { ...header, session } });
        await expect(promise).rejects.toThrow(refusal);
        expect(await subject.reader.recording(seesAll, header.recordingId)).toBeNull();
      }
      expect(await sessionOf(write)).toBeNull();
    });
  });
};
