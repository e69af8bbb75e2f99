import type { TypedEvent } from '../../format/run-events.ts';
import { jsonOf } from '../../format/tuples.ts';
import type { ShapedCode, ShapedPayload } from '../../model/event-shapes.ts';

/** An event of this code whose payload has the code's shape: what resolveType of RecordingEvent has found out. */
export type ShapedEvent<Code extends ShapedCode> = TypedEvent & {
  readonly payload: Extract<ShapedPayload, { readonly code: Code }>;
};

/** Stored milliseconds as the API's seconds. */
export const secondsOf = (milliseconds: number | null): number | null =>
  milliseconds === null ? null : milliseconds / 1000;

/** A stored value as JSON: bytes in it are text or {"base64": …}. */
export const jsonOrNull = (value: unknown): unknown => jsonOf(value ?? null);
