import { MsgpackWalk } from '../../../format/msgpack-walk.ts';
import type { GivenBatch } from './given-batch.ts';

export type TerminalSize = { readonly columns: number; readonly rows: number };

/** A resize is an array of four: its time, its code `r`, columns, rows. */
const RESIZE_ITEMS = 4;
const CODE = 'r'.codePointAt(0);

/** What the last resize from this event on says; null when there is none. Looks closely only at what may be one. */
export const lastSize = ({ msgpack, offsets }: GivenBatch, from: number): TerminalSize | null => {
  for (let event = offsets.length - 1; event >= from; event -= 1) {
    const offset = offsets[event] ?? 0;
    const head = msgpack[offset] ?? 0;
    // Small arrays of another length; only encoders that never write small ones get further.
    if (head >= 0x90 && head <= 0x9f && head !== 0x90 + RESIZE_ITEMS) continue;
    const size = sizeOf(new MsgpackWalk(msgpack, offset));
    if (size !== null) return size;
  }
  return null;
};

const sizeOf = (walk: MsgpackWalk): TerminalSize | null => {
  if (walk.array() !== RESIZE_ITEMS) return null;
  walk.wholeNumber();
  if (walk.text() !== 1 || walk.bytes[walk.position - 1] !== CODE) return null;
  return { columns: walk.wholeNumber(), rows: walk.wholeNumber() };
};
