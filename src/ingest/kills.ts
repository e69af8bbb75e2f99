import { visibilityOf } from '../model/access.ts';
import { actorOf } from '../model/audit.ts';
import { InvalidInput } from '../model/errors.ts';
import type { SessionId } from '../model/ids.ts';
import type { SessionFilter } from '../model/session-filter.ts';
import type { Session } from '../model/session.ts';
import type { Caller } from '../model/viewer.ts';
import type { CatalogReader, CatalogWriter } from '../store/catalog/catalog.ts';
import type { AuditTrail } from './audit-trail.ts';
import { checkText } from './check-session.ts';

export type KillsParts = {
  readonly catalog: Pick<CatalogReader, 'countSessions'>;
  readonly writer: Pick<CatalogWriter, 'requestKill' | 'requestKills'>;
  readonly audit: Pick<AuditTrail, 'entry' | 'checkAllowed'>;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
};

/** Which sessions to cut, and how. */
export type KillWish = {
  readonly filter: SessionFilter;
  readonly reason: string | null;
  /** Whoever means every session says so: a filter that asks for nothing is refused without it. */
  readonly all: boolean;
  /** Only count. */
  readonly isDryRun: boolean;
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
    checkText(reason, 'reason');
    return writer.requestKill({
      visibility: visibilityOf(viewer),
      sessionId,
      requestedBy: viewer.name,
      reason,
      atMs: clock(),
      audit: audit.entry(actorOf(caller), 'session.killed', `session ${sessionId}`, { reason }),
    });
  }

  /**
   * Every running session that matches, in one transaction and with one audit entry. A cut that was asked for before is
   * not counted.
   * @returns how many, or in a dry run how many it would be
   * @throws InvalidInput, also for an empty filter without `all`, and beyond KILLED_AT_ONCE_MAX; Forbidden
   */
  async requestAll(caller: Caller, { filter, reason, all, isDryRun }: KillWish): Promise<number> {
    const { writer, audit, clock } = this.#parts;
    audit.checkAllowed(caller, 'kill');
    checkText(reason, 'reason');
    if (filter.text !== null) {
      throw new InvalidInput(
        'filter.text',
        'filter.text may list sessions, and not cut them: name whom or what to cut',
      );
    }
    if (!all && Object.values(filter).every((asked) => asked === null)) {
      throw new InvalidInput('all', 'all must be true when the filter asks for nothing: every running session is cut');
    }
    return writer.requestKills({
      isDryRun,
      visibility: visibilityOf(caller.viewer),
      filter,
      requestedBy: caller.viewer.name,
      reason,
      atMs: clock(),
      audit: audit.entry(actorOf(caller), 'session.killed', null, { reason, filter: impersonal(filter) }),
    });
  }
}

const personal: ReadonlySet<string> = new Set<keyof SessionFilter>(['userIdentities', 'userEmails', 'clientIps']);

/** As the audit log keeps it, where a person must be forgotten by cutting their name loose: of people only how many. */
const impersonal = (filter: SessionFilter): Readonly<Record<string, unknown>> => {
  const asked = Object.entries(filter).filter(([, value]) => value !== null);
  return Object.fromEntries(
    asked.map(([name, value]) => [name, Array.isArray(value) && personal.has(name) ? value.length : value]),
  );
};
