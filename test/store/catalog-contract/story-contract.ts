import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { seesAll } from '../../../src/model/access.ts';
import { Conflict, NotFound } from '../../../src/model/errors.ts';
import type { RecordingId, SessionId, SocketId } from '../../../src/model/ids.ts';
import { firstPage } from '../../../src/model/page.ts';
import { newRecordingId, newSessionId, output } from '../feeding.ts';
import { testStartMs } from '../opened-folder.ts';
import {
  appendWrite,
  aRecording,
  closeChunkWrite,
  closeSessionWrite,
  killWrite,
  noteWrite,
  openSessionWrite,
  sealWrite,
} from '../writes.ts';
import type { CatalogSubject } from './subject.ts';

/** What a session's story, revisions, announcements and small reads promise. */
export const storyContract = (subject: CatalogSubject): void => {
  const { openNew, openFedWith, eventsOf, revisionOf, kindsOf } = subject;
  describe("a session's story", () => {
    test('takes a line once, however often it is told', async () => {
      const { sessionId } = await openNew();
      const line = { ...noteWrite(sessionId), details: { a: [1, 'b'] } };
      const { producer: _told, ...input } = line;
      const told = await subject.writer.addSessionEvent(line);
      expect(told).toMatchObject(input);
      const revision = await revisionOf(sessionId);
      expect(await subject.writer.addSessionEvent(line)).toEqual(told);
      expect(await revisionOf(sessionId)).toBe(revision);
      expect(await kindsOf(sessionId)).toEqual(['STARTED', 'NOTE']);
      expect(await subject.reader.sessionEvent(seesAll, input.eventId)).toEqual(told);
    });

    test("with the id of another session's line is a Conflict, and with no session NotFound", async () => {
      const { sessionId } = await openNew();
      const { sessionId: other } = await openNew();
      const { eventId } = await subject.writer.addSessionEvent(noteWrite(sessionId));
      await expect(subject.writer.addSessionEvent(noteWrite(other, eventId))).rejects.toThrow(Conflict);
      await expect(subject.writer.addSessionEvent(noteWrite(newSessionId()))).rejects.toThrow(NotFound);
    });

    test('is paged in the order of telling, and by kind', async () => {
      const { sessionId } = await openNew();
      for (let count = 0; count < 4; count += 1) await subject.writer.addSessionEvent(noteWrite(sessionId));
      await subject.writer.closeSession(closeSessionWrite(sessionId));
      const all = (await subject.reader.sessionEvents(seesAll, sessionId, null, firstPage(100))).items;
      expect(all.map(({ kind }) => kind)).toEqual(['STARTED', 'NOTE', 'NOTE', 'NOTE', 'NOTE', 'ENDED']);
      const after = { order: 'position', key: [all[1]?.position ?? 0] };
      const page = await subject.reader.sessionEvents(seesAll, sessionId, null, {
        limit: 2,
        backward: false,
        after,
        before: null,
      });
      expect(page).toEqual({ items: all.slice(2, 4), hasNextPage: true, hasPreviousPage: true, stoppedAt: null });
      const back = await subject.reader.sessionEvents(seesAll, sessionId, null, {
        limit: 2,
        backward: true,
        after: null,
        before: null,
      });
      expect(back).toEqual({ items: all.slice(4), hasNextPage: false, hasPreviousPage: true, stoppedAt: null });
      const ended = await subject.reader.sessionEvents(seesAll, sessionId, ['ENDED', 'DENIED'], firstPage(100));
      expect(ended.items.map(({ kind }) => kind)).toEqual(['ENDED']);
      expect((await subject.reader.sessionEvents(seesAll, sessionId, [], firstPage(100))).items).toEqual([]);
    });
  });

  describe('revisions and announcements', () => {
    test('every material change moves the revision, and revisions ascend', async () => {
      const { sessionId, recordingId } = await openNew();
      let last = await revisionOf(sessionId);
      const changes: readonly (() => Promise<unknown>)[] = [
        () =>
          subject.writer.openRecording({ ...aRecording(), producer: 'tests', sessionId, epoch: 1, atMs: testStartMs }),
        () => subject.writer.addSessionEvent(noteWrite(sessionId)),
        () => subject.writer.markCorrupt({ recordingId, reason: 'bad', atMs: testStartMs }),
        () => subject.writer.requestKill(killWrite(sessionId)),
        () => subject.writer.confirmKill({ sessionId, producer: 'tests', atMs: testStartMs }),
        () => subject.writer.sealRecording(sealWrite(recordingId)),
      ];
      for (const change of changes) {
        await change();
        const now = await revisionOf(sessionId);
        expect(now).toBeGreaterThan(last);
        expect(await subject.reader.revision()).toMatchObject({ position: now });
        last = now;
      }
    });

    test('what is announced can be read already, and in the order of revisions', async () => {
      const unseen: unknown[] = [];
      const reads: Promise<void>[] = [];
      const revisions: number[] = [];
      subject.onCommit = (all) => {
        for (const each of all) {
          if (each.kind !== 'session') continue;
          revisions.push(each.revision.position);
          const look = async (): Promise<void> => {
            const session = await subject.reader.session(seesAll, each.sessionId);
            if ((session?.revision.position ?? -1) < each.revision.position) unseen.push(each);
          };
          reads.push(look());
        }
      };
      const opened = await Promise.all(Array.from({ length: 50 }, () => openNew()));
      await Promise.all(opened.map(({ sessionId }) => subject.writer.closeSession(closeSessionWrite(sessionId))));
      await Promise.all(reads);
      subject.onCommit = () => {};
      expect(unseen).toEqual([]);
      expect(revisions).toHaveLength(100);
      expect(revisions).toEqual(revisions.toSorted((one, other) => one - other));
    });

    test('a recording is announced when batches come, a chunk is closed, its session ends, and it is sealed', async () => {
      const from = subject.announced.length;
      const { sessionId, recordingId } = await openFedWith([output(0, 'a')]);
      await subject.writer.appendBatch(appendWrite(recordingId, 0, [output(0, 'a')]));
      await subject.writer.closeChunk(closeChunkWrite(recordingId));
      await subject.writer.closeSession(closeSessionWrite(sessionId));
      await subject.writer.sealRecording(sealWrite(recordingId));
      const own = subject.announced.slice(from).filter((each) => each.kind === 'recording');
      expect(own.map(({ change }) => change)).toEqual(['appended', 'chunk-closed', 'ending', 'sealed']);
      expect(own.map(({ pendingBytes }) => pendingBytes > 0)).toEqual([true, false, false, false]);
      expect(own.every((each) => each.recordingId === recordingId && each.sessionId === sessionId)).toBe(true);
    });

    test('a refused write leaves nothing and announces nothing, while others of the same commit stand', async () => {
      const { recordingId } = await openFedWith([output(0, 'a')]);
      const taken = openSessionWrite();
      const clashing = openSessionWrite({ recording: aRecording({ recordingId }) });
      const from = subject.announced.length;
      const settled = await Promise.allSettled([
        subject.writer.openSession(openSessionWrite()),
        subject.writer.openSession(clashing),
        subject.writer.appendBatch(appendWrite(recordingId, 7, [output(0, 'x')])),
        subject.writer.openSession(taken),
        subject.writer.appendBatch(appendWrite(recordingId, 1, [output(1, 'b')])),
      ]);
      expect(settled.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'rejected',
        'fulfilled',
        'fulfilled',
      ]);
      expect(await subject.reader.session(seesAll, clashing.session.sessionId)).toBeNull();
      expect(await subject.reader.session(seesAll, taken.session.sessionId)).not.toBeNull();
      expect(await eventsOf(recordingId)).toHaveLength(2);
      const about = subject.announced.slice(from).flatMap((each) => (each.kind === 'session' ? [each.sessionId] : []));
      expect(about).not.toContain(clashing.session.sessionId);
      // Refused writes take no position of the log of changes: the last one taken is the second session's.
      expect((await subject.reader.revision()).position).toBe(await revisionOf(taken.session.sessionId));
    });
  });

  describe('users and sockets', () => {
    test('are as known today: the newest session tells, and what it does not know stays', async () => {
      const identity = `Zoë-${randomUUID()}@example.com`;
      const socketId = randomUUID() as SocketId;
      const at = async (startedAtMs: number, user: object, socketName: string): Promise<void> => {
        const base = openSessionWrite({ identity, socketId });
        await subject.writer.openSession({
          ...base,
          session: {
            ...base.session,
            startedAtMs,
            user: { ...base.session.user, ...user },
            socket: { socketId, name: socketName },
          },
        });
      };
      await at(testStartMs + 2000, { name: 'Zoë', picture: 'https://example.com/z.png' }, 'new name');
      await at(testStartMs + 1000, { name: 'Old', nickname: 'old' }, 'old name');
      await at(testStartMs + 3000, { name: null, sub: 'idp|9' }, 'newest name');
      expect(await subject.reader.user(seesAll, identity.toUpperCase())).toMatchObject({
        identity,
        name: 'Zoë',
        picture: 'https://example.com/z.png',
        nickname: null,
        sub: 'idp|9',
      });
      expect(await subject.reader.socket(seesAll, socketId)).toEqual({
        socketId,
        name: 'newest name',
        protocol: 'SSH',
      });
      expect(await subject.reader.user(seesAll, `${randomUUID()}`)).toBeNull();
      expect(await subject.reader.socket(seesAll, randomUUID() as SocketId)).toBeNull();
    });
  });

  describe('what background work and producers look for', () => {
    test('recordings that are not sealed, page by page, each once', async () => {
      const unsealed = await Promise.all(Array.from({ length: 5 }, () => openNew()));
      const sealed = await openNew();
      await subject.writer.sealRecording(sealWrite(sealed.recordingId));
      const found: RecordingId[] = [];
      for (let after: RecordingId | null = null; ;) {
        const page = await subject.reader.unsealedRecordings(after, 3);
        found.push(...page.map(({ recording }) => recording.recordingId));
        after = found.at(-1) ?? null;
        if (page.length === 0) break;
      }
      expect(found).toEqual([...new Set(found)].toSorted());
      expect(found).toEqual(expect.arrayContaining(unsealed.map(({ recordingId }) => recordingId)));
      expect(found).not.toContain(sealed.recordingId);
      expect(await subject.reader.unsealedRecording(newRecordingId())).toBeNull();
    });

    test("a producer's running sessions: those that are active or to be killed", async () => {
      const producer = `p-${randomUUID()}`;
      const own = async (): Promise<SessionId> =>
        (await subject.writer.openSession(openSessionWrite({ producer }))).session.sessionId;
      const [active, killing, ended] = [await own(), await own(), await own()];
      await subject.writer.requestKill(killWrite(killing));
      await subject.writer.closeSession({ ...closeSessionWrite(ended), producer });
      await subject.writer.openSession(openSessionWrite({ producer, session: { denyReason: 'no' } }));
      expect((await subject.reader.runningSessions(producer)).map(({ sessionId }) => sessionId)).toEqual([
        active,
        killing,
      ]);
    });

    test('the key that seals are signed with: the same one always', async () => {
      const key = await subject.reader.signingKey();
      expect(key).toEqual(await subject.reader.signingKey());
      expect(key.publicKey).toHaveLength(32);
      expect(createHash('sha256').update(key.publicKey).digest('hex').slice(0, 16)).toBe(key.keyId);
    });
  });
};
