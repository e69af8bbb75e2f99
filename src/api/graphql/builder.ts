import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import { PAGE_ITEMS_DEFAULT } from '../../model/limits.ts';
import type { Revision } from '../../model/revision.ts';
import type { Context } from './context.ts';

/** What the scalars are in resolvers: `Input` as arguments, `Output` as results. */
type Scalars = {
  readonly ID: { Input: string; Output: string };
  /** Milliseconds since the epoch. */
  readonly DateTime: { Input: number; Output: number };
  readonly UUID: { Input: string; Output: string };
  readonly JSON: { Input: unknown; Output: unknown };
  readonly Bytes: { Input: Uint8Array; Output: Uint8Array };
  readonly SafeInt: { Input: number; Output: number };
  readonly Revision: { Input: string; Output: Revision };
};

type Field = { readonly args: readonly { readonly name: string }[]; readonly name: string };

/**
 * A field costs 1, some 20 µs of one core; what is dearer says so itself. What stands below a list counts as often as the
 * list may have items: as it was asked for, or its default; ten times where nobody says how long it may be.
 */
const fieldCost = (asked: Readonly<Record<string, unknown>>, _context: Context, { args, name }: Field) => {
  if (args.some((argument) => argument.name === 'first')) {
    return { field: 1, multiplier: Math.max(Number(asked['first'] ?? asked['last'] ?? PAGE_ITEMS_DEFAULT), 1) };
  }
  if (Array.isArray(asked['ids'])) return { field: 1, multiplier: Math.max(asked['ids'].length, 1) };
  // The items of a page were counted at the page.
  return name === 'edges' || name === 'nodes' ? { field: 1, multiplier: 1 } : 1;
};

/** Collects the schema. The files of types beside it add themselves by being imported: schema.ts imports them all. */
export const builder = new SchemaBuilder<{
  Context: Context;
  Scalars: Scalars;
  DefaultFieldNullability: false;
}>({
  defaultFieldNullability: false,
  plugins: [ComplexityPlugin],
  // NOTE the plugin's own check is off: it counts within resolvers, once for each root field. operation-cost.ts counts before.
  complexity: { disabled: true, fieldComplexity: fieldCost },
});

builder.queryType({ description: 'What can be asked.' });
builder.mutationType({ description: 'What can be changed.' });
builder.subscriptionType({ description: 'What can be followed, over server-sent events or graphql-transport-ws.' });
