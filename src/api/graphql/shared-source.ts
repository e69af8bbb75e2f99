import type { AtRest } from '../../live/tail.ts';

/**
 * What a subscription follows, told so that those who follow the same may share the reading of it. Places are ordinals, or
 * positions of revisions: they never go back.
 */
export type SharedSource<Item> = {
  /** What is followed: sources of one name, made for viewers who may see the same, tell the same. */
  readonly name: string;
  /** Reads from a place on; from where the subscription asked to begin when that is null. */
  readonly read: (
    place: number | null,
    stopped: AbortSignal,
    atRest: AtRest<number>,
  ) => AsyncGenerator<Item, void, void>;
  /** Where an item leads to. */
  readonly placeAfter: (item: Item) => number;
  /** What of an item comes at or after a place within it; null when whoever is within it takes the whole. */
  readonly cut: ((item: Item, place: number) => Item) | null;
};

/** Resolves when it is on record that the viewer sees the item, which must be before they do. */
export type NoteSeen<Item> = (item: Item) => Promise<void>;
