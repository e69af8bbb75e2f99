import { visibilityOf } from '../../model/access.ts';
import { InvalidInput } from '../../model/errors.ts';
import type { Exchange } from '../exchange.ts';
import { exportHeaders, exportLimitOf } from './export-answer.ts';
import { type EventsPlace, readEventsPlace, writeEventsPlace } from './export-cursor.ts';
import { gatherEvents } from './export-gathering.ts';
import { exportFormatOf, exportLanguage } from './export-language.ts';

/** @throws InvalidInput when more is asked for than there is */
const checkInclude = (query: URLSearchParams): void => {
  const include = query.get('include');
  if (include === null || include === '') return;
  if (include === 'text') {
    throw new InvalidInput('include', 'include=text is not there yet: this version exports no lines of text');
  }
  throw new InvalidInput('include', 'include must be absent: there is nothing that it could ask for');
};

const placeOf = async ({ parts, query }: Exchange): Promise<EventsPlace> => {
  const newest = await parts.catalog.exports.exportPlace();
  const cursor = query.get('after');
  if (cursor === null || cursor === '') return { log: newest.log, story: 0, closing: 0, event: 0 };
  return readEventsPlace(cursor, newest);
};

/**
 * Session events, then what happened within recordings, in the order in which chunks were closed. Both have a place in the
 * cursor. An answer ends early, also without a line, when it has looked at enough: with the same cursor there is nothing new.
 */
export const answerEventExport = async (exchange: Exchange): Promise<void> => {
  const { parts, query, viewer, caller, request, response, gone } = exchange;
  checkInclude(query);
  const limit = exportLimitOf(query);
  const format = exportFormatOf(query);
  const place = await placeOf(exchange);
  if (request.method === 'HEAD') {
    response.writeHead(200, exportHeaders(writeEventsPlace(place))).end();
    return;
  }
  await parts.exports.asked(caller, { what: 'events', format, filter: '' });
  const gathered = await gatherEvents({
    parts,
    visibility: visibilityOf(viewer),
    place,
    limit,
    language: exportLanguage(format, parts.version),
    signal: gone,
  });
  if (gone.aborted) {
    response.destroy();
    return;
  }
  response.writeHead(200, exportHeaders(writeEventsPlace(gathered.next))).end(gathered.text);
};
