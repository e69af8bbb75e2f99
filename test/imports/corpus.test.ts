import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { NotARecording } from '../../src/format/asciicast/not-a-recording.ts';
import { seesAll } from '../../src/model/access.ts';
import { everySession } from '../../src/model/session-filter.ts';
import type { RecordedEvent } from '../../src/model/recorded-event.ts';
import { corpusDir, corpusTest } from '../require.ts';
import { plain, readEvents } from '../store/feeding.ts';
import { openFolder } from '../store/opened-folder.ts';
import { temporaryFolder } from '../store/temporary-folder.ts';
import { type CastEvent, eventsOfCast } from './cast-events.ts';
import { importOne, importParts } from './importing.ts';

/** What the corpus says is wrong with a file that nobody can play. All else is mended, and taken. */
const fatal = /not JSON|resize '-|bad data|bad time|bad event|code '|data true|time ""2\.0""|not a 3-item|version 5/;

type Listed = {
  readonly file: string;
  readonly problems: string;
  readonly width: string;
  readonly line: number | null;
};

const listed = (): readonly Listed[] =>
  readFileSync(path.join(corpusDir ?? '', 'casts.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((row) => {
      const columns = row.split('\t');
      const problems = columns[8] ?? '';
      const line = /^"?line (\d+)/.exec(problems)?.[1];
      return {
        file: columns[0] ?? '',
        problems,
        width: columns[2] ?? '',
        line: line === undefined ? null : Number(line),
      };
    });

corpusTest('every cast of the corpus is taken in as it is, or refused at the line that the corpus names', async () => {
  await using folder = await temporaryFolder();
  await using opened = await openFolder(folder.path, { clock: { nowMs: Date.UTC(2100, 0) } });
  const parts = importParts(opened.intake);
  const pathOf = (file: string): string => path.join(corpusDir ?? '', file);
  const results = await Promise.all(
    listed().map(async (each) => {
      const [imported] = await Promise.allSettled([importOne(parts, readFileSync(pathOf(each.file)))]);
      return { ...each, imported };
    }),
  );
  await opened.closer.settled();
  const sessions = new Set<string>();
  for (const { file, problems, width, line, imported } of results) {
    const isFatal = fatal.test(problems) || width === '';
    expect({ file, status: imported.status }).toEqual({ file, status: isFatal ? 'rejected' : 'fulfilled' });
    if (imported.status === 'rejected') {
      const reason: unknown = imported.reason;
      expect(reason).toBeInstanceOf(NotARecording);
      if (line !== null) expect({ file, reason }).toMatchObject({ reason: { line } });
      continue;
    }
    const { recordingId, sessionId, events } = imported.value;
    if (recordingId === null) throw new Error('it has a recording');
    sessions.add(sessionId);
    const stored = await readEvents(opened.reader, recordingId);
    expectSame(file, stored, eventsOfCast(pathOf(file)));
    expect({ file, events }).toEqual({ file, events: stored.length });
    expect(await opened.catalog.recording(seesAll, recordingId)).toMatchObject({ state: 'COMPLETE', sessionId });
    expect(await opened.reader.verify(seesAll, recordingId)).toMatchObject({ ok: true });
  }
  expect(await opened.catalog.countSessions(seesAll, everySession, 1000)).toBe(sessions.size);
  expect(sessions.size).toBeGreaterThan(90);
  expect(opened.failures).toEqual([]);
});

const expectSame = (file: string, stored: readonly RecordedEvent[], expected: readonly CastEvent[]): void => {
  const texts = plain(stored).map((event) => JSON.stringify((event as unknown[]).slice(1)));
  const differs = texts.findIndex(
    (text, at) => text !== JSON.stringify([expected[at]?.code, ...(expected[at]?.payload ?? [])]),
  );
  expect({ file, count: stored.length, differs }).toEqual({ file, count: expected.length, differs: -1 });
  // Half a millisecond, and half a microsecond more for each interval that was added.
  const offPs = stored.map(({ timeMs }, at) =>
    Math.abs(Number(BigInt(timeMs) * 10n ** 9n - (expected[at]?.timePs ?? 0n))),
  );
  expect(Math.max(0, ...offPs)).toBeLessThanOrEqual(5e8 + 5e5 * stored.length);
};
