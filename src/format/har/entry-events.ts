import { RECORDING_MS_MAX } from '../../model/limits.ts';
import type { RecordedEvent } from '../../model/recorded-event.ts';
import type { HarEntry } from './har-entry.ts';

/** Events of one moment, in order. */
export type EventGroup = {
  readonly timeMs: number;
  readonly events: readonly RecordedEvent[];
  /** Of data in them, about. */
  readonly bytes: number;
};

/** A body that is longer comes in pieces of this size. */
export const BODY_PIECE_BYTES = 128 * 1024;
/** About what a request or a response has beside its body. */
const MESSAGE_BYTES = 2048;

/**
 * The entry as events: when it was sent, and, where it has an answer, when that was there.
 * @param startMs milliseconds from the recording's start
 */
export const eventsOfEntry = (entry: HarEntry, requestId: string, startMs: number): readonly EventGroup[] => {
  const timeMs = Math.min(startMs, RECORDING_MS_MAX);
  const request: RecordedEvent = { timeMs, code: 'req', payload: [requestId, entry.request] };
  const sent = groupOf(timeMs, request, requestId, 'req', entry.requestBody);
  const { response } = entry;
  if (response === null) return [sent];
  const endMs = Math.min(timeMs + Math.round(response.durationMs ?? 0), RECORDING_MS_MAX);
  const answer: RecordedEvent = { timeMs: endMs, code: 'res', payload: [requestId, response] };
  return [sent, groupOf(endMs, answer, requestId, 'res', entry.responseBody)];
};

const groupOf = (
  timeMs: number,
  message: RecordedEvent,
  requestId: string,
  side: 'req' | 'res',
  body: Uint8Array | null,
): EventGroup => {
  const events = [message];
  if (body !== null) {
    const pieces = Math.max(1, Math.ceil(body.length / BODY_PIECE_BYTES));
    for (let index = 0; index < pieces; index += 1) {
      const bytes = body.subarray(index * BODY_PIECE_BYTES, (index + 1) * BODY_PIECE_BYTES);
      events.push({ timeMs, code: 'body', payload: [requestId, side, index, index === pieces - 1, bytes] });
    }
  }
  return { timeMs, events, bytes: MESSAGE_BYTES + (body?.length ?? 0) };
};
