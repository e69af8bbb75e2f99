import type { WebSocket } from 'ws';
import type { Left, Take } from '../../live/relay.ts';
import type { Caller } from '../../model/viewer.ts';
import type { Delivery } from './delivery.ts';
import type { NoteSeen, SharedSource } from './shared-source.ts';
import { sendPrepared } from './socket-send.ts';
import type { ToldItem } from './told-item.ts';
import type { SharedOperation } from './watcher-group.ts';
import type { Asked, WatcherGroups } from './watcher-groups.ts';

/** What of a subscription a socket shares with others: it hands on by itself what was executed for all of them. */
export class SharedDelivery implements Delivery {
  readonly #groups: WatcherGroups;
  readonly #socket: WebSocket;
  /** The client's, of the operation. */
  readonly #id: string;
  readonly #caller: Caller;
  readonly #asked: Asked;
  readonly #operation: SharedOperation;

  constructor(
    groups: WatcherGroups,
    { socket, id, caller }: { readonly socket: WebSocket; readonly id: string; readonly caller: Caller },
    asked: Asked,
    operation: SharedOperation,
  ) {
    this.#groups = groups;
    this.#socket = socket;
    this.#id = id;
    this.#caller = caller;
    this.#asked = asked;
    this.#operation = operation;
  }

  join<Item>(
    source: SharedSource<Item>,
    note: NoteSeen<Item> | null,
    place: number,
    mayFound: boolean,
    stopped: AbortSignal,
  ): Promise<Left<ToldItem>> | null {
    // NOTE a group's items are of its source, and so of every source of the same name.
    const group = source as SharedSource<unknown>;
    // As Viewings tells viewers apart.
    const who = JSON.stringify([this.#caller.viewer.credential, this.#caller.ip]);
    const take: Take<ToldItem> = (told, taken, failed) => {
      const handOn = (): void => {
        if (!stopped.aborted) sendPrepared(this.#socket, told.messageFor(this.#id), taken);
      };
      const noted = note === null ? null : told.noted(who, note as NoteSeen<unknown>);
      if (noted === null) handOn();
      else noted.then(handOn, failed);
    };
    return this.#groups.join(this.#asked, this.#operation, group, place, mayFound, take, stopped);
  }
}
