import Database from 'better-sqlite3';
import { Refusal } from '../../../model/errors.ts';
import { refusalToWire } from '../../../model/refusal-wire.ts';
import type { CatalogWriter } from '../catalog.ts';
import type { WriterAnswer, WriterReply, WriterRequest } from '../writer-messages.ts';
import { addSessionWords } from './session-words.ts';
import type { WriteContext } from './write-context.ts';
import { writes } from './writes.ts';

type Committed = Extract<WriterAnswer, { kind: 'committed' }>;
type Write = (context: WriteContext, input: unknown) => unknown;

/** Whether it is the disk that refused, and not this one write. */
const isOfDisk = (error: unknown): boolean =>
  error instanceof Database.SqliteError && /^SQLITE_(?:FULL|IOERR)/.test(error.code);

/** Runs many writes in one transaction, each in a savepoint of its own, and answers when the commit is on disk. */
export class GroupCommit {
  readonly #context: WriteContext;

  constructor(context: WriteContext) {
    this.#context = context;
  }

  /** A refused write leaves nothing; the others stand. When the disk fails, nothing of the commit stands. */
  commit(requests: readonly WriterRequest[]): Committed {
    const { database } = this.#context;
    try {
      database.exec('BEGIN IMMEDIATE');
      const replies = requests.map((request) => this.#run(request));
      addSessionWords(this.#context);
      database.exec('COMMIT');
      this.#wipe();
      return { kind: 'committed', replies, announcements: this.#context.takeAnnouncements() };
    } catch (error) {
      if (database.inTransaction) database.exec('ROLLBACK');
      this.#context.takeAnnouncements();
      this.#context.takeWipe();
      this.#context.takeNewSessions();
      const failure = error instanceof Error ? error.message : String(error);
      return { kind: 'committed', replies: requests.map(({ id }) => ({ id, failure })), announcements: [] };
    }
  }

  /** What the commit deleted goes from the journal, too. Where that fails, or a reader is in it, a later checkpoint does it. */
  #wipe(): void {
    if (!this.#context.takeWipe()) return;
    try {
      this.#context.database.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // The commit stands.
    }
  }

  #run(request: WriterRequest): WriterReply {
    if (request.name === 'dispose') return { id: request.id, value: null };
    const { database } = this.#context;
    const announced = this.#context.announcementCount;
    this.#context.run('SAVEPOINT one');
    try {
      const write = writes[request.name satisfies keyof CatalogWriter] as Write;
      const value = write(this.#context, request.input);
      this.#context.run('RELEASE one');
      return { id: request.id, value };
    } catch (error) {
      // NOTE SQLite undoes the whole transaction for some of these, and for others only the statement.
      if (!database.inTransaction || isOfDisk(error)) throw error;
      this.#context.run('ROLLBACK TO one');
      this.#context.run('RELEASE one');
      this.#context.forgetAnnouncementsAfter(announced);
      if (error instanceof Refusal) return { id: request.id, refusal: refusalToWire(error) };
      return { id: request.id, failure: error instanceof Error ? error.message : String(error) };
    }
  }
}
