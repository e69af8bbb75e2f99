import { generateKeyPairSync, createHash, randomUUID } from 'node:crypto';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type Database from 'better-sqlite3';
import { v7 } from 'uuid';
import { migrate } from './migrate.ts';
import { openForWriting } from './open-database.ts';
import { GroupCommit } from './writing/group-commit.ts';
import { WriteContext } from './writing/write-context.ts';
import type { WriterAnswer, WriterData, WriterRequest } from './writer-messages.ts';

/** Writes that share one commit: bounds how long the first of them waits. */
const COMMIT_WRITES_MAX = 512;

/** A new folder gets its log's name and its signing key; an old one keeps them. */
const provide = (database: Database.Database): void => {
  database.transaction(() => {
    if (database.prepare('SELECT 1 FROM log').get() === undefined) {
      database.prepare('INSERT INTO log (log_id, position) VALUES (?, 0)').run(randomUUID().slice(0, 8));
    }
    if (database.prepare('SELECT 1 FROM signing_keys').get() === undefined) insertSigningKey(database);
  })();
};

const insertSigningKey = (database: Database.Database): void => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  // The last 32 bytes of RFC 8410's SubjectPublicKeyInfo are the key of RFC 8032.
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const keyId = createHash('sha256').update(raw).digest('hex').slice(0, 16);
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  database
    .prepare('INSERT INTO signing_keys (key_id, public_key, private_key, created_ms) VALUES (?, ?, ?, ?)')
    .run(keyId, raw, pkcs8, Date.now());
};

/** Whatever else has arrived joins the commit of the first: under load many requests share one sync of the disk. */
const takeTogether = (port: MessagePort, first: WriterRequest): readonly WriterRequest[] => {
  const requests = [first];
  while (requests.length < COMMIT_WRITES_MAX) {
    const next = receiveMessageOnPort(port) as { readonly message: WriterRequest } | undefined;
    if (next === undefined) break;
    requests.push(next.message);
  }
  return requests;
};

const close = (database: Database.Database, port: MessagePort): void => {
  database.pragma('optimize');
  database.close();
  port.close();
};

const serve = (database: Database.Database, port: MessagePort): void => {
  const commits = new GroupCommit(new WriteContext(database, () => v7()));
  port.on('message', (first: WriterRequest) => {
    const requests = takeTogether(port, first);
    const dispose = requests.find((request) => request.name === 'dispose');
    port.postMessage(commits.commit(requests) satisfies WriterAnswer);
    if (dispose !== undefined) close(database, port);
  });
};

const begin = async (port: MessagePort, data: WriterData): Promise<void> => {
  const database = openForWriting(data);
  try {
    await migrate(database);
    provide(database);
  } catch (error) {
    database.close();
    throw error;
  }
  serve(database, port);
  port.postMessage({ kind: 'ready' } satisfies WriterAnswer);
};

if (parentPort !== null) {
  const port = parentPort;
  begin(port, workerData as WriterData).catch((error: Error) => {
    port.postMessage({
      kind: 'not-ready',
      message: error.message,
      name: error.constructor.name,
    } satisfies WriterAnswer);
    port.close();
  });
}
