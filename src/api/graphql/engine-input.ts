import type { Context } from './context.ts';

/** What the engine is handed with each request. */
export type EngineInput = Context & {
  /** The JSON body of a POST, read and bounded before; absent for GET. */
  readonly posted?: unknown;
};
