import path from 'node:path';
import { expect, test } from 'vitest';
import { openInstallation } from '../../../src/cli/compose.ts';
import { dataFolderAt } from '../../../src/cli/data-folder.ts';
import { seesAll, type Visibility } from '../../../src/model/access.ts';
import { everySession } from '../../../src/model/session-filter.ts';
import { SqliteExportReader } from '../../../src/store/catalog/export-reader-sqlite.ts';
import { openForReading } from '../../../src/store/catalog/open-database.ts';
import { Statements } from '../../../src/store/catalog/statements.ts';
import { aSession } from '../feeding.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const ours: Visibility = { scope: 'producer', producer: 'ours' };

test("a producer's own sessions are found among many of others, a few at a time, each once", async () => {
  await using temporary = await temporaryFolder();
  const folder = dataFolderAt(path.join(temporary.path, 'data'));
  await using installation = await openInstallation(folder, () => {});
  const start = await installation.catalog.revision();
  const owners = [...'tttttttottotttooottttttt'].map((letter) => (letter === 'o' ? 'ours' : 'theirs'));
  const own: string[] = [];
  for (const producer of owners) {
    const opened = await installation.intake.openSession({ producer, actor: 'a test' }, aSession({ recording: null }));
    if (producer === 'ours') own.push(opened.session.sessionId);
  }
  const database = openForReading({ path: folder.catalog, nativeBinding: null });
  try {
    for (const lookedMax of [1, 3, 1000]) {
      for (const limit of [1, 2, 1000]) {
        const reader = new SqliteExportReader(new Statements(database), start.log, lookedMax);
        const found: string[] = [];
        for (let after = start, until; ; after = until) {
          until = await reader.changesEnd(ours, after, limit);
          if (until.position === after.position) break;
          const span = { since: start, after, until };
          const { sessions } = await reader.changedWithin(ours, everySession, span, 1000);
          expect(sessions.length).toBeLessThanOrEqual(limit);
          found.push(...sessions.map(({ session }) => session.sessionId));
        }
        expect(found).toEqual(own);
      }
    }
    const all = new SqliteExportReader(new Statements(database), start.log, 1);
    expect(await all.changesEnd(seesAll, start, 1000)).toEqual(await installation.catalog.revision());
  } finally {
    database.close();
  }
});
