import { randomBytes } from 'node:crypto';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type Database from 'better-sqlite3';
import { v7 } from 'uuid';
import { SALT_BYTES } from './audit-chain.ts';
import { openForWriting } from './open-database.ts';
import { WalLimit } from './wal-limit.ts';
import { GroupCommit } from './writing/group-commit.ts';
import { WriteContext } from './writing/write-context.ts';
import type { WriterAnswer, WriterData, WriterRequest } from './writer-messages.ts';

/** Writes that share one commit: bounds how long the first of them waits. */
const COMMIT_WRITES_MAX = 512;

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

const serve = (database: Database.Database, port: MessagePort, { resumeWindowMs, walBytesMax }: WriterData): void => {
  const wal = new WalLimit(database, walBytesMax);
  const commits = new GroupCommit(
    new WriteContext(database, { newId: () => v7(), salt: () => randomBytes(SALT_BYTES), resumeWindowMs }),
  );
  port.on('message', (first: WriterRequest) => {
    const requests = takeTogether(port, first);
    const dispose = requests.find((request) => request.name === 'dispose');
    port.postMessage(commits.commit(requests) satisfies WriterAnswer);
    if (dispose === undefined) wal.afterCommit(performance.now());
    else close(database, port);
  });
};

/** NOTE no Kysely here: loading it took a third of the time that this thread needs to start. */
const begin = (port: MessagePort, data: WriterData): void => {
  try {
    serve(openForWriting(data), port, data);
    port.postMessage({ kind: 'ready' } satisfies WriterAnswer);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    port.postMessage({ kind: 'not-ready', message } satisfies WriterAnswer);
    port.close();
  }
};

if (parentPort !== null) begin(parentPort, workerData as WriterData);
