import { producerOf } from '../../model/access.ts';
import { InvalidInput } from '../../model/errors.ts';
import type { AppendedEvents } from '../../model/intake.ts';
import { BATCH_BYTES_MAX, RECORDING_EVENTS_MAX } from '../../model/limits.ts';
import { parseRecordingId } from '../../model/parse-id.ts';
import { sendJson } from '../answer.ts';
import { mustHaveType, tooLarge } from '../body.ts';
import type { Exchange } from '../exchange.ts';
import { HttpError, killJson } from '../http-error.ts';
import { batchOfLines } from '../tuple-batches.ts';
import { wholeNumber } from './query.ts';
import { parameter, type PathParameters, type Route } from './route.ts';
import { readUnpackedBody } from './unpacked-body.ts';

const EPOCH_MAX = 2 ** 31 - 1;

/** @throws InvalidInput naming the part of the address */
const placeOf = ({ query }: Exchange, parameters: PathParameters) => {
  if (!query.has('epoch')) throw new InvalidInput('epoch', 'epoch must be given');
  const path = new URLSearchParams({ firstEvent: parameter(parameters, 'firstEvent') });
  return {
    recordingId: parseRecordingId(parameter(parameters, 'recordingId')),
    firstEvent: wholeNumber(path, 'firstEvent', { from: 0, to: RECORDING_EVENTS_MAX, absent: 0 }),
    epoch: wholeNumber(query, 'epoch', { from: 0, to: EPOCH_MAX, absent: 0 }),
  };
};

/** What was sent is whole and of the right type, and an event in it is wrong. */
const wrongEvent = ({ code, message, field }: InvalidInput): HttpError => {
  const index = /^events\[(\d+)\]/.exec(field)?.[1];
  return new HttpError(422, code, message, {}, { field, event: index === undefined ? null : Number(index) });
};

const answerOf = ({ nextEvent, kill }: AppendedEvents) => ({
  next_event: nextEvent,
  ...(kill === null ? {} : { kill: { session_id: kill.sessionId, ...killJson(kill) } }),
});

const answerAppend = async (exchange: Exchange, parameters: PathParameters): Promise<void> => {
  const { request, response, parts, viewer } = exchange;
  const place = placeOf(exchange, parameters);
  const mediaType = mustHaveType(request, 'application/msgpack', 'application/x-ndjson');
  const body = await readUnpackedBody(request, BATCH_BYTES_MAX);
  try {
    const msgpack = mediaType === 'application/msgpack' ? body : await batchOfLines(body);
    if (msgpack.length > BATCH_BYTES_MAX) throw tooLarge(BATCH_BYTES_MAX);
    sendJson(response, 200, answerOf(await parts.intake.appendEvents(producerOf(viewer), { ...place, msgpack })));
  } catch (error) {
    throw error instanceof InvalidInput && error.field.startsWith('events') ? wrongEvent(error) : error;
  }
};

/** For producers, where bytes matter: what appendEvents of GraphQL takes as JSON. */
export const feedingRoutes: readonly Route[] = [
  { method: 'PUT', pattern: '/recordings/:recordingId/events/:firstEvent', action: 'feed', handle: answerAppend },
];
