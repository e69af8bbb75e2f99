import type { Worker } from 'node:worker_threads';
import { PROCESS_ACCOUNT } from '../../model/account.ts';
import { Unavailable } from '../../model/errors.ts';
import { READS_WAITING_MAX } from '../../model/limits.ts';
import { refusalFromWire } from '../../model/refusal-wire.ts';
import type { ReadingAnswer, ReadingData, ReadingRequest } from './reading-messages.ts';
import type { Asker } from './survey-reader.ts';
import type { SurveyInput, SurveyName, SurveyResult, SurveyRunner } from './surveys/survey.ts';
import type { WorkerScript } from './worker-script.ts';

type Waiting = {
  readonly account: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Nobody listens any more for the asker's leaving. */
  readonly settled: () => void;
};

/** Seconds after which to ask again when the thread has ended, or too much waits. */
const RETRY_AFTER_SECONDS = 1;

/**
 * Has long reads done by a thread, which is started with the first of them, and again with the next one after it has ended:
 * what it had not answered is refused then.
 */
export class ReadingThread implements SurveyRunner, AsyncDisposable {
  readonly #script: WorkerScript;
  readonly #data: ReadingData;
  readonly #waiting = new Map<number, Waiting>();
  readonly #countByAccount = new Map<string, number>();
  #worker: Worker | null = null;
  #lastId = 0;
  #isDisposed = false;

  constructor(script: WorkerScript, data: ReadingData) {
    this.#script = script;
    this.#data = data;
  }

  run<Name extends SurveyName>(name: Name, input: SurveyInput<Name>, asker?: Asker): Promise<SurveyResult<Name>> {
    const account = asker?.account ?? PROCESS_ACCOUNT;
    const refusal = this.#refusalOf(account, asker?.gone);
    if (refusal !== null) return Promise.reject(refusal);
    const worker = (this.#worker ??= this.#start());
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        worker.postMessage({ id, name: 'cancel' } satisfies ReadingRequest);
        this.#settle(id)?.reject(new Unavailable('the client has gone', RETRY_AFTER_SECONDS));
      };
      asker?.gone.addEventListener('abort', leave, { once: true });
      const settled = (): void => asker?.gone.removeEventListener('abort', leave);
      this.#waiting.set(id, { account, resolve: resolve as Waiting['resolve'], reject, settled });
      this.#countByAccount.set(account, (this.#countByAccount.get(account) ?? 0) + 1);
      worker.postMessage({ id, name, account, input: JSON.stringify(input) } satisfies ReadingRequest);
    });
  }

  #refusalOf(account: string, gone: AbortSignal | undefined): Unavailable | null {
    if (this.#isDisposed) return new Unavailable('the server is stopping', RETRY_AFTER_SECONDS);
    if (gone?.aborted === true) return new Unavailable('the client has gone', RETRY_AFTER_SECONDS);
    if ((this.#countByAccount.get(account) ?? 0) < READS_WAITING_MAX) return null;
    const message = `at most ${READS_WAITING_MAX} counts, statistics and searches of one account may wait at once`;
    return new Unavailable(message, RETRY_AFTER_SECONDS);
  }

  #start(): Worker {
    const worker = this.#script.start(this.#data);
    let cause: unknown = null;
    worker.on('message', (answer: ReadingAnswer) => this.#receive(answer));
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => {
      this.#worker = null;
      // What it failed of is nobody's to expect, and goes to the log.
      const ended =
        cause === null
          ? new Unavailable('the reading thread has ended: ask again', RETRY_AFTER_SECONDS)
          : new Error('the reading thread failed', { cause });
      for (const id of this.#waiting.keys()) this.#settle(id)?.reject(ended);
    });
    return worker;
  }

  #receive(answer: ReadingAnswer): void {
    const waiting = this.#settle(answer.id);
    if ('json' in answer) waiting?.resolve(JSON.parse(answer.json));
    else if ('refusal' in answer) waiting?.reject(refusalFromWire(answer.refusal));
    else waiting?.reject(new Error('the catalog could not be read', { cause: new Error(answer.failure) }));
  }

  /** Undefined for one that was settled before. */
  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(id);
    waiting.settled();
    const others = (this.#countByAccount.get(waiting.account) ?? 1) - 1;
    if (others === 0) this.#countByAccount.delete(waiting.account);
    else this.#countByAccount.set(waiting.account, others);
    return waiting;
  }

  /** What waits is refused. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#worker?.terminate();
  }
}
