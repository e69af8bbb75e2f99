import { Decoder } from '@msgpack/msgpack';
import { isShapedCode } from '../../model/event-shapes.ts';
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
  const problem = problemOf(walk.code, [...decoder.decodeMulti(walk.bytes.subarray(walk.payloadStart, walk.end))]);
  if (problem === null) return;
  const verb = problem.path === '' ? `of code ${walk.code} must have` : 'must be';
  walk.refuse(`.payload${problem.path}`, `${verb} ${problem.wanted}`);
};
