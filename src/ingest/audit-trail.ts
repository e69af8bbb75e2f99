import { type Action, may, mustBeAllowed } from '../model/access.ts';
import { type AuditAction, type AuditActor, actorOf, type NewAuditEntry } from '../model/audit.ts';
import { addressGroup } from '../model/ip-address.ts';
import { AUDIT_WINDOW_MS } from '../model/limits.ts';
import type { Caller } from '../model/viewer.ts';
import type { CatalogWriter } from '../store/catalog/catalog.ts';

export type AuditTrailParts = {
  readonly writer: Pick<CatalogWriter, 'addAuditEntry' | 'forgetPerson'>;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Told when a refusal could not be written down. */
  readonly onFailure: (error: unknown) => void;
};

/** A refusal that was told, for AUDIT_WINDOW_MS from then. */
type Told = { readonly atMs: number; passedOver: number };

/** Kinds of refusals that are told apart at once, of known callers and of strangers: what bounds memory. */
export const REFUSALS_MAX = 1_000;
/** What further kinds of strangers are counted under: they can be as many as they like. */
const OTHERS = 'others';

/** Writes down who did what. Where an act changes the catalog, its entry goes into that write: see `entry`. */
export class AuditTrail {
  readonly #parts: AuditTrailParts;
  /** The oldest first. */
  readonly #ofKnown = new Map<string, Told>();
  readonly #ofStrangers = new Map<string, Told>();

  constructor(parts: AuditTrailParts) {
    this.#parts = parts;
  }

  /** An entry of this moment, for a write that keeps it in its own commit. Details are never a secret. */
  entry(
    actor: AuditActor,
    action: AuditAction,
    target: string | null,
    details: NewAuditEntry['details'] = null,
  ): NewAuditEntry {
    return { atMs: this.#parts.clock(), actor, action, target, details };
  }

  /** Resolves when the entry is on disk: what must not happen untold waits for it. @throws Unavailable */
  async tell(
    actor: AuditActor,
    action: AuditAction,
    target: string | null,
    details: NewAuditEntry['details'] = null,
  ): Promise<void> {
    await this.#parts.writer.addAuditEntry(this.entry(actor, action, target, details));
  }

  /**
   * Cuts a name loose from the log: entries keep a pseudonym that stands for nobody any more, and the chain holds.
   * @throws NotFound when the log knows nobody of this name
   */
  async forget(actor: AuditActor, name: string): Promise<void> {
    await this.#parts.writer.forgetPerson({ name, audit: this.entry(actor, 'person.forgotten', null) });
  }

  /**
   * Somebody was turned away. Told once in AUDIT_WINDOW_MS for each caller (by credential; by address for who has none) and
   * `what`, in the background: the next one says how many were passed over. Never throws.
   * @param what a word or two of the program's own, such as `token` or `GET /metrics`: not what was sent
   */
  tellRefusal(actor: AuditActor, action: 'access.refused' | 'sign-in.refused', what: string): void {
    const nowMs = this.#parts.clock();
    const windowBeginMs = nowMs - AUDIT_WINDOW_MS;
    this.#makeRoom(windowBeginMs);
    const { told, key } = this.#keyOf(actor, action, what);
    const before = told.get(key);
    if (before !== undefined && before.atMs > windowBeginMs) {
      before.passedOver += 1;
      return;
    }
    told.delete(key);
    told.set(key, { atMs: nowMs, passedOver: 0 });
    const details = { what, ...(before === undefined ? {} : { passedOver: before.passedOver }) };
    this.tell(actor, action, null, details).catch(this.#parts.onFailure);
  }

  /** Lets a caller act, or says in the log that they were refused. @throws Forbidden */
  checkAllowed(caller: Caller, action: Action): void {
    if (!may(caller.viewer, action)) this.tellRefusal(actorOf(caller), 'access.refused', action);
    mustBeAllowed(caller.viewer, action);
  }

  /**
   * A caller who is known is never folded with others: the kind that is oldest makes room. Of strangers, who choose where they come
   * from, all beyond the bound are one kind, so that they cannot fill the log.
   */
  #keyOf(
    { credential, ip }: AuditActor,
    action: string,
    what: string,
  ): { readonly told: Map<string, Told>; readonly key: string } {
    if (action === 'access.refused' && isKnown(credential)) {
      const [oldest] = this.#ofKnown.keys();
      if (this.#ofKnown.size >= REFUSALS_MAX && oldest !== undefined) this.#ofKnown.delete(oldest);
      return { told: this.#ofKnown, key: JSON.stringify([credential, what]) };
    }
    const key = JSON.stringify([action, addressGroup(ip ?? ''), what]);
    const hasRoom = this.#ofStrangers.has(key) || this.#ofStrangers.size < REFUSALS_MAX;
    return { told: this.#ofStrangers, key: hasRoom ? key : OTHERS };
  }

  /** Kinds whose time is over go when there is no room for others. */
  #makeRoom(beforeMs: number): void {
    if (this.#ofStrangers.size < REFUSALS_MAX) return;
    for (const [key, { atMs }] of this.#ofStrangers) {
      if (atMs > beforeMs) return;
      this.#ofStrangers.delete(key);
    }
  }
}

const isKnown = (credential: string): boolean => /^(?:process$|(?:token|sign-in|jwt|proxy) )/.test(credential);
