import { visibilityOf } from '../model/access.ts';
import { actorOf } from '../model/audit.ts';
import { InvalidInput } from '../model/errors.ts';
import type { SessionId } from '../model/ids.ts';
import { TEXT_LENGTH_MAX } from '../model/limits.ts';
import type { Session } from '../model/session.ts';
import type { Caller } from '../model/viewer.ts';
import type { CatalogWriter } from '../store/catalog/catalog.ts';
import type { AuditTrail } from './audit-trail.ts';

export type KillsParts = {
  readonly writer: Pick<CatalogWriter, 'requestKill'>;
  readonly audit: Pick<AuditTrail, 'entry' | 'checkAllowed'>;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
};

/** Asks for cuts. The producer hears of it by the commit's announcement, or with its next append. */
export class Kills {
  readonly #parts: KillsParts;

  constructor(parts: KillsParts) {
    this.#parts = parts;
  }

  /**
   * The session as it is then: KILLING, or KILLED. The first kill stands, and is the one in the audit log.
   * @throws InvalidInput, Forbidden, NotFound, Conflict, SessionEnded
   */
  async request(caller: Caller, sessionId: SessionId, reason: string | null): Promise<Session> {
    const { viewer } = caller;
    const { writer, audit, clock } = this.#parts;
    audit.checkAllowed(caller, 'kill');
    if (reason !== null && reason.length > TEXT_LENGTH_MAX) {
      throw new InvalidInput('reason', `reason must have at most ${TEXT_LENGTH_MAX} characters, got ${reason.length}`);
    }
    return writer.requestKill({
      visibility: visibilityOf(viewer),
      sessionId,
      requestedBy: viewer.name,
      reason,
      atMs: clock(),
      audit: audit.entry(actorOf(caller), 'session.killed', `session ${sessionId}`, { reason }),
    });
  }
}
