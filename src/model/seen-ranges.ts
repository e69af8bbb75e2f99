import { WATCHED_RANGES_MAX } from './limits.ts';

/** A stretch of a recording: consecutive events, and their times in milliseconds from its start. */
export type SeenRange = {
  /** Ordinal of the first event … */
  readonly fromEvent: number;
  /** … and of the one after the last. */
  readonly toEvent: number;
  readonly fromMs: number;
  readonly toMs: number;
};

/**
 * The ranges with one more: in ascending order, none touching another, at most WATCHED_RANGES_MAX; beyond that the two that
 * are nearest to one another are joined, so that more is told than was seen, and never less.
 */
export const joinRange = (ranges: readonly SeenRange[], added: SeenRange): readonly SeenRange[] => {
  const before = ranges.filter((range) => range.toEvent < added.fromEvent);
  const after = ranges.filter((range) => range.fromEvent > added.toEvent);
  const touching = ranges.slice(before.length, ranges.length - after.length);
  const all = [...before, touching.reduce(join, added), ...after];
  return all.length > WATCHED_RANGES_MAX ? joinNearest(all) : all;
};

const join = (left: SeenRange, right: SeenRange): SeenRange => ({
  fromEvent: Math.min(left.fromEvent, right.fromEvent),
  toEvent: Math.max(left.toEvent, right.toEvent),
  fromMs: Math.min(left.fromMs, right.fromMs),
  toMs: Math.max(left.toMs, right.toMs),
});

const joinNearest = (ranges: readonly SeenRange[]): readonly SeenRange[] => {
  const gaps = ranges.slice(1).map((range, index) => range.fromEvent - (ranges[index]?.toEvent ?? 0));
  const at = gaps.indexOf(Math.min(...gaps));
  const [left, right] = [ranges[at], ranges[at + 1]];
  if (left === undefined || right === undefined) return ranges;
  return [...ranges.slice(0, at), join(left, right), ...ranges.slice(at + 2)];
};

const clock = (ms: number): string => {
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600);
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
};

/** For people: `0:00 to 1:23, 5:00 to 1:02:00`. */
export const tellRanges = (ranges: readonly SeenRange[]): string =>
  ranges.map(({ fromMs, toMs }) => `${clock(fromMs)} to ${clock(toMs)}`).join(', ');
