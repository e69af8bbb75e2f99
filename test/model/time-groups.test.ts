import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timeUnits } from '../../src/model/session-stats.ts';
import { QUARTER_HOUR_MS, TimeGroups } from '../../src/model/time-groups.ts';

const HOUR_MS = 3_600_000;

const groupOf = (unit: (typeof timeUnits)[number], zone: string, time: string): readonly [string, string] => {
  const groups = new TimeGroups(unit, zone);
  const start = groups.startOf(Date.parse(time));
  return [groups.keyOf(start), groups.labelOf(start)];
};

describe('groups by time', () => {
  test.each([
    // The night in which clocks go forward: 23 hours.
    ['DAY', 'Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T00:00:00+01:00', '2026-03-29'],
    ['DAY', 'Europe/Berlin', '2026-03-29T21:59:59Z', '2026-03-29T00:00:00+01:00', '2026-03-29'],
    ['DAY', 'Europe/Berlin', '2026-03-29T22:00:00Z', '2026-03-30T00:00:00+02:00', '2026-03-30'],
    // Back: 25 hours, and two hours of the same name.
    ['DAY', 'Europe/Berlin', '2026-10-25T22:59:59Z', '2026-10-25T00:00:00+02:00', '2026-10-25'],
    ['HOUR', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T02:00:00+02:00', '2026-10-25 02:00'],
    ['HOUR', 'Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-25T02:00:00+01:00', '2026-10-25 02:00'],
    // Half an hour, and three quarters.
    ['HOUR', 'Asia/Kolkata', '2026-04-04T15:29:59Z', '2026-04-04T20:00:00+05:30', '2026-04-04 20:00'],
    ['HOUR', 'Asia/Kathmandu', '2026-04-04T15:15:00Z', '2026-04-04T21:00:00+05:45', '2026-04-04 21:00'],
    // Where midnight is left out, the day begins later.
    ['DAY', 'America/Santiago', '2026-09-06T12:00:00Z', '2026-09-06T01:00:00-03:00', '2026-09-06'],
    ['WEEK', 'UTC', '2027-01-03T23:59:59Z', '2026-12-28T00:00:00Z', '2026-W53'],
    ['WEEK', 'UTC', '2027-01-04T00:00:00Z', '2027-01-04T00:00:00Z', '2027-W01'],
    ['WEEK', 'Europe/Berlin', '2026-03-29T21:00:00Z', '2026-03-23T00:00:00+01:00', '2026-W13'],
  ] as const)('%s in %s of %s begins at %s', (unit, zone, time, key, label) => {
    expect(groupOf(unit, zone, time)).toEqual([key, label]);
  });

  test('no quarter of an hour is cut in two by the offset of any time zone, since 1980', () => {
    for (const zone of Intl.supportedValuesOf('timeZone')) {
      for (let year = 1980; year < 2040; year += 1) {
        const time = Temporal.Instant.fromEpochMilliseconds(Date.UTC(year, 0)).toZonedDateTimeISO(zone);
        expect((time.offsetNanoseconds / 1_000_000) % QUARTER_HOUR_MS === 0, `${zone} in ${year}`).toBe(true);
      }
    }
  });

  test('a time is in the same group whatever was asked before, and no quarter of an hour is in two', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia'];
    const time = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2040, 0) });
    fc.assert(
      fc.property(
        fc.constantFrom(...timeUnits),
        fc.constantFrom(...zones),
        fc.array(time, { minLength: 1, maxLength: 5 }),
        (unit, zone, times) => {
          const groups = new TimeGroups(unit, zone);
          for (const each of times) {
            const start = groups.startOf(each);
            expect(start).toBe(new TimeGroups(unit, zone).startOf(each));
            expect(start).toBe(groups.startOf(each - (each % QUARTER_HOUR_MS)));
            expect(start).toBe(groups.startOf(start));
            expect(start).toBeLessThanOrEqual(each);
            if (unit === 'HOUR') expect(each - start).toBeLessThan(2 * HOUR_MS);
          }
        },
      ),
    );
  });
});
