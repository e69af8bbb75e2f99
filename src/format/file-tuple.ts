import { Decoder, Encoder } from '@msgpack/msgpack';
import { InvalidInput } from '../model/errors.ts';
import { EVENT_DEPTH_MAX } from '../model/limits.ts';
import { MalformedMsgpack, MsgpackWalk } from './msgpack-walk.ts';
import { storable } from './storable.ts';

/** Msgpack bytes of a file's header or seal. */
export const FILE_TUPLE_BYTES_MAX = 256 * 1024;

/** Keys sorted: the same fields are the same bytes. */
const encoder = new Encoder({ maxDepth: EVENT_DEPTH_MAX + 1, sortKeys: true });
const decoder = new Decoder();

/** A map as files hold it: one form only, with its keys sorted. @throws InvalidInput for what cannot be stored */
export const encodeMap = (fields: Readonly<Record<string, unknown>>, path: string): Uint8Array =>
  encoder.encode(storable(fields, path));

/**
 * `[0, name, …]` with `length` elements, decoded after its types and nesting were checked.
 * @throws InvalidInput naming `name` when the bytes are not exactly that
 */
export const decodeTuple = (raw: Uint8Array, name: string, length: number): readonly unknown[] => {
  if (raw.length > FILE_TUPLE_BYTES_MAX) {
    throw new InvalidInput(name, `${name} must have at most ${FILE_TUPLE_BYTES_MAX} bytes, got ${raw.length}`);
  }
  const walk = new MsgpackWalk(raw);
  try {
    walk.value(0);
  } catch (error) {
    throw error instanceof MalformedMsgpack ? new InvalidInput(name, `${name} ${error.message}`) : error;
  }
  const tuple: unknown = walk.isAtEnd ? decoder.decode(raw) : null;
  if (!Array.isArray(tuple) || tuple.length !== length || tuple[0] !== 0 || tuple[1] !== name) {
    throw new InvalidInput(name, `${name} is not [0, "${name}", …] with ${length} elements`);
  }
  return tuple;
};
