import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { seesAll, type Visibility } from '../../../src/model/access.ts';
import type { SocketId } from '../../../src/model/ids.ts';
import { firstPage } from '../../../src/model/page.ts';
import { everySession, newestFirst } from '../../../src/model/session-filter.ts';
import { testStartMs } from '../opened-folder.ts';
import { noteWrite, openSessionWrite } from '../writes.ts';
import { whole, type CatalogSubject, type Opened } from './subject.ts';

const ours: Visibility = { scope: 'producer', producer: 'tests' };
const theirs: Visibility = { scope: 'producer', producer: 'somebody-else' };

/** What Visibility promises, of every read. */
export const visibilityContract = (subject: CatalogSubject): void => {
  const { openNew } = subject;
  describe('visibility', () => {
    type Read = (
      visibility: Visibility,
      of: Opened & { eventId: string; socketId: SocketId; socketName: string; identity: string },
    ) => Promise<unknown>;
    const filterOf = (identity: string) => ({ ...everySession, userIdentities: [identity] });
    const reads: Readonly<Record<string, Read>> = {
      session: (visibility, { sessionId }) => subject.reader.session(visibility, sessionId),
      sessionOfRecording: (visibility, { recordingId }) => subject.reader.sessionOfRecording(visibility, recordingId),
      sessions: async (visibility, { identity }) =>
        (await subject.reader.sessions(visibility, filterOf(identity), newestFirst, firstPage(10))).items,
      countSessions: (visibility, { identity }) => subject.reader.countSessions(visibility, filterOf(identity), 10),
      sessionsAt: (visibility, { identity }) => subject.reader.sessionsAt(visibility, filterOf(identity), 0, 10),
      sessionTotal: async (visibility, { identity }) =>
        (await subject.reader.sessionTotal(visibility, filterOf(identity))).count,
      sessionStats: (visibility, { identity }) =>
        subject.reader.sessionStats(visibility, filterOf(identity), { groupBy: 'USER', limit: 10, timeZone: 'UTC' }),
      mostFrequent: async (visibility, { identity }) =>
        (await subject.reader.mostFrequent(visibility, 'users', 1000)).filter(
          ({ newest }) => newest.user.identity === identity,
        ),
      users: async (visibility, { identity }) =>
        (await subject.reader.users(visibility, identity, firstPage(10))).items.map(({ item }) => item),
      countUsers: (visibility, { identity }) => subject.reader.countUsers(visibility, identity, 10),
      sockets: async (visibility, { socketName }) =>
        (await subject.reader.sockets(visibility, socketName, firstPage(10))).items.map(({ item }) => item),
      countSockets: (visibility, { socketName }) => subject.reader.countSockets(visibility, socketName, 10),
      user: (visibility, { identity }) => subject.reader.user(visibility, identity),
      socket: (visibility, { socketId }) => subject.reader.socket(visibility, socketId),
      sessionEvents: async (visibility, { sessionId }) =>
        (await subject.reader.sessionEvents(visibility, sessionId, null, firstPage(10))).items,
      sessionEvent: (visibility, { eventId }) => subject.reader.sessionEvent(visibility, eventId),
      recordings: async (visibility, { sessionId }) =>
        (await subject.reader.recordings(visibility, sessionId, firstPage(10))).items,
      recording: (visibility, { recordingId }) => subject.reader.recording(visibility, recordingId),
      locator: (visibility, { recordingId }) => subject.reader.locator(visibility, recordingId),
      contents: (visibility, { recordingId }) => subject.reader.contents(visibility, recordingId, whole),
      changedSessions: async (visibility, { identity, sessionId }) => {
        const { log, position } = (await subject.reader.session(seesAll, sessionId))?.revision ?? {
          log: '',
          position: 0,
        };
        return subject.reader.changedSessions(visibility, filterOf(identity), { log, position: position - 1 }, 1);
      },
      seenSessions: (visibility, { identity }) =>
        subject.reader.seenSessions(visibility, filterOf(identity), testStartMs - 1, testStartMs, 10),
    };
    /** These are the server's own, and take no visibility; exports have a contract of their own. */
    const unbounded = (
      'exports revision unsealedRecordings unsealedRecording runningSessions killRequests signingKey token tokens signIn standing ' +
      'auditEntries auditEntry verifyAudit'
    ).split(' ');

    test('every read is tested here', () => {
      const methods = new Set<string>();
      for (let at: object = subject.reader; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
        for (const method of Object.getOwnPropertyNames(at)) if (method !== 'constructor') methods.add(method);
      }
      expect([...methods].toSorted()).toEqual([...Object.keys(reads), ...unbounded].toSorted());
    });

    test.each(Object.keys(reads))("%s returns what is the producer's own, and to others nothing", async (method) => {
      const identity = `${randomUUID()}@example.com`;
      const socketId = randomUUID() as SocketId;
      const socketName = `socket ${socketId}`;
      const socket = { socketId, name: socketName };
      const opened = await openNew({ identity, socketId, session: { socket } });
      const { eventId } = await subject.writer.addSessionEvent(noteWrite(opened.sessionId));
      const of = { ...opened, eventId, socketId, socketName, identity };
      const read = reads[method] as Read;
      const all = await read(seesAll, of);
      expect(all).toBeTruthy();
      expect(await read(ours, of)).toEqual(all);
      const none = await read(theirs, of);
      expect(none === null || none === 0 || (Array.isArray(none) && none.length === 0)).toBe(true);
    });

    test('a user or a socket that several producers know is told to each as its own sessions had it', async () => {
      const identity = `${randomUUID()}@example.com`;
      const socketId = randomUUID() as SocketId;
      const opening = (producer: string, name: string, startedAtMs: number) => {
        const base = openSessionWrite({ producer, identity, socketId });
        const user = { ...base.session.user, name };
        return { ...base, session: { ...base.session, startedAtMs, user, socket: { socketId, name } } };
      };
      await subject.writer.openSession(opening('tests', 'ours', testStartMs));
      await subject.writer.openSession(opening('somebody-else', 'theirs', testStartMs + 1));
      expect(await subject.reader.user(seesAll, identity)).toMatchObject({ name: 'theirs' });
      expect(await subject.reader.user(ours, identity)).toMatchObject({ name: 'ours' });
      expect(await subject.reader.user(theirs, identity)).toMatchObject({ name: 'theirs' });
      expect(await subject.reader.socket(ours, socketId)).toMatchObject({ name: 'ours' });
      expect(await subject.reader.socket(seesAll, socketId)).toMatchObject({ name: 'theirs' });
    });
  });
};
