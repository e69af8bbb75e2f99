import type { ExecutionArgs } from 'graphql';
import { type Left, Relay, type Take } from '../../live/relay.ts';
import { waitsAtRest } from '../../live/tail.ts';
import type { ApiParts } from '../parts.ts';
import { audienceContext, type AudienceContext, type Sight } from './audience-context.ts';
import type { SharedSource } from './shared-source.ts';
import { Subscription } from './subscription.ts';
import { ToldItem } from './told-item.ts';

/** What all of a group have asked, which was checked for each. */
export type SharedOperation = Pick<ExecutionArgs, 'schema' | 'document' | 'operationName' | 'variableValues'>;

/** Watchers who asked the same of the same, and may see the same: one reads, and one execution is told to all. */
export class WatcherGroup {
  readonly #source: SharedSource<unknown>;
  readonly #stop = new AbortController();
  readonly #audience: AudienceContext;
  readonly #relay: Relay<ToldItem>;
  readonly #subscription: ReturnType<typeof Subscription.of>;

  /** @param onEnd called, perhaps more than once, when nobody is to join any more */
  constructor(
    parts: ApiParts,
    sight: Sight,
    operation: SharedOperation,
    source: SharedSource<unknown>,
    place: number,
    onEnd: () => void,
  ) {
    this.#source = source;
    this.#audience = audienceContext(parts, sight, this.#stop.signal);
    this.#subscription = Subscription.of({ ...operation, contextValue: this.#audience.context });
    this.#relay = new Relay(place, source.cut !== null, () => {
      this.#stop.abort();
      onEnd();
    });
    void this.#run(place).finally(onEnd);
  }

  /** Null when somebody at this place cannot join. */
  join(place: number, take: Take<ToldItem>, stopped: AbortSignal): Promise<Left<ToldItem>> | null {
    return this.#relay.holds(place) ? this.#relay.follow(place, take, stopped) : null;
  }

  isStalledBefore(place: number): boolean {
    return this.#relay.isStalledBefore(place);
  }

  /** Whoever is in it reads alone until they come to others again. */
  end(): void {
    this.#relay.end('behind');
    this.#stop.abort();
  }

  async #run(place: number): Promise<void> {
    try {
      for await (const item of this.#source.read(place, this.#stop.signal, waitsAtRest)) {
        const payload = await this.#payloadOf(item);
        if (payload === null) return this.#relay.end('alone');
        const after = this.#source.placeAfter(item);
        const told = new ToldItem(item, payload);
        this.#relay.tell({ before: this.#relay.place, after, told, bytes: told.bytes });
        await this.#relay.awaited();
      }
      this.#relay.end('over');
    } catch {
      // Each of them finds the same alone, and tells its own client.
      this.#relay.end('alone');
    }
  }

  /** Null when the answer depends on who watches. */
  async #payloadOf(item: unknown): Promise<string | null> {
    if (!(this.#subscription instanceof Subscription)) return null;
    const result = await this.#subscription.resultOf(item);
    return this.#audience.hasAsked() ? null : JSON.stringify(result);
  }
}
