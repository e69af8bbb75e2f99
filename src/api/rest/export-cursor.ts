import { InvalidInput, RevisionUnknown } from '../../model/errors.ts';
import type { ExportPlace } from '../../store/catalog/export-reader.ts';

/** How far an export of events has come. */
export type EventsPlace = {
  /** The name of the log of changes. */
  readonly log: string;
  /** The last session event that was sent; 0 before the first. */
  readonly story: number;
  /** The closed chunk that was sent last, whole or in part; 0 before the first … */
  readonly closing: number;
  /** … and the number of its first event that was not sent. */
  readonly event: number;
};

const pattern = /^([0-9a-f]{1,32})\.([0-9a-z]{1,11})\.([0-9a-z]{1,11})\.([0-9a-z]{1,11})$/;

/** The opaque text that clients hold. */
export const writeEventsPlace = ({ log, story, closing, event }: EventsPlace): string =>
  [log, ...[story, closing, event].map((number) => number.toString(36))].join('.');

/**
 * @param newest how far this log has come
 * @throws InvalidInput for what writeEventsPlace did not write, RevisionUnknown for a place of another log
 */
export const readEventsPlace = (text: string, newest: ExportPlace): EventsPlace => {
  const [, log = '', ...numbers] = pattern.exec(text) ?? [];
  const [story = Number.NaN, closing = Number.NaN, event = Number.NaN] = numbers.map((digits) =>
    Number.parseInt(digits, 36),
  );
  const place = { log, story, closing, event };
  if (![story, closing, event].every(Number.isSafeInteger) || writeEventsPlace(place) !== text) {
    throw new InvalidInput('after', 'after is not a cursor that this server gave');
  }
  if (log !== newest.log || story > newest.event || closing > newest.closing) {
    throw new RevisionUnknown('the cursor is of another log of changes than this one: begin anew');
  }
  return place;
};
