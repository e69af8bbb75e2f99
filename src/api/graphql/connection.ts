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

/** A page of the catalog, with a cursor for each item. One that stopped early ends, in its direction, where it stopped. */
export const connectionOf = <Item>(
  page: Page<Item>,
  cursorOf: (item: Item) => string,
  { backward }: Pick<PageRequest, 'backward'> = { backward: false },
): Connection<Item> => {
  const edges = page.items.map((node) => new Placed(node, cursorOf));
  const stoppedAt = page.stoppedAt === null ? null : writeCursor(page.stoppedAt);
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      get startCursor() {
        return (backward ? stoppedAt : null) ?? edges[0]?.cursor ?? null;
      },
      get endCursor() {
        return (backward ? null : stoppedAt) ?? edges.at(-1)?.cursor ?? null;
      },
    },
  };
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
