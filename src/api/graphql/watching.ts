import type { Left } from '../../live/relay.ts';
import { waitsAtRest } from '../../live/tail.ts';
import type { Context } from './context.ts';
import type { Delivery, Told } from './delivery.ts';
import { following } from './following.ts';
import type { NoteSeen, SharedSource } from './shared-source.ts';

/** What one watcher follows. */
type Watched<Item> = { readonly source: SharedSource<Item>; readonly note: NoteSeen<Item> | null };

/** The items from a place on, each when it was noted. */
async function* alone<Item>(
  { source, note }: Watched<Item>,
  place: number | null,
  stopped: AbortSignal,
  atRest: (place: number) => boolean = waitsAtRest,
): AsyncGenerator<Item, void, void> {
  for await (const item of source.read(place, stopped, atRest)) {
    await note?.(item);
    yield item;
  }
}

/**
 * The items that this watcher must read by itself: those stored before it came to others, and those that it was too slow for.
 * All others are handed on meanwhile. Ends when nothing comes any more.
 */
async function* shared<Item>(
  watched: Watched<Item>,
  delivery: Delivery,
  stopped: AbortSignal,
): AsyncGenerator<Item, void, void> {
  const { source, note } = watched;
  let place: number | null = null;
  while (!stopped.aborted) {
    let joined: Promise<Left<Told>> | null = null;
    if (place !== null) joined = delivery.join(source, note, place, false, stopped);
    if (joined === null) {
      const join = (at: number): boolean => {
        joined = delivery.join(source, note, at, true, stopped);
        return joined !== null;
      };
      yield* alone(watched, place, stopped, join);
    }
    // NOTE what is read alone ends without having joined when there is nothing more to come.
    const left: Left<Told> = await (joined ?? over);
    if (left.why === 'over' || left.why === 'gone') return;
    ({ place } = left);
    if (left.why === 'alone') return yield* alone(watched, place, stopped);
    if (left.why === 'within' && source.cut !== null) {
      // The item is of a source of this name.
      const part = source.cut(left.told.item as Item, place);
      await note?.(part);
      yield part;
      place = source.placeAfter(part);
    }
  }
}

const over: Promise<Left<Told>> = Promise.resolve({ why: 'over' });

/**
 * A subscription's source that is read and executed once for all who follow the same and may see the same, where the transport
 * allows. Items come in the order of their places, none twice and none left out, to each of them.
 */
export const watching = <Item>(
  context: Context,
  source: SharedSource<Item>,
  note: NoteSeen<Item> | null,
): AsyncGenerator<Item, void, void> => {
  const { delivery } = context;
  const watched = { source, note };
  return following(context, (stopped) =>
    delivery === undefined ? alone(watched, null, stopped) : shared(watched, delivery, stopped),
  );
};
