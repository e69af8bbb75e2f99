import type { Viewer } from '../model/viewer.ts';
import { type Bus, credentialsTopic } from '../live/bus.ts';
import type { CatalogReader } from '../store/catalog/catalog.ts';
import { isOver } from './authenticate.ts';
import type { Log } from './parts.ts';

export type OpenCredentialsParts = {
  readonly catalog: Pick<CatalogReader, 'standing'>;
  readonly bus: Bus;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly log: Log;
};

/**
 * One thing that is open, and how it ends. Two with one credential may be over at different times: JWTs of one subject. What
 * is closed lets go of its end: see Stopping for why.
 */
type Opened = { readonly expiresAtMs: number | null; end: (() => void) | null };

/** A revocation is looked for this often when no hint of it came: what stands on it ends within a second. */
const LOOK_AGAIN_MS = 500;
/** Credentials of one question to the catalog. */
const ASKED_AT_ONCE_MAX = 500;

/**
 * Ends what is open with a credential when that is revoked or over: WebSockets, streams, downloads. A hint of the bus makes
 * it look at once; without one it looks twice a second, as long as something is open.
 */
export class OpenCredentials implements AsyncDisposable {
  readonly #parts: OpenCredentialsParts;
  readonly #opened = new Map<string, Set<Opened>>();
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;

  constructor(parts: OpenCredentialsParts) {
    this.#parts = parts;
    this.#watching = this.#watch();
  }

  /**
   * Calls `end` at most once, when what the viewer stands on ends. Disposing takes it back. The token of this process lasts
   * as long as the server does.
   */
  open(viewer: Viewer, end: () => void): Disposable {
    const { credential } = viewer;
    if (credential === 'process') return { [Symbol.dispose]: () => {} };
    const opened: Opened = { expiresAtMs: viewer.expiresAtMs, end };
    const all = this.#opened.get(credential) ?? new Set();
    all.add(opened);
    this.#opened.set(credential, all);
    return { [Symbol.dispose]: () => this.#forget(credential, opened) };
  }

  #forget(credential: string, opened: Opened): void {
    opened.end = null;
    const all = this.#opened.get(credential);
    all?.delete(opened);
    if (all?.size === 0) this.#opened.delete(credential);
  }

  async #watch(): Promise<void> {
    using listener = this.#parts.bus.listen(credentialsTopic);
    while (!this.#stop.signal.aborted) {
      await listener.next(this.#stop.signal, LOOK_AGAIN_MS);
      try {
        await this.#look();
      } catch (error) {
        this.#parts.log('error', 'revoked credentials could not be looked for; it is tried again', { error });
      }
    }
  }

  async #look(): Promise<void> {
    const nowMs = this.#parts.clock();
    for (const [credential, all] of this.#opened) {
      for (const opened of all) if (isOver(opened, nowMs)) this.#end(credential, opened);
    }
    const asked = [...this.#opened.keys()];
    for (let at = 0; at < asked.length; at += ASKED_AT_ONCE_MAX) {
      const some = asked.slice(at, at + ASKED_AT_ONCE_MAX);
      const standing = await this.#parts.catalog.standing(some, nowMs);
      for (const credential of some) if (!standing.has(credential)) this.#endAll(credential);
    }
  }

  #endAll(credential: string): void {
    for (const opened of this.#opened.get(credential) ?? []) this.#end(credential, opened);
  }

  #end(credential: string, opened: Opened): void {
    const { end } = opened;
    this.#forget(credential, opened);
    end?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }
}
