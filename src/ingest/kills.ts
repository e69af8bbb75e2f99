import type { SessionId } from '../model/ids.ts';
import type { Session } from '../model/session.ts';
import type { Viewer } from '../model/viewer.ts';

/** Asks for cuts. */
export class Kills {
  /** The session as it is then: KILLING, or KILLED. The first kill stands. @throws InvalidInput, Forbidden, NotFound, Conflict, SessionEnded */
  async request(_viewer: Viewer, _sessionId: SessionId, _reason: string | null): Promise<Session> {
    throw new Error('in work');
  }
}
