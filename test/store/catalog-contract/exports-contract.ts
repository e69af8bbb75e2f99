import { describe, expect, test } from 'vitest';
import { seesAll, type Visibility } from '../../../src/model/access.ts';
import { RevisionUnknown } from '../../../src/model/errors.ts';
import { everySession } from '../../../src/model/session-filter.ts';
import { closeChunkWrite, noteWrite } from '../writes.ts';
import type { CatalogSubject } from './subject.ts';

const ours: Visibility = { scope: 'producer', producer: 'tests' };
const theirs: Visibility = { scope: 'producer', producer: 'somebody-else' };

/** What the export reader promises. */
export const exportsContract = (subject: CatalogSubject): void => {
  const { openNew, openFedWith } = subject;
  const event = (timeMs: number) => ({ timeMs, code: 'm', payload: ['x'] });
  describe('exports', () => {
    test('are of what one may see, and others are told of nothing', async () => {
      const { exports } = subject.reader;
      const since = await subject.reader.revision();
      const from = await exports.exportPlace();
      const { sessionId } = await openNew();
      await subject.writer.addSessionEvent(noteWrite(sessionId));
      const { recordingId } = await openFedWith([event(0)]);
      await subject.writer.closeChunk(closeChunkWrite(recordingId, { eventCount: 1, lastMs: 0 }));
      const until = await exports.changesEnd(seesAll, since, 100);
      const read = async (visibility: Visibility) => ({
        end: await exports.changesEnd(visibility, since, 100),
        sessions: await exports.changedWithin(visibility, everySession, { since, after: since, until }, 100),
        events: await exports.eventsTold(visibility, from.event, 100),
        chunks: await exports.chunksClosed(visibility, from.closing + 1, 100),
      });
      const all = await read(seesAll);
      expect(all.sessions.sessions.map(({ session }) => session.sessionId)).toContain(sessionId);
      expect(all.events.length).toBeGreaterThan(0);
      expect(all.chunks).toMatchObject([{ recording: { recordingId }, chunk: { firstEvent: 0, eventCount: 1 } }]);
      expect(await read(ours)).toEqual(all);
      expect(await read(theirs)).toEqual({
        end: since,
        sessions: { sessions: [], next: null },
        events: [],
        chunks: [],
      });
    });

    test('of another log, or of what is not there yet, are refused', async () => {
      const { exports } = subject.reader;
      const newest = await subject.reader.revision();
      await expect(exports.changesEnd(seesAll, { ...newest, log: 'ffff' }, 1)).rejects.toThrow(RevisionUnknown);
      const ahead = { ...newest, position: newest.position + 1 };
      await expect(exports.changesEnd(seesAll, ahead, 1)).rejects.toThrow(RevisionUnknown);
    });
  });
};
