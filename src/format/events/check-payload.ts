import { Decoder } from '@msgpack/msgpack';
import { InvalidInput } from '../../model/errors.ts';
import { isShapedCode } from '../../model/event-shapes.ts';
import type { RecordedEvent } from '../../model/recorded-event.ts';
import type { EventWalk } from '../event-walk.ts';
import { problemOf } from './event-payload.ts';

const decoder = new Decoder();

/**
 * What a producer sends must have its code's shape; what is stored may be older than this check, and is never held against
 * it.
 * @param walk stands at the event. @throws InvalidInput that names `events[index].payload`, the place in it and what must
 *   be there
 */
export const checkPayload = (walk: EventWalk): void => {
  if (!isShapedCode(walk.code)) return;
  // NOTE: the walk has checked size, depth and types, so the decoder has no bounds of its own to keep.
  const payload = [...decoder.decodeMulti(walk.bytes.subarray(walk.payloadStart, walk.end))];
  const told = refusalOf(walk.code, payload);
  if (told !== null) walk.refuse(`.payload${told.path}`, told.message);
};

/** The same of an event that is not encoded yet. @param field what errors call it, such as `events[3]`. @throws InvalidInput */
export const checkEvent = ({ code, payload }: RecordedEvent, field: string): void => {
  const told = refusalOf(code, payload);
  if (told === null) return;
  const path = `${field}.payload${told.path}`;
  throw new InvalidInput(path, `${path} ${told.message}`);
};

const refusalOf = (code: string, payload: readonly unknown[]): { path: string; message: string } | null => {
  const problem = problemOf(code, payload);
  if (problem === null) return null;
  const verb = problem.path === '' ? `of code ${code} must have` : 'must be';
  return { path: problem.path, message: `${verb} ${problem.wanted}` };
};
