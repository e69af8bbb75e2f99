import SchemaBuilder from '@pothos/core';
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

/** Collects the schema. The files of types beside it add themselves by being imported: schema.ts imports them all. */
export const builder = new SchemaBuilder<{
  Context: Context;
  Scalars: Scalars;
  DefaultFieldNullability: false;
}>({ defaultFieldNullability: false });

builder.queryType({ description: 'What can be asked.' });
builder.mutationType({ description: 'What can be changed.' });
builder.subscriptionType({ description: 'What can be followed, over server-sent events or graphql-transport-ws.' });
