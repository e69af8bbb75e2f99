import { InvalidArgumentError, Option } from 'commander';
import { LEASE_MS, RESUME_WINDOW_MS } from '../model/limits.ts';

/** What the command line and the environment say of sessions whose producers are silent. Milliseconds. */
export type FeedingOptions = { readonly lease: number; readonly resumeWindow: number };

/** The same as an installation is opened with. */
export type FeedingSettings = { readonly leaseMs: number; readonly resumeWindowMs: number };

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SECOND_MS = 1000;
const YEAR_MS = 366 * 86_400_000;

/** Reads `500ms`, `60s`, `5m`, `12h`, `7d`. @throws InvalidArgumentError naming the least and the most */
const readDuration =
  (leastMs: number, mostMs: number) =>
  (text: string): number => {
    const [, digits = '', unit = ''] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
    const durationMs = Number(digits) * (unitsMs[unit] ?? Number.NaN);
    if (!(durationMs >= leastMs && durationMs <= mostMs)) {
      const [least, most] = [writeDuration(leastMs), writeDuration(mostMs)];
      throw new InvalidArgumentError(`must be a time from ${least} to ${most}, such as 60s, 5m, 12h or 7d`);
    }
    return durationMs;
  };

/** In the largest unit that it is whole in. */
export const writeDuration = (durationMs: number): string => {
  const [unit, unitMs] = Object.entries(unitsMs).findLast(([, ms]) => durationMs % ms === 0) ?? ['ms', 1];
  return `${durationMs / unitMs}${unit}`;
};

const duration = (flags: string, description: string, environment: string, usualMs: number, leastMs: number): Option =>
  new Option(flags, description)
    .env(environment)
    .default(usualMs, writeDuration(usualMs))
    .argParser(readDuration(leastMs, YEAR_MS));

/** How long producers may be silent. */
export const feedingOptions = (): readonly Option[] => [
  duration(
    '--lease <time>',
    'a session whose producer is silent for this long is LOST',
    'REELTIME_LEASE',
    LEASE_MS,
    SECOND_MS,
  ),
  duration(
    '--resume-window <time>',
    "a LOST session is its producer's to resume for this long; then what there is of it is sealed",
    'REELTIME_RESUME_WINDOW',
    RESUME_WINDOW_MS,
    SECOND_MS,
  ),
];

export const feedingSettings = ({ lease, resumeWindow }: FeedingOptions): FeedingSettings => ({
  leaseMs: lease,
  resumeWindowMs: resumeWindow,
});
