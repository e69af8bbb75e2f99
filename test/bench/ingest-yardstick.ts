import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';

/*
 * The least that keeping batches can be: better-sqlite3 inserts as many blobs as long, in as many commits, with the same
 * durability, and nothing else. Prints what it took as JSON.
 */

const [file = '', ...numbers] = process.argv.slice(2);
const [rows = 0, commits = 1, bytes = 1] = numbers.map(Number);

const database = new Database(file);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.pragma('cache_size = -65536');
database.pragma('wal_autocheckpoint = 8192');
database.exec(`CREATE TABLE IF NOT EXISTS batches (
  recording_key INTEGER NOT NULL, first_event INTEGER NOT NULL, msgpack BLOB NOT NULL, UNIQUE (recording_key, first_event)
) STRICT`);
const insert = database.prepare('INSERT INTO batches VALUES (?, ?, ?)');
const [begin, commit] = [database.prepare('BEGIN IMMEDIATE'), database.prepare('COMMIT')];
const blob = randomBytes(bytes);
const recording = Date.now();

const insertAll = (recordingKey: number, rowCount: number, commitCount: number): void => {
  let row = 0;
  for (let done = 1; done <= commitCount; done += 1) {
    begin.run();
    for (const until = Math.round((rowCount * done) / commitCount); row < until; row += 1) {
      insert.run(recordingKey, row, blob);
    }
    commit.run();
  }
};

insertAll(recording, 200, 20);
const [start, cpu] = [performance.now(), process.cpuUsage()];
insertAll(recording + 1, rows, commits);
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ seconds, cpuMs: (user + system) / 1000 }));
database.close();
