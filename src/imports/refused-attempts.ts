import type { SessionId } from '../model/ids.ts';
import { Conflict, NotFound } from '../model/errors.ts';
import { ALIKE_ATTEMPTS_MS } from '../model/limits.ts';
import type { ImportParts } from './import-parts.ts';
import type { ImportedSession } from './import-step.ts';

/** Alike attempts, by the Intake's rule: the first of them is the session in which the others are counted. */
type Alike = { readonly startedAtMs: number; readonly isKnown: Promise<boolean> };

/** Kinds of attempts that are remembered; the oldest is forgotten first. */
const ALIKE_MAX = 10_000;

/**
 * Tells refused attempts to an Intake. An Intake counts alike ones in one session, and remembers for a short time only which
 * ones it counted: so those are left alone whose first one was there before this file was read.
 */
export class RefusedAttempts {
  readonly #parts: ImportParts;
  readonly #alike = new Map<string, Alike>();

  constructor(parts: ImportParts) {
    this.#parts = parts;
  }

  /** @returns whether it was there before. @throws Refusal */
  async tell(sessionId: SessionId, session: ImportedSession): Promise<boolean> {
    const kind = JSON.stringify([session.client.ip, session.user.identity, session.socket.name, session.denyReason]);
    const first = this.#alike.get(kind);
    if (first !== undefined && Math.abs(session.startedAtMs - first.startedAtMs) <= ALIKE_ATTEMPTS_MS) {
      if (await first.isKnown) return true;
      await this.#open(sessionId, session);
      return false;
    }
    const isKnown = this.#openUnlessKnown(sessionId, session);
    // Whoever waits for it is told as well.
    isKnown.catch(() => {});
    this.#remember(kind, { startedAtMs: session.startedAtMs, isKnown });
    return isKnown;
  }

  #remember(kind: string, alike: Alike): void {
    this.#alike.delete(kind);
    this.#alike.set(kind, alike);
    if (this.#alike.size <= ALIKE_MAX) return;
    for (const oldest of this.#alike.keys()) {
      this.#alike.delete(oldest);
      break;
    }
  }

  async #openUnlessKnown(sessionId: SessionId, session: ImportedSession): Promise<boolean> {
    const isKnown = await this.#isKnown(sessionId);
    if (!isKnown) await this.#open(sessionId, session);
    return isKnown;
  }

  async #open(sessionId: SessionId, session: ImportedSession): Promise<void> {
    await this.#parts.intake.openSession(this.#parts.producer, { ...session, sessionId, recording: null });
  }

  /** NOTE a refused attempt cannot be closed, and saying so is how an Intake tells that it has one. */
  async #isKnown(sessionId: SessionId): Promise<boolean> {
    const { intake, producer } = this.#parts;
    try {
      await intake.closeSession(producer, { sessionId, epoch: null, endedAtMs: null, reason: null });
      return true;
    } catch (error) {
      if (error instanceof Conflict) return true;
      if (error instanceof NotFound) return false;
      throw error;
    }
  }
}
