import { mustBeAllowed, visibilityOf } from '../model/access.ts';
import { InvalidInput } from '../model/errors.ts';
import type { SessionId } from '../model/ids.ts';
import { TEXT_LENGTH_MAX } from '../model/limits.ts';
import type { Session } from '../model/session.ts';
import type { Viewer } from '../model/viewer.ts';
import type { CatalogWriter } from '../store/catalog/catalog.ts';

/** Asks for cuts. The producer hears of it by the commit's announcement, or with its next append. */
export class Kills {
  readonly #writer: CatalogWriter;
  readonly #clock: () => number;

  constructor(writer: CatalogWriter, clock: () => number) {
    this.#writer = writer;
    this.#clock = clock;
  }

  /**
   * The session as it is then: KILLING, or KILLED. The first kill stands.
   * @throws InvalidInput, Forbidden, NotFound, Conflict, SessionEnded
   */
  async request(viewer: Viewer, sessionId: SessionId, reason: string | null): Promise<Session> {
    mustBeAllowed(viewer, 'kill');
    if (reason !== null && reason.length > TEXT_LENGTH_MAX) {
      throw new InvalidInput('reason', `reason must have at most ${TEXT_LENGTH_MAX} characters, got ${reason.length}`);
    }
    return this.#writer.requestKill({
      visibility: visibilityOf(viewer),
      sessionId,
      requestedBy: viewer.name,
      reason,
      atMs: this.#clock(),
    });
  }
}
