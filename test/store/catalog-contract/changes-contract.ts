import { RESUME_WINDOW_MS } from '../../../src/model/limits.ts';
import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seesAll, type Visibility } from '../../../src/model/access.ts';
import { RevisionUnknown } from '../../../src/model/errors.ts';
import type { SessionId } from '../../../src/model/ids.ts';
import { firstPage } from '../../../src/model/page.ts';
import { everySession, type SessionFilter } from '../../../src/model/session-filter.ts';
import type { SessionChangeRow } from '../../../src/store/catalog/catalog.ts';
import { addSessions, arbitraryFilter, arbitrarySpec, matches } from '../many-sessions.ts';
import { output } from '../feeding.ts';
import { testStartMs } from '../opened-folder.ts';
import { anActor, appendWrite, auditEntry, closeSessionWrite, killWrite, noteWrite } from '../writes.ts';
import type { CatalogSubject } from './subject.ts';

const idsOf = (rows: readonly SessionChangeRow[]): readonly SessionId[] => rows.map(({ session }) => session.sessionId);

/** What followers, and those who cut many sessions at once, are promised. */
export const changesContract = (subject: CatalogSubject): void => {
  const { openNew } = subject;

  describe('changes since a revision', () => {
    const since = async (filter: Partial<SessionFilter>, change: () => Promise<void>, limit = 100) => {
      const after = await subject.reader.revision();
      await change();
      return subject.reader.changedSessions(seesAll, { ...everySession, ...filter }, after, limit);
    };

    test('are each session once, as it is now, in the order of their last changes', async () => {
      const [{ sessionId: one }, { sessionId: two }, { sessionId: quiet }] = [
        await openNew(),
        await openNew(),
        await openNew(),
      ];
      const changed = await since({}, async () => {
        await subject.writer.addSessionEvent(noteWrite(one));
        await subject.writer.addSessionEvent(noteWrite(two));
        await subject.writer.closeSession(closeSessionWrite(one));
      });
      expect(idsOf(changed)).toEqual([two, one]);
      expect(idsOf(changed)).not.toContain(quiet);
      expect(changed.map(({ isNew, hasEnded }) => [isNew, hasEnded])).toEqual([
        [false, false],
        [false, true],
      ]);
      const last = changed.at(-1)?.session;
      expect(last).toEqual(await subject.reader.session(seesAll, one));
      expect(last === undefined ? [] : await since({}, async () => {})).toEqual([]);
    });

    test('say what is new, and an end once, whatever changes after it', async () => {
      const { sessionId, recordingId } = await openNew();
      await subject.writer.closeSession(closeSessionWrite(sessionId));
      const changed = await since({}, async () => {
        await openNew();
        await subject.writer.markCorrupt({ recordingId, reason: 'bad', atMs: testStartMs });
        await openNew({ session: { denyReason: randomUUID() } });
      });
      expect(changed.map(({ isNew, hasEnded }) => [isNew, hasEnded])).toEqual([
        [true, false],
        [false, false],
        [true, true],
      ]);
    });

    test('say what the filter matches now, and what it may have matched before', async () => {
      const identity = `${randomUUID()}@example.com`;
      const { sessionId } = await openNew({ identity });
      await openNew();
      const changed = await since({ userIdentities: [identity], statuses: ['ACTIVE'] }, async () => {
        await subject.writer.closeSession(closeSessionWrite(sessionId));
        await openNew();
        await openNew({ identity });
      });
      expect(changed.map((row) => [row.matches, row.mayHaveMatched])).toEqual([
        [false, true],
        [false, false],
        [true, true],
      ]);
    });

    test('match what lists match, whatever the filter', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(arbitrarySpec, { maxLength: 6 }), arbitraryFilter, async (specs, filter) => {
          const producer = `p-${randomUUID()}`;
          const visibility: Visibility = { scope: 'producer', producer };
          const after = await subject.reader.revision();
          await addSessions(subject.writer, producer, specs);
          const changed = await subject.reader.changedSessions(visibility, filter, after, 100);
          expect(changed).toHaveLength(specs.length);
          const lasting = { ...filter, statuses: null, killed: null, recordingStates: null, minDurationMs: null };
          for (const row of changed) {
            expect([row.matches, row.mayHaveMatched]).toEqual([
              matches(row.session, filter),
              matches(row.session, lasting),
            ]);
          }
        }),
        { numRuns: 40 },
      );
    });

    test('of another log, or beyond the newest, are REVISION_UNKNOWN', async () => {
      const { log, position } = await subject.reader.revision();
      const look = (revision: { log: string; position: number }) =>
        subject.reader.changedSessions(seesAll, everySession, revision, 10);
      await expect(look({ log: 'another', position: 0 })).rejects.toThrow(RevisionUnknown);
      await expect(look({ log, position: position + 1 })).rejects.toThrow(RevisionUnknown);
      expect(await look({ log, position })).toEqual([]);
    });

    test('come in pages that go on from the last one', async () => {
      const opened = [await openNew(), await openNew(), await openNew()];
      const all = await since({}, async () => {
        for (const { sessionId } of opened) await subject.writer.addSessionEvent(noteWrite(sessionId));
      });
      const [first] = all;
      const rest =
        first === undefined
          ? []
          : await subject.reader.changedSessions(seesAll, everySession, first.session.revision, 1);
      expect(idsOf(rest)).toEqual([opened[1]?.sessionId]);
    });
  });

  test('who was seen within a time are the running sessions that match, by that time', async () => {
    const identity = `${randomUUID()}@example.com`;
    const opened = [await openNew({ identity }), await openNew({ identity }), await openNew({ identity })];
    for (const [at, { recordingId }] of opened.entries()) {
      const timeMs = 9000 - 2000 * at;
      const write = appendWrite(recordingId, 0, [output(timeMs, 'x')], { atMs: testStartMs + timeMs });
      await subject.writer.appendBatch(write);
    }
    const filter = { ...everySession, userIdentities: [identity] };
    const seen = async (fromMs: number, toMs: number, limit = 10) =>
      (await subject.reader.seenSessions(seesAll, filter, testStartMs + fromMs, testStartMs + toMs, limit)).map(
        ({ sessionId }) => opened.findIndex((each) => each.sessionId === sessionId),
      );
    expect(await seen(0, 9000)).toEqual([2, 1, 0]);
    expect(await seen(5000, 7000)).toEqual([1]);
    expect(await seen(0, 9000, 1)).toEqual([2]);
    const [first] = opened;
    if (first !== undefined) await subject.writer.closeSession(closeSessionWrite(first.sessionId));
    expect(await seen(0, 90_000)).toEqual([2, 1]);
  });

  describe('killing many', () => {
    const killAll = (identity: string, visibility: Visibility = seesAll, isDryRun = false) =>
      subject.writer.requestKills({
        visibility,
        filter: { ...everySession, userIdentities: [identity] },
        isDryRun,
        requestedBy: 'auditor',
        reason: 'incident',
        atMs: testStartMs + 1000,
        audit: auditEntry({
          actor: { ...anActor, name: 'auditor' },
          action: 'session.killed',
          details: { reason: 'x' },
        }),
      });
    const auditCount = async (): Promise<number> => {
      const filter = { actor: null, actions: ['session.killed'], target: null, fromMs: null, beforeMs: null };
      return (await subject.reader.auditEntries(filter, firstPage(1000))).items.length;
    };

    test('cuts those that are active and match, tells each producer once, and leaves one audit entry', async () => {
      const identity = `${randomUUID()}@example.com`;
      const names = [`p-${randomUUID()}`, `q-${randomUUID()}`] as const;
      const opened = await Promise.all([0, 1, 0, 1].map((at) => openNew({ identity, producer: names[at] as string })));
      const killedBefore = await openNew({ identity });
      await subject.writer.requestKill(killWrite(killedBefore.sessionId, 'first'));
      const ended = await openNew({ identity });
      await subject.writer.closeSession(closeSessionWrite(ended.sessionId));
      const [entries, from] = [await auditCount(), subject.announced.length];
      expect(await killAll(identity)).toBe(4);
      expect(await auditCount()).toBe(entries + 1);
      const filter = { actor: null, actions: ['session.killed'], target: null, fromMs: null, beforeMs: null };
      expect((await subject.reader.auditEntries(filter, firstPage(1))).items[0]?.details).toEqual({
        reason: 'x',
        count: 4,
      });
      const announced = subject.announced.slice(from);
      expect(announced.filter(({ kind }) => kind === 'session')).toHaveLength(4);
      const kills = announced.flatMap((each) => (each.kind === 'kill' ? [each] : []));
      expect(kills.map(({ producer }) => producer).toSorted()).toEqual([...names].toSorted());
      for (const { producer, sessionIds } of kills) {
        const own = opened.filter((_session, at) => names[at % 2] === producer);
        expect(sessionIds.toSorted()).toEqual(own.map(({ sessionId }) => sessionId).toSorted());
      }
      const first = opened[0]?.sessionId as SessionId;
      expect(await subject.reader.session(seesAll, first)).toMatchObject({
        status: 'KILLING',
        kill: { requestedBy: 'auditor', reason: 'incident' },
      });
      expect(await subject.kindsOf(first)).toEqual(['STARTED', 'KILL_REQUESTED']);
      expect((await subject.reader.killRequests(names[0])).map(({ sessionId }) => sessionId).toSorted()).toEqual(
        [opened[0]?.sessionId, opened[2]?.sessionId].toSorted(),
      );
      expect(await killAll(identity)).toBe(0);
      expect(await auditCount()).toBe(entries + 1);
    });

    test('cuts LOST ones that may come back, and none that were given up; a dry run counts the same', async () => {
      const identity = `${randomUUID()}@example.com`;
      const lost = await openNew({ identity });
      await subject.writer.loseSession({ sessionId: lost.sessionId, atMs: testStartMs });
      const givenUp = await openNew({ identity });
      await subject.writer.loseSession({ sessionId: givenUp.sessionId, atMs: testStartMs - RESUME_WINDOW_MS });
      expect(await killAll(identity, seesAll, true)).toBe(1);
      expect((await subject.reader.session(seesAll, lost.sessionId))?.status).toBe('LOST');
      expect(await killAll(identity)).toBe(1);
      expect((await subject.reader.session(seesAll, lost.sessionId))?.status).toBe('KILLING');
      expect((await subject.reader.session(seesAll, givenUp.sessionId))?.status).toBe('LOST');
    });

    test('of nobody that may be seen is none', async () => {
      const identity = `${randomUUID()}@example.com`;
      const { sessionId } = await openNew({ identity });
      expect(await killAll(identity, { scope: 'producer', producer: 'somebody-else' })).toBe(0);
      expect((await subject.reader.session(seesAll, sessionId))?.status).toBe('ACTIVE');
    });

    test('of a thousand is one commit, with each in its own place of the log', async () => {
      const identity = `${randomUUID()}@example.com`;
      await Promise.all(Array.from({ length: 1000 }, () => openNew({ identity, recording: null })));
      const commits: number[] = [];
      subject.onCommit = (all) => void commits.push(all.filter(({ kind }) => kind === 'session').length);
      expect(await killAll(identity)).toBe(1000);
      subject.onCommit = () => {};
      expect(commits).toEqual([1000]);
    });
  });
};
