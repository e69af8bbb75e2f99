import type { Worker } from 'node:worker_threads';
import { Unavailable } from '../../model/errors.ts';
import { refusalFromWire } from '../../model/refusal-wire.ts';
import type { CatalogWriter, CommitListener } from './catalog.ts';
import type { AppendedBatch } from './feeding-records.ts';
import { CatalogNotOpened } from './prepare-database.ts';
import { killable } from './session-query.ts';
import type { WorkerScript } from './worker-script.ts';
import type { RequestKillsRequest } from './writing/request-kill.ts';
import type { WriterAnswer, WriterData, WriterReply } from './writer-messages.ts';

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void };
type WriteName = keyof CatalogWriter;

/** Seconds after which a producer may try again when the disk failed. */
const RETRY_AFTER_SECONDS = 5;

/**
 * A copy that is moved to the thread. NOTE: a view is cloned with all of the memory that it is a view of, and small Buffers
 * are views of a pool of 64 KiB.
 */
const ownBytes = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

/** Speaks to the one connection that writes, which lives in a thread of its own: a slow disk never stops the event loop. */
export class WorkerWriter implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #listener: CommitListener;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: Error | null = null;

  private constructor(worker: Worker, listener: CommitListener) {
    this.#worker = worker;
    this.#listener = listener;
    worker.on('error', (error) => this.#end(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', () => this.#end(new Error("the catalog's writer has ended")));
  }

  /** Resolves when the catalog, which prepareDatabase has seen, takes writes. @throws CatalogNotOpened */
  static async start(script: WorkerScript, data: WriterData, listener: CommitListener): Promise<WorkerWriter> {
    const worker = script.start(data);
    const writer = new WorkerWriter(worker, listener);
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', (answer: WriterAnswer) => {
        if (answer.kind === 'not-ready') reject(new CatalogNotOpened(answer.message));
        else resolve();
      });
    });
    worker.on('message', (answer: WriterAnswer) => writer.#receive(answer));
    return writer;
  }

  /** The port, each method of which is one message to the thread. */
  get port(): CatalogWriter {
    const call = <Name extends WriteName>(name: Name) =>
      ((input: unknown) => this.#send(name, input)) as CatalogWriter[Name];
    return {
      openSession: call('openSession'),
      openRecording: call('openRecording'),
      appendBatch: (input) => {
        const msgpack = ownBytes(input.msgpack);
        return this.#send('appendBatch', { ...input, msgpack }, [msgpack.buffer]) as Promise<AppendedBatch>;
      },
      requestKill: call('requestKill'),
      requestKills: (input) => {
        const request: RequestKillsRequest = { ...input, matching: killable(input.visibility, input.filter) };
        return this.#send('requestKills', request) as Promise<number>;
      },
      heartbeat: call('heartbeat'),
      loseSession: call('loseSession'),
      rotateRecording: call('rotateRecording'),
      confirmKill: call('confirmKill'),
      closeSession: call('closeSession'),
      closeChunk: call('closeChunk'),
      sealRecording: call('sealRecording'),
      restoreRecording: call('restoreRecording'),
      markCorrupt: call('markCorrupt'),
      addSessionEvent: call('addSessionEvent'),
      noteViewing: call('noteViewing'),
      createToken: call('createToken'),
      revokeToken: call('revokeToken'),
      putToken: call('putToken'),
      markTokenUsed: call('markTokenUsed'),
      putSignIn: call('putSignIn'),
      endSignIn: call('endSignIn'),
      addAuditEntry: call('addAuditEntry'),
      forgetPerson: call('forgetPerson'),
      keepSettings: call('keepSettings'),
    };
  }

  #send(name: WriteName | 'dispose', input: unknown, moved: readonly ArrayBuffer[] = []): Promise<unknown> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, input }, moved);
    });
  }

  #receive(answer: WriterAnswer): void {
    if (answer.kind !== 'committed') return;
    if (answer.announcements.length > 0) this.#listener(answer.announcements);
    for (const reply of answer.replies) this.#settle(reply);
  }

  #settle(reply: WriterReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('value' in reply) waiting?.resolve(reply.value);
    else if ('refusal' in reply) waiting?.reject(refusalFromWire(reply.refusal));
    else {
      const cause = new Error(reply.failure);
      const message = 'the catalog could not be written: nothing of this was kept';
      waiting?.reject(new Unavailable(message, RETRY_AFTER_SECONDS, { cause }));
    }
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
    this.#waiting.clear();
  }

  /** What was sent is committed first. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended !== null) return;
    const ended = new Promise<void>((resolve) => {
      this.#worker.once('exit', () => resolve());
    });
    await this.#send('dispose', null);
    await ended;
  }
}
