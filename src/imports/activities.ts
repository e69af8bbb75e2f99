import { IMPORT_SESSIONS_OPEN_MAX } from '../model/limits.ts';
import { RepeatedKeys } from './repeated-keys.ts';
import type { ImportedSession, ImportStep } from './import-step.ts';

/** Requests of the same one that are closer than this are one session, where a log has no sessions of its own. */
export const ACTIVITY_IDLE_MS = 10 * 60_000;

/** What somebody does without a longer pause. `state` is the reader's own. */
export type Activity<State> = {
  readonly key: string;
  readonly startedAtMs: number;
  /** Milliseconds since the epoch of the last request, or of its answer. */
  lastAtMs: number;
  readonly state: State;
};

/**
 * Makes sessions of a log of requests: one for each `who` (a user, an address and an agent), cut when nothing happens for
 * ACTIVITY_IDLE_MS by the log's own clock. A limited number are open; beyond it the one that is idle longest is cut.
 */
export class Activities<State> {
  readonly #open = new Map<string, Activity<State>>();
  readonly #keys = new RepeatedKeys();
  readonly #finish: (activity: Activity<State>) => Iterable<ImportStep>;
  readonly #openMax: number;

  /**
   * @param finish what is still to be said of an activity before it is closed
   * @param openMax less where the reader has other sessions beside these
   */
  constructor(
    finish: (activity: Activity<State>) => Iterable<ImportStep> = () => [],
    openMax: number = IMPORT_SESSIONS_OPEN_MAX,
  ) {
    this.#finish = finish;
    this.#openMax = openMax;
  }

  /**
   * The activity that a request at that time is of, behind the steps that this needs.
   * @param begin the session that begins with it, where none goes on, and the mark that tells it from another's in another log
   */
  *at(
    who: string,
    atMs: number,
    begin: () => { readonly session: ImportedSession; readonly mark: string; readonly state: State },
  ): Generator<ImportStep, Activity<State>, void> {
    yield* this.#closeIdle(atMs);
    const known = this.#open.get(who);
    if (known !== undefined && Math.abs(atMs - known.lastAtMs) <= ACTIVITY_IDLE_MS) {
      known.lastAtMs = Math.max(known.lastAtMs, atMs);
      // The map's order is the order of the last requests.
      this.#open.delete(who);
      this.#open.set(who, known);
      return known;
    }
    if (known !== undefined) yield* this.#close(who, known);
    const { session, mark, state } = begin();
    const { startedAtMs } = session;
    const activity = { key: this.#keys.next(`${who}\0${startedAtMs}\0${mark}`), startedAtMs, lastAtMs: atMs, state };
    this.#open.set(who, activity);
    yield { kind: 'open', key: activity.key, session };
    return activity;
  }

  /** Closes all. */
  *end(): Generator<ImportStep, void, void> {
    for (const [who, activity] of this.#open) yield* this.#close(who, activity);
  }

  *#closeIdle(nowMs: number): Generator<ImportStep, void, void> {
    for (const [who, activity] of this.#open) {
      const isIdle = nowMs - activity.lastAtMs > ACTIVITY_IDLE_MS;
      if (!isIdle && this.#open.size < this.#openMax) return;
      yield* this.#close(who, activity);
    }
  }

  *#close(who: string, activity: Activity<State>): Generator<ImportStep, void, void> {
    this.#open.delete(who);
    yield* this.#finish(activity);
    yield { kind: 'close', key: activity.key, endedAtMs: activity.lastAtMs, reason: 'nothing more in the log' };
  }
}
