import type { SessionId } from '../model/ids.ts';
import type { KillRequest } from '../model/intake.ts';
import type { CatalogReader } from '../store/catalog/catalog.ts';
import { type Bus, killsTopic } from './bus.ts';

/** A hint may be lost: whoever waits looks again after this time without one. */
const LOOK_AGAIN_MS = 5000;

/**
 * The sessions of a producer that must be cut: those that wait now, oldest request first, then each as it is asked for, once.
 * Ends when the signal aborts.
 */
export async function* tailKillRequests(
  { catalog, bus }: { readonly catalog: Pick<CatalogReader, 'killRequests'>; readonly bus: Bus },
  producer: string,
  signal: AbortSignal,
): AsyncGenerator<KillRequest, void, void> {
  using listener = bus.listen(killsTopic(producer));
  let told: ReadonlySet<SessionId> = new Set();
  while (!signal.aborted) {
    const waiting = await catalog.killRequests(producer);
    const before = told;
    // What waits no longer cannot come again, and is forgotten.
    told = new Set(waiting.map(({ sessionId }) => sessionId));
    for (const request of waiting) {
      if (signal.aborted) return;
      if (!before.has(request.sessionId)) yield request;
    }
    await listener.next(signal, LOOK_AGAIN_MS);
  }
}
