import type { TimeUnit } from './session-stats.ts';

/** Stretches of UTC that lie in one hour, day and week of every time zone of today: offsets are whole quarters of an hour, since 1980. */
export const QUARTER_HOUR_MS = 15 * 60_000;

type TimeGroup = { readonly startMs: number; readonly endMs: number };

/** The hours, days or weeks of a time zone. A day is from midnight to midnight, of 23 or 25 hours too; a week begins on Monday. */
export class TimeGroups {
  readonly #unit: TimeUnit;
  readonly #timeZone: string;
  /** The one that was found last: times are asked for in order. */
  #last: TimeGroup | null = null;

  /** @param timeZone one that checkStatsRequest has let pass */
  constructor(unit: TimeUnit, timeZone: string) {
    this.#unit = unit;
    this.#timeZone = timeZone;
  }

  /** Start of the group that this time lies in. Milliseconds since the epoch. */
  startOf(timeMs: number): number {
    return this.#groupOf(timeMs).startMs;
  }

  /** RFC 3339 with the zone's offset: 2026-03-29T00:00:00+01:00, or Z in UTC. */
  keyOf(startMs: number): string {
    const text = this.#at(startMs).toString({ timeZoneName: 'never', smallestUnit: 'second' });
    return this.#timeZone === 'UTC' ? text.replace('+00:00', 'Z') : text;
  }

  /** 2026-03-29 14:00, 2026-03-29 or 2026-W13. */
  labelOf(startMs: number): string {
    const start = this.#at(startMs);
    switch (this.#unit) {
      case 'HOUR':
        return `${start.toPlainDate().toString()} ${start.toPlainTime().toString({ smallestUnit: 'minute' })}`;
      case 'DAY':
        return start.toPlainDate().toString();
      case 'WEEK':
        return `${start.yearOfWeek}-W${String(start.weekOfYear).padStart(2, '0')}`;
    }
  }

  #groupOf(timeMs: number): TimeGroup {
    if (this.#last === null || timeMs < this.#last.startMs || timeMs >= this.#last.endMs) {
      this.#last = this.#find(this.#at(timeMs));
    }
    return this.#last;
  }

  #find(time: Temporal.ZonedDateTime): TimeGroup {
    const [start, end] = this.#boundsOf(time);
    return { startMs: start.epochMilliseconds, endMs: end.epochMilliseconds };
  }

  #boundsOf(time: Temporal.ZonedDateTime): readonly [Temporal.ZonedDateTime, Temporal.ZonedDateTime] {
    if (this.#unit === 'HOUR') {
      const start = time.round({ smallestUnit: 'hour', roundingMode: 'floor' });
      // NOTE no further than this quarter: where clocks go back by half an hour, an hour's name comes back within it.
      return [start, time.add({ milliseconds: QUARTER_HOUR_MS - (time.epochMilliseconds % QUARTER_HOUR_MS) })];
    }
    const day = time.startOfDay();
    if (this.#unit === 'DAY') return [day, day.add({ days: 1 }).startOfDay()];
    const monday = day.subtract({ days: day.dayOfWeek - 1 }).startOfDay();
    return [monday, monday.add({ days: 7 }).startOfDay()];
  }

  #at(timeMs: number): Temporal.ZonedDateTime {
    return Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(this.#timeZone);
  }
}
