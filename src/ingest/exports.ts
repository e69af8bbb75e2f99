import { actorOf } from '../model/audit.ts';
import { AUDIT_WINDOW_MS } from '../model/limits.ts';
import type { Caller } from '../model/viewer.ts';
import type { AuditTrail } from './audit-trail.ts';

export type ExportsParts = {
  readonly audit: Pick<AuditTrail, 'tell'>;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Told each time when somebody asks for events: chunks should be closed soon. Must not throw. */
  readonly onEventsAsked: () => void;
};

/** What is taken away: kind, language and parameters as they stand in the audit log. */
export type Taken = {
  readonly what: 'sessions' | 'events';
  readonly format: string;
  /** What narrows it down, as it was asked for. */
  readonly filter: string;
};

/** One run: its entry is written, or being written. */
type Run = { readonly beganMs: number; readonly done: Promise<void> };

/** Runs that are known at once; beyond them the oldest is forgotten, and told again when it goes on. */
const RUNS_MAX = 1_000;

/**
 * Writes down who takes sessions and events away. A run is all that one caller asks for in one way within AUDIT_WINDOW_MS: it
 * has one entry, however many pages it reads.
 */
export class Exports {
  readonly #parts: ExportsParts;
  /** The oldest first. */
  readonly #runs = new Map<string, Run>();

  constructor(parts: ExportsParts) {
    this.#parts = parts;
  }

  /** Resolves when the run is on record: nothing is sent before. @throws Unavailable when it cannot be written */
  async asked(caller: Caller, taken: Taken): Promise<void> {
    if (taken.what === 'events') this.#parts.onEventsAsked();
    const key = JSON.stringify([caller.viewer.credential, caller.ip, taken]);
    const nowMs = this.#parts.clock();
    const open = this.#runs.get(key);
    if (open !== undefined && nowMs - open.beganMs < AUDIT_WINDOW_MS) return open.done;
    this.#forget(nowMs);
    const done = this.#parts.audit.tell(actorOf(caller), 'sessions.exported', null, taken);
    const run = { beganMs: nowMs, done };
    this.#runs.delete(key);
    this.#runs.set(key, run);
    try {
      await done;
    } catch (error) {
      if (this.#runs.get(key) === run) this.#runs.delete(key);
      throw error;
    }
  }

  #forget(nowMs: number): void {
    for (const [key, { beganMs }] of this.#runs) {
      if (nowMs - beganMs < AUDIT_WINDOW_MS && this.#runs.size < RUNS_MAX) return;
      this.#runs.delete(key);
    }
  }
}
