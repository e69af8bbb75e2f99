import { Unavailable } from '../../../model/errors.ts';
import type { Survey } from './survey.ts';

type Running = {
  readonly survey: Survey<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Runs many surveys on one thread, a slice at a time: accounts take turns, and so do the surveys of each. The thread's event
 * loop turns between two slices.
 */
export class SurveyTurns {
  /** Whose turn it is comes first. */
  readonly #accounts = new Map<string, Running[]>();
  readonly #cancelled = new WeakSet<Survey<unknown>>();
  #isWorking = false;

  /** @throws what the survey throws; Unavailable when it is cancelled */
  run<Result>(account: string, survey: Survey<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const running = { survey, resolve: resolve as Running['resolve'], reject };
      const others = this.#accounts.get(account);
      if (others === undefined) this.#accounts.set(account, [running]);
      else others.push(running);
      if (!this.#isWorking) void this.#work();
    });
  }

  /** It ends before its next slice. */
  cancel(survey: Survey<unknown>): void {
    this.#cancelled.add(survey);
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (;;) {
      const [next] = this.#accounts;
      if (next === undefined) break;
      this.#takeTurn(...next);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#isWorking = false;
  }

  #takeTurn(account: string, surveys: readonly Running[]): void {
    const [first, ...others] = surveys;
    this.#accounts.delete(account);
    const rest = first === undefined || this.#step(first) ? others : [...others, first];
    if (rest.length > 0) this.#accounts.set(account, rest);
  }

  /** Whether the survey is done. */
  #step({ survey, resolve, reject }: Running): boolean {
    try {
      if (this.#cancelled.has(survey)) throw new Unavailable('nobody waits for this any more', 1);
      const { done, value } = survey.next();
      if (done === true) resolve(value);
      return done === true;
    } catch (error) {
      reject(error);
      return true;
    }
  }
}
