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

/** What is open with one credential, and how each of it ends. */
type Opened = { readonly viewer: Viewer; readonly ends: Set<() => void> };

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
  readonly #opened = new Map<string, Opened>();
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
    const opened = this.#opened.get(credential) ?? { viewer, ends: new Set() };
    // A function of its own: the same one may be opened twice.
    const endOnce = (): void => end();
    opened.ends.add(endOnce);
    this.#opened.set(credential, opened);
    return {
      [Symbol.dispose]: () => {
        opened.ends.delete(endOnce);
        if (opened.ends.size === 0 && this.#opened.get(credential) === opened) this.#opened.delete(credential);
      },
    };
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
    for (const [credential, { viewer }] of this.#opened) if (isOver(viewer, nowMs)) this.#end(credential);
    const asked = [...this.#opened.keys()];
    for (let at = 0; at < asked.length; at += ASKED_AT_ONCE_MAX) {
      const some = asked.slice(at, at + ASKED_AT_ONCE_MAX);
      const standing = await this.#parts.catalog.standing(some, nowMs);
      for (const credential of some) if (!standing.has(credential)) this.#end(credential);
    }
  }

  #end(credential: string): void {
    const opened = this.#opened.get(credential);
    this.#opened.delete(credential);
    for (const end of opened?.ends ?? []) end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }
}
