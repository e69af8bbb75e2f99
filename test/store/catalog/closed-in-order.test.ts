import path from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import { expect, test } from 'vitest';
import { sessionsAndRecordings } from '../../../src/store/catalog/migrations/0001-sessions-and-recordings.ts';
import { closedInOrder } from '../../../src/store/catalog/migrations/0006-closed-in-order.ts';
import { openForWriting } from '../../../src/store/catalog/open-database.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const insertChunk = `INSERT INTO chunks (recording_key, first_event, event_count, first_ms, last_ms, raw_size, stored_size,
  locator, frame_hash, chain_hash) VALUES (?, ?, 1, 0, 0, 1, 1, '', x'', x'')`;

test('chunks of before get positions by recording and event, and a position is given once', async () => {
  await using folder = await temporaryFolder();
  const database = openForWriting({ path: path.join(folder.path, 'catalog.db'), nativeBinding: null });
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  await sessionsAndRecordings.up(db);
  // The recordings that chunks are of do not matter here.
  database.pragma('foreign_keys = OFF');
  const insert = database.prepare(insertChunk);
  for (const [recording, event] of [
    [2, 0],
    [1, 5],
    [1, 0],
  ])
    insert.run(recording, event);
  await closedInOrder.up(db);
  const closings = () => database.prepare('SELECT * FROM closings ORDER BY position').raw().all();
  expect(closings()).toEqual([
    [1, 1, 0],
    [2, 1, 5],
    [3, 2, 0],
  ]);
  database.pragma('foreign_keys = ON');
  database.exec('DELETE FROM chunks WHERE recording_key = 2');
  expect(closings()).toHaveLength(2);
  database.exec(
    'DELETE FROM closings WHERE position = 2; INSERT INTO closings (recording_key, first_event) VALUES (1, 5)',
  );
  expect(closings().at(-1)).toEqual([4, 1, 5]);
  database.close();
});
