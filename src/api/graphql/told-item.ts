import type { NoteSeen } from './shared-source.ts';

/** An item that was executed once, for all who watch it. */
export class ToldItem {
  readonly item: unknown;
  readonly #payload: Buffer;
  /** The message of the operation id that came last: most clients of one kind take the same one. */
  #message: { readonly id: string; readonly text: Buffer } | null = null;
  /** By who sees it; null: it is on record. */
  readonly #notes = new Map<string, Promise<void> | null>();

  /** @param payload of the protocol's `next` message, as JSON */
  constructor(item: unknown, payload: string) {
    this.item = item;
    this.#payload = Buffer.from(payload);
  }

  /** Of the payload alone. */
  get bytes(): number {
    return this.#payload.length;
  }

  /** The whole message, in UTF-8. */
  messageFor(id: string): Buffer {
    if (this.#message?.id !== id) {
      const head = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`);
      this.#message = { id, text: Buffer.concat([head, this.#payload, closing]) };
    }
    return this.#message.text;
  }

  /** Has it noted, once for each who sees it. @returns null when it is on record */
  noted(who: string, note: NoteSeen<unknown>): Promise<void> | null {
    const known = this.#notes.get(who);
    if (known !== undefined) return known;
    const noting = note(this.item);
    this.#notes.set(who, noting);
    noting.then(
      () => this.#notes.set(who, null),
      // Whoever waits for it hears of it.
      () => {},
    );
    return noting;
  }
}

const closing = Buffer.from('}');
