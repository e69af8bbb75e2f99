import { seesAll } from '../model/access.ts';
import type { SessionId } from '../model/ids.ts';
import { firstPage, type Page, type PageRequest } from '../model/page.ts';
import { everySession, newestFirst } from '../model/session-filter.ts';
import { sessionKey, sessionOrderName } from '../model/session-order.ts';
import type { Session } from '../model/session.ts';
import type { CatalogReader, CatalogWriter, CommitAnnouncement } from '../store/catalog/catalog.ts';

export type LeasesParts = {
  readonly reader: Pick<CatalogReader, 'sessions'>;
  readonly writer: Pick<CatalogWriter, 'loseSession' | 'heartbeat'>;
  /** Milliseconds that never go back, from any beginning. */
  readonly monotonic: () => number;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** How long a producer may be silent about a session. */
  readonly leaseMs: number;
  /** Told what could not be looked up or written; a session is tried again after another lease. Must not throw. */
  readonly onFailure: (sessionId: SessionId | null, error: unknown) => void;
};

/** How often it is looked whose lease ran out: a tenth of the lease, within these. */
const LOOK_EVERY_MS = { least: 10, most: 1000 };
/** Sessions that are written as lost together. */
const LOST_AT_ONCE = 500;
const PAGE_SESSIONS = 500;

/**
 * Finds sessions whose producers went silent. A lease begins with each contact, and for sessions that are found at the start
 * with the start. A call that came in and waits for the disk is no silence: whatever is due then waits for its end.
 */
export class Leases implements AsyncDisposable {
  readonly #parts: LeasesParts;
  /** When each session was last heard of. Every contact goes to the end, so that the first is the one to run out next. */
  readonly #contacts = new Map<SessionId, number>();
  readonly #calls = new Set<Call>();
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();

  constructor(parts: LeasesParts) {
    this.#parts = parts;
  }

  /** Begins the leases of all sessions that run now, and to look for those that run out. */
  async start(): Promise<void> {
    await this.adopt();
    const { least, most } = LOOK_EVERY_MS;
    const everyMs = Math.min(most, Math.max(least, this.#parts.leaseMs / 10));
    this.#timer = setInterval(() => void this.look(), everyMs);
    this.#timer.unref();
  }

  /** Begins the leases of all sessions that run now. */
  async adopt(): Promise<void> {
    let page: PageRequest | null = firstPage(PAGE_SESSIONS);
    while (page !== null) {
      const running: Page<Session> = await this.#parts.reader.sessions(seesAll, runningSessions, newestFirst, page);
      for (const { sessionId } of running.items) this.#hear(sessionId);
      page = pageAfter(running, page);
    }
  }

  /** A producer's call came in: see the intake's Contacts. */
  begin(): Call {
    const call = new Call(
      (sessionId) => this.#hear(sessionId),
      (sessionId) => this.#contacts.delete(sessionId),
      () => this.#calls.delete(call),
    );
    this.#calls.add(call);
    return call;
  }

  #hear(sessionId: SessionId): void {
    this.#contacts.delete(sessionId);
    this.#contacts.set(sessionId, this.#parts.monotonic());
  }

  /** Called with each commit's announcements: what is to be cut has a lease, also when it was lost before. */
  notice(announcements: readonly CommitAnnouncement[]): void {
    for (const announcement of announcements) {
      if (announcement.kind !== 'kill') continue;
      for (const sessionId of announcement.sessionIds) if (!this.#contacts.has(sessionId)) this.#hear(sessionId);
    }
  }

  /** Writes down whose lease ran out. One look at a time. Never rejects. */
  look(): Promise<void> {
    this.#looking = this.#looking
      .then(() => this.#loseDue())
      .catch((error: unknown) => this.#parts.onFailure(null, error));
    return this.#looking;
  }

  async #loseDue(): Promise<void> {
    for (let due = this.#due(); due.length > 0; due = this.#due()) {
      await Promise.all(Array.from(this.#calls, (call) => call.ended));
      await Promise.all(due.filter((sessionId) => this.#isDue(sessionId)).map((sessionId) => this.#lose(sessionId)));
    }
  }

  #due(): readonly SessionId[] {
    const due: SessionId[] = [];
    for (const sessionId of this.#contacts.keys()) {
      if (due.length === LOST_AT_ONCE || !this.#isDue(sessionId)) break;
      due.push(sessionId);
    }
    return due;
  }

  #isDue(sessionId: SessionId): boolean {
    const heardMs = this.#contacts.get(sessionId);
    return heardMs !== undefined && this.#parts.monotonic() - heardMs >= this.#parts.leaseMs;
  }

  async #lose(sessionId: SessionId): Promise<void> {
    const { writer, clock } = this.#parts;
    this.#contacts.delete(sessionId);
    try {
      const { producer } = await writer.loseSession({ sessionId, atMs: clock() });
      // A call that came in meanwhile may have been written before it: it was no silence.
      if (!this.#contacts.has(sessionId)) return;
      await writer.heartbeat({ producer, actor: producer, sessionIds: [sessionId], atMs: clock() });
    } catch (error) {
      this.#hear(sessionId);
      this.#parts.onFailure(sessionId, error);
    }
  }

  /** What was begun is written first. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#looking;
  }
}

const runningSessions = { ...everySession, statuses: ['ACTIVE', 'KILLING'] as const };

const pageAfter = ({ items, hasNextPage }: Page<Session>, page: PageRequest): PageRequest | null => {
  const last = items.at(-1);
  if (last === undefined || !hasNextPage) return null;
  return { ...page, after: { order: sessionOrderName(newestFirst), key: sessionKey(last, newestFirst) } };
};

/** A call of a producer that is being worked on. */
class Call implements Disposable {
  readonly #hear: (sessionId: SessionId) => void;
  readonly #forget: (sessionId: SessionId) => void;
  readonly #onEnd: () => void;
  #ended: PromiseWithResolvers<void> | null = null;

  constructor(hear: (sessionId: SessionId) => void, forget: (sessionId: SessionId) => void, onEnd: () => void) {
    this.#hear = hear;
    this.#forget = forget;
    this.#onEnd = onEnd;
  }

  /** It was about this session, and was taken. */
  with(sessionId: SessionId): void {
    this.#hear(sessionId);
  }

  /** With it the session ended. */
  over(sessionId: SessionId): void {
    this.#forget(sessionId);
  }

  /** Resolves at its end, which must not have been. */
  get ended(): Promise<void> {
    this.#ended ??= Promise.withResolvers();
    return this.#ended.promise;
  }

  [Symbol.dispose](): void {
    this.#onEnd();
    this.#ended?.resolve();
  }
}
