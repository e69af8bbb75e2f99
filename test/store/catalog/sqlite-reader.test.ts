import type Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seesAll } from '../../../src/model/access.ts';
import { firstPage } from '../../../src/model/page.ts';
import { everySession, newestFirst, type SessionFilter } from '../../../src/model/session-filter.ts';
import { openForReading } from '../../../src/store/catalog/open-database.ts';
import { ReadingTurns } from '../../../src/store/catalog/reading-turns.ts';
import { SqliteReader } from '../../../src/store/catalog/sqlite-reader.ts';
import type { SurveyName, SurveyRunner } from '../../../src/store/catalog/surveys/survey.ts';
import { SurveysHere } from '../../../src/store/catalog/surveys/surveys-here.ts';
import { catalogPathOf, openFolder, type OpenedFolder } from '../opened-folder.ts';
import { temporaryFolder, type TemporaryFolder } from '../temporary-folder.ts';
import { openSessionWrite } from '../writes.ts';

let folder: TemporaryFolder;
let opened: OpenedFolder;
let database: Database.Database;

beforeAll(async () => {
  folder = await temporaryFolder();
  opened = await openFolder(folder.path, { closes: false });
  await opened.writer.openSession(openSessionWrite({ recording: null, identity: 'person0' }));
  database = openForReading({ path: catalogPathOf(folder.path), nativeBinding: null });
});
afterAll(async () => {
  database.close();
  await opened[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const listOf = (prefix: string, length: number): readonly string[] =>
  Array.from({ length }, (_each, at) => `${prefix}${at}`);

test.each<[string, boolean, Partial<SessionFilter>]>([
  ['nothing that is asked', false, {}],
  ['a list of 16 values', false, { userIdentities: listOf('person', 16) }],
  ['a list of 17 values', true, { userIdentities: listOf('person', 17) }],
  ['two lists of 9 values', true, { userIdentities: listOf('person', 9), socketNames: ['bastion', ...listOf('b', 8)] }],
  ['one value of each', false, { userIdentities: ['person0'], protocols: ['SSH'], statuses: ['ACTIVE'] }],
  // Each user's sessions of each status are together.
  ['5 users of 3 states', true, { userIdentities: listOf('person', 5), statuses: ['ACTIVE', 'KILLING', 'LOST'] }],
])('a page of %s is read off the main thread: %s', async (_name, isOff, asked) => {
  const done: SurveyName[] = [];
  const here = new SurveysHere(database);
  const surveys: SurveyRunner = {
    run: (name, input, asker) => {
      done.push(name);
      return here.run(name, input, asker);
    },
  };
  const reader = new SqliteReader(database, surveys);
  const { items } = await reader.sessions(seesAll, { ...everySession, ...asked }, newestFirst, firstPage(10));
  expect([items.length, done]).toEqual([1, isOff ? ['sessionPositions'] : []]);
});

test('hundreds of pages that are asked for at once leave the event loop its turns', async () => {
  // By this clock each read takes 2 ms.
  let nowMs = 0;
  const reader = new SqliteReader(database, new SurveysHere(database), new ReadingTurns(() => (nowMs += 2)));
  let answered = 0;
  const pages = Array.from({ length: 100 }, async () => {
    await reader.sessions(seesAll, everySession, newestFirst, firstPage(10));
    answered += 1;
  });
  let before = 0;
  for (let turn = 1; answered < pages.length; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered - before).toBeLessThanOrEqual(10);
    before = answered;
  }
  await Promise.all(pages);
});
