import { writeCursor, type Page, type PageRequest } from '../../model/page.ts';
import { builder } from './builder.ts';

export type Edge<Item> = { readonly cursor: string; readonly node: Item };

export type PageInfo = {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
};

/** One page as GraphQL shows it. */
export type Connection<Item> = { readonly edges: readonly Edge<Item>[]; readonly pageInfo: PageInfo };

/** An item in a list. Its cursor is made when somebody asks for it, as few do for those of all items. */
class Placed<Item> implements Edge<Item> {
  readonly node: Item;
  readonly #cursorOf: (item: Item) => string;

  constructor(node: Item, cursorOf: (item: Item) => string) {
    this.node = node;
    this.#cursorOf = cursorOf;
  }

  get cursor(): string {
    return this.#cursorOf(this.node);
  }
}

/**
 * The same for both ends of a page.
 * NOTE a class, for an object literal with getters is of a shape of its own each time: shapes are made where all is old, and
 * hold what the getters see, here the whole page, until everything is searched for garbage.
 */
class Ends<Item> implements PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly #edges: readonly Edge<Item>[];
  readonly #stoppedAt: Page<Item>['stoppedAt'];
  readonly #backward: boolean;

  constructor(page: Page<Item>, edges: readonly Edge<Item>[], backward: boolean) {
    this.hasNextPage = page.hasNextPage;
    this.hasPreviousPage = page.hasPreviousPage;
    this.#edges = edges;
    this.#stoppedAt = page.stoppedAt;
    this.#backward = backward;
  }

  get startCursor(): string | null {
    return (this.#backward ? this.#stop() : null) ?? this.#edges[0]?.cursor ?? null;
  }

  get endCursor(): string | null {
    return (this.#backward ? null : this.#stop()) ?? this.#edges.at(-1)?.cursor ?? null;
  }

  #stop(): string | null {
    return this.#stoppedAt === null ? null : writeCursor(this.#stoppedAt);
  }
}

/** A page of the catalog, with a cursor for each item. One that stopped early ends, in its direction, where it stopped. */
export const connectionOf = <Item>(
  page: Page<Item>,
  cursorOf: (item: Item) => string,
  { backward }: Pick<PageRequest, 'backward'> = { backward: false },
): Connection<Item> => {
  const edges = page.items.map((node) => new Placed(node, cursorOf));
  return { edges, pageInfo: new Ends(page, edges, backward) };
};

export const PageInfoRef = builder.objectRef<PageInfo>('PageInfo').implement({
  description: 'Where a page lies in its list.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', { description: 'Whether something follows endCursor.' }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', { description: 'Whether something comes before startCursor.' }),
    startCursor: t.exposeString('startCursor', {
      nullable: true,
      description:
        'For before: cursor of the first edge, or the place where looking further back stopped. Null when the list is empty.',
    }),
    endCursor: t.exposeString('endCursor', {
      nullable: true,
      description:
        'For after: cursor of the last edge, or the place where looking further stopped. Null when the list is empty.',
    }),
  }),
});
