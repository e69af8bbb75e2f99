import { describe, expect, test } from 'vitest';
import { seesAll } from '../../../src/model/access.ts';
import { Conflict, Fenced, InvalidInput, NotFound, SessionEnded, SessionKilled } from '../../../src/model/errors.ts';
import type { RecordingId, SessionId, SocketId } from '../../../src/model/ids.ts';
import { firstPage } from '../../../src/model/page.ts';
import { newSessionId, output } from '../feeding.ts';
import { testStartMs } from '../opened-folder.ts';
import { appendWrite, aRecording, closeSessionWrite, killWrite, openSessionWrite } from '../writes.ts';
import type { CatalogSubject } from './subject.ts';

/** What opening promises. */
export const openingContract = (subject: CatalogSubject): void => {
  const { openNew, revisionOf, kindsOf } = subject;
  describe('opening a session', () => {
    test('keeps who, what, where and when, and its recording waits for event 0', async () => {
      const input = openSessionWrite({
        session: {
          labels: { team: 'a', nested: [1, null, { b: true }] },
          authInfo: 'by key',
          client: { ip: '2001:db8::1', port: null, software: 'OpenSSH_9.9' },
        },
      });
      const { session, recording, nextEvent, epoch } = await subject.writer.openSession(input);
      expect(session).toMatchObject({
        sessionId: input.session.sessionId,
        producer: 'tests',
        status: 'ACTIVE',
        upstream: 'ssh',
        user: { identity: 'ann@example.com', email: 'ann@example.com', name: 'Ann' },
        socket: { socketId: input.socketId, name: 'bastion', protocol: 'SSH' },
        client: { ip: '2001:db8::1', port: null, software: 'OpenSSH_9.9', location: null },
        server: { name: 'bastion.example.com', port: 22 },
        startedAtMs: testStartMs,
        lastSeenAtMs: testStartMs,
        endedAtMs: null,
        durationMs: 0,
        kill: null,
        labels: { team: 'a', nested: [1, null, { b: true }] },
        recordingState: 'LIVE',
        recordingCount: 1,
        epoch: 1,
      });
      expect(recording).toMatchObject({
        state: 'LIVE',
        eventCount: 0,
        headHash: null,
        signature: null,
        continues: null,
      });
      expect([nextEvent, epoch]).toEqual([0, 1]);
      expect(await subject.reader.session(seesAll, session.sessionId)).toEqual(session);
      expect(await kindsOf(session.sessionId)).toEqual(['STARTED', 'AUTHORIZED', 'CLIENT_SOFTWARE']);
    });

    test('without a recording says why there is none', async () => {
      const { session, recording, nextEvent } = await subject.writer.openSession(openSessionWrite({ recording: null }));
      expect([recording, nextEvent]).toEqual([null, null]);
      expect(session).toMatchObject({ recordingState: 'NONE', recordingCount: 0 });
      expect(session.recordingStateReason).toContain('not enabled');
    });

    test('again is the same session with the next epoch, and goes on where its recording is', async () => {
      const input = openSessionWrite();
      await subject.writer.openSession(input);
      await subject.writer.appendBatch(
        appendWrite(input.recording?.recordingId as RecordingId, 0, [output(1, 'a'), output(2, 'b')]),
      );
      const before = await revisionOf(input.session.sessionId);
      const again = await subject.writer.openSession(input);
      expect(again).toMatchObject({ nextEvent: 2, epoch: 2, session: { epoch: 2, recordingCount: 1 } });
      expect(again.session.revision.position).toBeGreaterThan(before);
      expect((await subject.writer.openSession(input)).epoch).toBe(3);
      expect(await kindsOf(input.session.sessionId)).toEqual(['STARTED', 'RESUMED', 'RESUMED']);
    });

    const others: readonly (readonly [string, Parameters<typeof openSessionWrite>[0] & object])[] = [
      ['user', { identity: 'bob@example.com' }],
      ['socket', { socketId: 'aaaaaaaa-0000-4000-8000-000000000002' as SocketId }],
      ['upstream', { upstream: 'docker' }],
      ['protocol', { session: { protocol: 'TCP' } }],
      ['client address', { session: { client: { ip: '192.0.2.8', port: 50_123, software: null } } }],
      ['server', { session: { server: { name: 'bastion.example.com', port: 2222 } } }],
      ['SSH user', { session: { sshUser: 'guest' } }],
      ['verdict', { session: { denyReason: 'no' } }],
    ];
    test.each(others)('again with another %s is a Conflict, and its epoch stays', async (what, change) => {
      const input = openSessionWrite();
      await subject.writer.openSession(input);
      const other = { ...input, ...change, session: { ...input.session, ...change.session } };
      const refused = subject.writer.openSession(other);
      await expect(refused).rejects.toThrow(Conflict);
      await expect(refused).rejects.toThrow(what);
      expect((await subject.reader.session(seesAll, input.session.sessionId))?.epoch).toBe(1);
    });

    test('again with another recording than it has is a Conflict, and its epoch stays', async () => {
      const input = openSessionWrite();
      await subject.writer.openSession(input);
      await expect(subject.writer.openSession({ ...input, recording: aRecording() })).rejects.toThrow(Conflict);
      expect((await subject.reader.session(seesAll, input.session.sessionId))?.epoch).toBe(1);
    });

    test('with a recording of another session is a Conflict, and there is no such session', async () => {
      const { recordingId } = await openNew();
      const input = openSessionWrite({ recording: aRecording({ recordingId }) });
      await expect(subject.writer.openSession(input)).rejects.toThrow(Conflict);
      expect(await subject.reader.session(seesAll, input.session.sessionId)).toBeNull();
    });

    test("with another producer's id is NotFound", async () => {
      const input = openSessionWrite();
      await subject.writer.openSession(input);
      await expect(subject.writer.openSession({ ...input, producer: 'somebody-else' })).rejects.toThrow(NotFound);
    });

    test('that ended is SessionEnded, naming it', async () => {
      const input = openSessionWrite();
      await subject.writer.openSession(input);
      await subject.writer.closeSession(closeSessionWrite(input.session.sessionId));
      const refused = subject.writer.openSession(input);
      await expect(refused).rejects.toThrow(SessionEnded);
      await expect(refused).rejects.toMatchObject({ sessionId: input.session.sessionId });
    });

    test('that is to be killed, or was, is SessionKilled, with the kill', async () => {
      const input = openSessionWrite();
      await subject.writer.openSession(input);
      await subject.writer.requestKill(killWrite(input.session.sessionId));
      await expect(subject.writer.openSession(input)).rejects.toThrow(SessionKilled);
      await subject.writer.closeSession(closeSessionWrite(input.session.sessionId));
      const refused = subject.writer.openSession(input);
      await expect(refused).rejects.toThrow(SessionKilled);
      await expect(refused).rejects.toMatchObject({ kill: { requestedBy: 'auditor', reason: 'because' } });
    });
  });

  describe('a refused attempt', () => {
    // Each is of another address: none is like another one.
    let addresses = 0;
    const denied = (): ReturnType<typeof openSessionWrite> => {
      addresses += 1;
      const client = { ip: `192.0.2.${addresses}`, port: null, software: null };
      return openSessionWrite({ session: { denyReason: 'not in the group', client } });
    };

    test('is a session that never ran, and has no recording', async () => {
      const input = denied();
      const { session, recording, nextEvent } = await subject.writer.openSession(input);
      expect(session).toMatchObject({
        status: 'DENIED',
        denyReason: 'not in the group',
        endedAtMs: testStartMs,
        durationMs: 0,
        recordingState: 'NONE',
        recordingCount: 0,
      });
      expect([recording, nextEvent]).toEqual([null, null]);
      expect(await kindsOf(session.sessionId)).toEqual(['DENIED']);
    });

    test('told again is the same, and moves nothing', async () => {
      const input = denied();
      const first = await subject.writer.openSession(input);
      expect(await subject.writer.openSession(input)).toEqual(first);
      expect(await kindsOf(input.session.sessionId)).toEqual(['DENIED']);
    });

    test('told again of another user is a Conflict', async () => {
      const input = denied();
      await subject.writer.openSession(input);
      await expect(subject.writer.openSession({ ...input, identity: 'bob@example.com' })).rejects.toThrow(Conflict);
    });

    test('cannot be opened, killed, confirmed or closed', async () => {
      const input = denied();
      const { sessionId } = input.session;
      await subject.writer.openSession(input);
      await expect(
        subject.writer.openSession({ ...input, session: { ...input.session, denyReason: null } }),
      ).rejects.toThrow(SessionEnded);
      await expect(subject.writer.requestKill(killWrite(sessionId))).rejects.toThrow(Conflict);
      await expect(subject.writer.confirmKill({ sessionId, producer: 'tests', atMs: 1 })).rejects.toThrow(Conflict);
      await expect(subject.writer.closeSession(closeSessionWrite(sessionId))).rejects.toThrow(Conflict);
    });
  });

  describe('opening a recording', () => {
    const another = (sessionId: SessionId, change: object = {}) => ({
      ...aRecording(),
      producer: 'tests',
      sessionId,
      epoch: 1,
      atMs: testStartMs + 5000,
      ...change,
    });

    test('adds one to the session, and again is the same one', async () => {
      const { sessionId } = await openNew();
      const input = another(sessionId, { kind: 'DATABASE', columns: null, rows: null });
      const { recording, nextEvent } = await subject.writer.openRecording(input);
      expect(recording).toMatchObject({ kind: 'DATABASE', startedAtMs: testStartMs + 5000, columns: null });
      expect(nextEvent).toBe(0);
      const revision = await revisionOf(sessionId);
      await subject.writer.appendBatch(appendWrite(recording.recordingId, 0, [output(0, 'x')]));
      expect(await subject.writer.openRecording(input)).toMatchObject({ nextEvent: 1 });
      expect(await revisionOf(sessionId)).toBe(revision);
      const listed = await subject.reader.recordings(seesAll, sessionId, firstPage(10));
      expect(listed.items.map(({ kind }) => kind)).toEqual(['TERMINAL', 'DATABASE']);
      expect((await subject.reader.session(seesAll, sessionId))?.recordingCount).toBe(2);
    });

    test("is refused with another's id, an old epoch, another producer, once killing, and once over", async () => {
      const { sessionId, recordingId } = await openNew();
      const { recordingId: foreign } = await openNew();
      await expect(subject.writer.openRecording(another(sessionId, { recordingId: foreign }))).rejects.toThrow(
        Conflict,
      );
      await expect(subject.writer.openRecording(another(sessionId, { recordingId, kind: 'HTTP' }))).rejects.toThrow(
        Conflict,
      );
      await expect(subject.writer.openRecording(another(sessionId, { epoch: 0 }))).rejects.toThrow(Fenced);
      await expect(subject.writer.openRecording(another(sessionId, { epoch: 2 }))).rejects.toThrow(InvalidInput);
      await expect(subject.writer.openRecording(another(sessionId, { producer: 'x' }))).rejects.toThrow(NotFound);
      await expect(subject.writer.openRecording(another(newSessionId()))).rejects.toThrow(NotFound);
      await subject.writer.requestKill(killWrite(sessionId));
      await expect(subject.writer.openRecording(another(sessionId))).rejects.toThrow(SessionKilled);
      const { sessionId: over } = await openNew();
      await subject.writer.closeSession(closeSessionWrite(over));
      await expect(subject.writer.openRecording(another(over))).rejects.toThrow(SessionEnded);
      expect((await subject.reader.session(seesAll, sessionId))?.recordingCount).toBe(1);
    });
  });
};
