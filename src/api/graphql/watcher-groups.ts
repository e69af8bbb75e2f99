import type { Left, Take } from '../../live/relay.ts';
import type { ApiParts } from '../parts.ts';
import type { Sight } from './audience-context.ts';
import type { SharedSource } from './shared-source.ts';
import type { ToldItem } from './told-item.ts';
import { type SharedOperation, WatcherGroup } from './watcher-group.ts';

/** What a subscription asks, by which it shares: equal to the letter, but for the order of what has none. */
export type Asked = {
  readonly text: string;
  readonly operationName: string | null;
  readonly variables: unknown;
  readonly sight: Sight;
};

/** JSON whose objects have their keys in one order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** All who must be equal to share: no two that differ in any of it have one key. */
const keyOf = ({ text, operationName, variables, sight }: Asked, { name }: { readonly name: string }): string =>
  canonical([text, operationName, variables ?? null, sight.role, sight.producer, name]);

/** The groups of a server. One without watchers takes no memory. */
export class WatcherGroups {
  readonly #parts: ApiParts;
  readonly #groups = new Map<string, WatcherGroup>();

  constructor(parts: ApiParts) {
    this.#parts = parts;
  }

  /** How many there are. */
  get size(): number {
    return this.#groups.size;
  }

  /**
   * Joins the group of those who ask the same. @param mayFound whether one may begin at this place when there is none: that is
   * where all there is was told @returns how it ends, or null when there is no group for somebody at this place
   */
  join(
    asked: Asked,
    operation: SharedOperation,
    source: SharedSource<unknown>,
    place: number,
    mayFound: boolean,
    take: Take<ToldItem>,
    stopped: AbortSignal,
  ): Promise<Left<ToldItem>> | null {
    const key = keyOf(asked, source);
    // Those who hold it up read alone from now on: whoever comes does not wait until it has read what they did not take.
    const before = this.#groups.get(key);
    if (before?.isStalledBefore(place) === true) this.#end(key, before);
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (!mayFound) return null;
      group = this.#found(key, asked.sight, operation, source, place);
    }
    return group.join(place, take, stopped);
  }

  #found(
    key: string,
    sight: Sight,
    operation: SharedOperation,
    source: SharedSource<unknown>,
    place: number,
  ): WatcherGroup {
    const group: WatcherGroup = new WatcherGroup(this.#parts, sight, operation, source, place, () => {
      if (this.#groups.get(key) === group) this.#groups.delete(key);
    });
    this.#groups.set(key, group);
    return group;
  }

  #end(key: string, group: WatcherGroup): void {
    this.#groups.delete(key);
    group.end();
  }
}
