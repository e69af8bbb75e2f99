import type { Page } from '../../model/page.ts';
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

/** A page of the catalog, with a cursor for each item. */
export const connectionOf = <Item>(page: Page<Item>, cursorOf: (item: Item) => string): Connection<Item> => {
  const edges = page.items.map((node) => ({ cursor: cursorOf(node), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
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
      description: 'Cursor of the first edge, for before; null when the page is empty.',
    }),
    endCursor: t.exposeString('endCursor', {
      nullable: true,
      description: 'Cursor of the last edge, for after; null when the page is empty.',
    }),
  }),
});
