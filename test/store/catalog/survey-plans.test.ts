import type Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seesAll } from '../../../src/model/access.ts';
import type { SocketId } from '../../../src/model/ids.ts';
import { everySession, type SessionFilter } from '../../../src/model/session-filter.ts';
import { openForReading } from '../../../src/store/catalog/open-database.ts';
import { SqliteReader } from '../../../src/store/catalog/sqlite-reader.ts';
import { driveOf, positionsIn, statementOf } from '../../../src/store/catalog/surveys/session-drive.ts';
import { surveyConnection } from '../../../src/store/catalog/surveys/survey.ts';
import { SurveysHere } from '../../../src/store/catalog/surveys/surveys-here.ts';
import { sharedHistory } from '../../fixture/shared-history.ts';

let database: Database.Database;
beforeAll(async () => {
  database = openForReading({ path: await sharedHistory(10_000), nativeBinding: null });
});
afterAll(() => void database.close());

/** How SQLite finds what is counted. */
const planOf = (filter: Partial<SessionFilter>): string => {
  // With few rows a slice, so that nothing is few.
  const tools = { ...surveyConnection(database), budgetMs: 1000, isOver: () => false, sliceRows: 2, valuesMax: 10 };
  const drive = driveOf(tools, seesAll, { ...everySession, ...filter });
  const { sql, parameters } = statementOf(positionsIn(drive, drive.within)).compile();
  const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as readonly {
    readonly detail: string;
  }[];
  return rows.map(({ detail }) => detail).join('; ');
};

const socketId = '00000000-0000-4000-8000-000000000000' as SocketId;

describe('what one index says is counted by it alone', () => {
  test.each([
    ['users', { userIdentities: ['a', 'b'] }, 'sessions_by_user'],
    ['emails', { userEmails: ['a'] }, 'sessions_by_email'],
    ['sockets', { socketIds: [socketId] }, 'sessions_by_socket'],
    ['names of sockets', { socketNames: ['a'] }, 'sessions_by_socket_name'],
    ['statuses', { statuses: ['ENDED', 'LOST'] }, 'sessions_by_status'],
    ['protocols', { protocols: ['SSH'] }, 'sessions_by_protocol'],
    ['states of recordings', { recordingStates: ['LIVE'] }, 'sessions_by_recording_state'],
    ['addresses', { clientIps: ['192.0.2.1'] }, 'sessions_by_address'],
  ] satisfies readonly (readonly [string, Partial<SessionFilter>, string])[])('%s', (_what, filter, index) => {
    expect(planOf(filter)).toMatch(new RegExp(`(?:SEARCH|SCAN) sessions USING COVERING INDEX ${index} `));
    expect(planOf(filter)).not.toContain('INTEGER PRIMARY KEY');
  });

  test.each([
    ['a condition without an index', { killed: false }, 'SEARCH sessions USING INTEGER PRIMARY KEY'],
    // NOTE SQLite reads the column that the index is partial by, though all of it are known.
    ['killed', { killed: true }, 'SEARCH sessions USING INDEX sessions_killed '],
    ['two conditions', { protocols: ['SSH'], killed: false }, 'SEARCH sessions USING INDEX sessions_by_protocol'],
  ] satisfies readonly (readonly [string, Partial<SessionFilter>, string])[])(
    '%s: each session of a slice is looked at',
    (_what, filter, plan) => expect(planOf(filter)).toContain(plan),
  );
});

test('countries are called by their English names', async () => {
  const reader = new SqliteReader(database, new SurveysHere(database));
  const request = { groupBy: 'COUNTRY', limit: 100, timeZone: 'UTC' } as const;
  const labels = (await reader.sessionStats(seesAll, everySession, request)).map(({ key, label }) => [key, label]);
  expect(labels).toContainEqual(['DE', 'Germany']);
  expect(labels.every(([key, label]) => key !== '' || label === 'unknown')).toBe(true);
});
