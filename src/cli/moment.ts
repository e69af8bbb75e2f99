import { InvalidArgumentError } from 'commander';

const unitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};

/**
 * A moment: RFC 3339 or a date, or so many minutes, hours, days, weeks or years (m h d w y) from now.
 * @param direction 1: after now, -1: before it
 * @returns milliseconds since the epoch
 */
export const readMoment =
  (direction: 1 | -1) =>
  (text: string): number => {
    const [, count, unit = ''] = /^(\d{1,6})([mhdwy])$/.exec(text) ?? [];
    const step = unitMs[unit];
    if (count !== undefined && step !== undefined) return Date.now() + direction * Number(count) * step;
    const timeMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(timeMs)) throw new InvalidArgumentError('must be such as 90d, 12h or 2026-11-22T14:05:00Z');
    return timeMs;
  };

/** As people read it, in UTC. */
export const shownMoment = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ');
