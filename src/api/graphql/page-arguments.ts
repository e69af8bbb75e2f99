import { PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX } from '../../model/limits.ts';
import { builder } from './builder.ts';

/** The four arguments of every list: Relay's. Made anew for each field, as the builder wants it. */
export const pageArguments = () =>
  builder.args((t) => ({
    first: t.int({
      description: `How many items from the beginning, or after the cursor: 1 to ${PAGE_ITEMS_MAX}; ${PAGE_ITEMS_DEFAULT} when neither first nor last is given. Not together with last.`,
    }),
    after: t.string({ description: 'Only items after this cursor, which this list gave in the same order.' }),
    last: t.int({
      description: `How many items from the end, or before the cursor: 1 to ${PAGE_ITEMS_MAX}. Not together with first.`,
    }),
    before: t.string({ description: 'Only items before this cursor, which this list gave in the same order.' }),
  }));
