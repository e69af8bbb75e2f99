import { Decoder } from '@msgpack/msgpack';
import type { ShapedPayload } from '../model/event-shapes.ts';
import type { RecordedEvent } from '../model/recorded-event.ts';
import type { Run } from '../model/run.ts';
import { payloadOf } from './events/event-payload.ts';
import { RunWalk } from './run-bytes.ts';
import { TextCarry } from './utf8-carry.ts';

const nothing = new Uint8Array(0);

/**
 * NOTE: only payloads that a RunWalk has checked come here, in size, depth and types: so the decoder has no bounds of its
 * own to keep. Integers beyond 2^53 are rounded.
 */
const payloadDecoder = new Decoder();

/**
 * The events of a run or a batch, one at a time. Bytes share memory with the msgpack.
 * @throws InvalidInput at the first event that is malformed
 */
export function* eventsOf(msgpack: Uint8Array): Generator<RecordedEvent, void, void> {
  const walk = new RunWalk({ msgpack, carry: nothing });
  while (walk.next()) yield eventAt(walk, msgpack);
}

const eventAt = (walk: RunWalk, msgpack: Uint8Array): RecordedEvent => {
  const { timeMs, code } = walk;
  const data = code === 'o' || code === 'i' ? walk.data : null;
  const isDataOnly = data !== null && data.byteOffset + data.length === msgpack.byteOffset + walk.end;
  const payload = isDataOnly ? [data] : [...payloadDecoder.decodeMulti(msgpack.subarray(walk.payloadStart, walk.end))];
  return { timeMs, code, payload };
};

/** An event, its number in the recording, and its payload by names where its code has a shape. */
export type PickedEvent = Omit<TypedEvent, 'text'> & { readonly ordinal: number };

/**
 * The run's events of these codes; others are passed over and nothing is made of them. Bytes share memory with the msgpack.
 * @throws InvalidInput at the first event that is malformed
 */
export function* pickedEvents(run: Run, codes: ReadonlySet<string>): Generator<PickedEvent, void, void> {
  const walk = new RunWalk({ msgpack: run.msgpack, carry: nothing });
  for (let ordinal = run.firstEvent; walk.next(); ordinal += 1) {
    if (!codes.has(walk.code)) continue;
    const event = eventAt(walk, run.msgpack);
    yield { ordinal, event, payload: payloadOf(event.code, event.payload) };
  }
}

/** All events of a run, without the tuples that have no ordinal. Bytes share memory with the msgpack. @throws InvalidInput */
export const decodeRun = (msgpack: Uint8Array): RecordedEvent[] => [...eventsOf(msgpack)];

/** All events of a batch. Bytes share memory with the msgpack. @throws InvalidInput */
export const decodeBatch = (msgpack: Uint8Array): RecordedEvent[] => [...eventsOf(msgpack)];

/**
 * An event, the text of an `o` or `i` event's data (null for other events), and its payload by names: null where its code has
 * no shape, or it has not the shape of its code.
 */
export type TypedEvent = {
  readonly event: RecordedEvent;
  readonly text: string | null;
  readonly payload: ShapedPayload | null;
};

/**
 * The run's events with terminal data as text. A character that the producer cut in two comes whole with the later event,
 * also across the run's begin, by run.carry. Input has a carry of its own, which does not cross runs.
 */
export function* typedEvents(run: Run): Generator<TypedEvent, void, void> {
  const output = new TextCarry(run.carry);
  const input = new TextCarry();
  for (const event of eventsOf(run.msgpack)) {
    const carry = event.code === 'o' ? output : event.code === 'i' ? input : null;
    const data = event.payload[0];
    const text = carry !== null && data instanceof Uint8Array ? carry.decode(data) : null;
    yield { event, text, payload: payloadOf(event.code, event.payload) };
  }
}
