import type { Left } from '../../live/relay.ts';
import type { NoteSeen, SharedSource } from './shared-source.ts';

/** An item that was told to many, as one who needs a part of it has it. */
export type Told = { readonly item: unknown };

/** How a subscription shares with others, over a transport that lets it. */
export type Delivery = {
  /**
   * Hands on what others are told too, from a place on, until it ends as it says; null when nobody is there to share with.
   * @param mayFound whether others may come to this one: all there is was told @throws what noting failed with
   */
  readonly join: <Item>(
    source: SharedSource<Item>,
    note: NoteSeen<Item> | null,
    place: number,
    mayFound: boolean,
    stopped: AbortSignal,
  ) => Promise<Left<Told>> | null;
};
