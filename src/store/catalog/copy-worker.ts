import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
import path from 'node:path';
import { workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { CopyData } from './copy-messages.ts';
import { openForReading } from './open-database.ts';

const FILE_MODE = 0o600;

/**
 * Writes the catalog as it is at this moment into another file, compacted, while the writer goes on.
 * NOTE not db.backup(): it starts over at each commit of another connection, and under load it never ends.
 */
const copyInto = (data: CopyData): void => {
  // SQLite takes an empty file, and keeps its mode: the copy is never readable for others.
  closeSync(openSync(data.unfinished, 'wx', FILE_MODE));
  const database = openForReading(data);
  try {
    // To query_only this is a write; the connection itself still cannot write to the catalog.
    database.pragma('query_only = OFF');
    database.prepare('VACUUM INTO ?').run(data.unfinished);
  } finally {
    database.close();
  }
};

/** @throws when the copy is not one that SQLite can read to its end */
const checkCopy = ({ unfinished, nativeBinding }: CopyData): void => {
  const options = { readonly: true, fileMustExist: true, ...(nativeBinding === null ? {} : { nativeBinding }) };
  const database = new Database(unfinished, options);
  try {
    const found = database.pragma('quick_check(1)', { simple: true });
    if (found !== 'ok') throw new Error(`the copy does not hold: ${String(found)}`);
  } finally {
    database.close();
  }
};

/** SQLite leaves the syncing of a copy to whoever asked for it. */
const sync = (place: string): void => {
  const descriptor = openSync(place, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

const data = workerData as CopyData;
copyInto(data);
checkCopy(data);
sync(data.unfinished);
renameSync(data.unfinished, data.copy);
sync(path.dirname(data.copy));
